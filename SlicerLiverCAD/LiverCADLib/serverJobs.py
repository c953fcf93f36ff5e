"""Requests that take long: the server calls them jobs; their progress is followed, and a cancel goes to the server."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from LiverCADLib.addresses import pathOf
from LiverCADLib.clientErrors import ClientError, NotThereError
from LiverCADLib.connection import Connection
from LiverCADLib.tasks import Cancelled, Task

SILENCE_S = 60.0
"""The server sends something every 15 s while it is alive."""

LOST_S = 20.0
"""So long the server may be out of reach before a request that it works on is given up."""

LOOK_S = 0.1
CANCEL_TRIES = 20
"""A job can be cancelled once the server has read the whole request; until then it does not know it."""


def cancelJob(connection: Connection, name: str) -> None:
    """Ask the server to stop a job, or raise the ClientError that keeps it from doing so."""
    connection.request("DELETE", pathOf("livercad", "jobs", name))


class JobCall:
    """One long request. A thread sends it and waits for the answer, another one follows its progress.

    Parameters
    ----------
    connection : Connection
        To the server.
    task : Task
        Learns of the progress; a cancel is passed on to the server, and not waited for.
    send : callable
        Gets the job's name, sends the request with ``job=NAME`` and returns its answer.
    """

    def __init__(self, connection: Connection, task: Task, send: Callable[[str], Any]) -> None:
        self._connection, self._task, self._send = connection, task, send
        self._name = f"slicer-{uuid.uuid4().hex}"
        self._ended = threading.Event()
        self._answer: Any = None
        self._error: BaseException | None = None

    def run(self) -> Any:
        """Return the answer.

        Raises
        ------
        ClientError
            If there is none.
        Cancelled
            If the task was cancelled.
        """
        with self._task.onCancel(self._cancelAtServer):
            for work in (self._call, self._follow):
                threading.Thread(target=work, daemon=True, name=self._name).start()
            while not self._ended.wait(LOOK_S):
                self._task.check()
        self._task.check()
        if self._error:
            raise self._error
        return self._answer

    def _call(self) -> None:
        try:
            self._end(answer=self._send(self._name))
        except BaseException as error:
            self._end(error=error)

    def _end(self, answer: Any = None, error: BaseException | None = None) -> None:
        if not self._ended.is_set():
            self._answer, self._error = answer, error
            self._ended.set()

    def _follow(self) -> None:
        lostSince = None
        while not self._ended.is_set():
            try:
                self._readEvents()
                return
            except Cancelled:
                return
            except NotThereError:  # the server has not read the whole request yet
                lostSince = None
            except ClientError as error:
                lostSince = lostSince or time.monotonic()
                if time.monotonic() - lostSince > LOST_S:
                    self._end(error=error)
            except (ValueError, KeyError):
                return  # progress that is not understood is no reason to give the work up
            self._ended.wait(2 * LOOK_S)

    def _readEvents(self) -> None:
        for event in self._connection.events(pathOf("livercad", "jobs", self._name, "events"), SILENCE_S):
            if self._ended.is_set():
                return
            job = json.loads(event.data)
            self._task.report(job["fraction"], job["what"])

    def _cancelAtServer(self) -> None:
        for _try in range(CANCEL_TRIES):
            try:
                cancelJob(self._connection, self._name)
                return
            except NotThereError:
                time.sleep(3 * LOOK_S)
