"""A small HTTP server in a thread that answers as a test says: right, wrong, slowly, or by dying in the middle."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

HEALTH = {"status": "ok", "app": "LiverCAD", "version": "0.1.0", "api": 1, "needs_token": False}


@dataclass
class Received:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes

    def form(self) -> list[tuple[str, str, bytes]]:
        """Parts of a multipart body by an independent reader: (field, file name, content)."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + self.body).get_payload()
        return [
            (
                part.get_param("name", header="content-disposition"),
                part.get_filename() or "",
                part.get_payload(decode=True),
            )
            for part in parts
        ]


class FakeServer:
    """Answers by `routes`: ("GET", "/path") to JSON, to (status, JSON), or to a function of handler and request."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Any] = {
            ("GET", "/livercad/health"): HEALTH,
            ("GET", "/livercad/jobs"): [],
            ("GET", "/livercad/models"): [],
        }
        self.received: list[Received] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                try:
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    request = Received(self.command, unquote(parts.path), query, self.headers, body)
                    fake.received.append(request)
                    fake.answer(self, request)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, request: Received) -> None:
        route = self.routes.get((request.method, request.path), (404, {"detail": "Not Found"}))
        if isinstance(route, Callable):
            route(handler, request)
            return
        status, content = route if isinstance(route, tuple) else (200, route)
        send(handler, json.dumps(content).encode(), status)

    def paths(self, method: str) -> list[str]:
        """What has been asked for, in order."""
        return [request.path for request in self.received if request.method == method]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, kind: str = "application/json", **headers: str
) -> None:
    """Answer whole."""
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def send_half(handler: BaseHTTPRequestHandler, request: Received) -> None:
    """Promise 1 MB, send half of it and die."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(bytes(500_000))
    die(handler, request)


def die(handler: BaseHTTPRequestHandler, request: Received) -> None:
    """Cut the connection, as a server that is killed does."""
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
