"""How requests go to a server: what is waited for, sent again, checked and refused. No Qt, no MRML."""

import http.cookiejar
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from LiverCADLib.addresses import fullAddress, isThisComputer
from LiverCADLib.cases import sizeText
from LiverCADLib.clientErrors import AddressError, WrongAppError, fromAnswer, fromException
from LiverCADLib.events import Event, eventsIn
from LiverCADLib.multipart import Files, MultipartForm
from LiverCADLib.tasks import Task
from LiverCADLib.translation import _

CONNECT_S = 5.0
READ_S = 30.0
CHUNK = 1 << 16
"""Bytes between two looks whether a download is still wanted."""

RETRY = Retry(
    total=2,
    read=1,
    backoff_factor=0.3,
    allowed_methods=frozenset({"GET", "HEAD", "DELETE"}),  # what may be done twice; others only while not yet sent
    respect_retry_after_header=False,  # an answer is an answer
)


class _Bearer(requests.auth.AuthBase):
    """The server's token; also keeps `requests` from looking for passwords in ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Connection:
    """Requests to one server. Every failure is a `ClientError`; may be used from several threads.

    Parameters
    ----------
    address : str
        As people write it.
    token : str
        Empty where the server asks for none.
    caBundle : str
        File of certificates to trust for https instead of the usual ones; empty for those.
    timeoutS : float
        How long an answer is waited for (s).

    Raises
    ------
    AddressError
        If the address is none.
    """

    def __init__(self, address: str, token: str = "", caBundle: str = "", timeoutS: float = READ_S) -> None:
        self.address = fullAddress(address)
        self.timeoutS = timeoutS
        if caBundle and not Path(caBundle).is_file():
            raise AddressError(_("The file of certificates {path} is not there.").format(path=caBundle))
        if not all(" " < letter <= "~" for letter in token):
            raise AddressError(_("The token has characters that no token has; copy it again."))
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._session.trust_env = not isThisComputer(self.address)  # no proxy between this computer and itself
        if caBundle:
            self._session.verify = caBundle
            self._session.trust_env = False  # else requests prefers the environment's bundle
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=8, max_retries=RETRY))

    def close(self) -> None:
        """Close what is open."""
        self._session.close()

    def request(self, method: str, path: str, *, readS: float | None = -1.0, **options: Any) -> requests.Response:
        """Send a request and wait for its answer.

        Parameters
        ----------
        method, path : str
            Path as of `addresses.pathOf`.
        readS : float or None
            How long the answer is waited for (s); `timeoutS` by default, None without end.
        **options
            For `requests`.

        Returns
        -------
        requests.Response
            With a status below 300. Redirections are refused: volumes go only to where the user said.

        Raises
        ------
        ClientError
            In all other cases.
        """
        timeout = (CONNECT_S, self.timeoutS if readS is not None and readS < 0 else readS)
        try:
            answer = self._session.request(
                method, self.address + path, timeout=timeout, allow_redirects=False, **options
            )
            if answer.status_code >= 300:
                raise fromAnswer(answer, self.address)
        except requests.RequestException as error:
            raise fromException(error, self.address, self.timeoutS) from error
        return answer

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send a request whose answer is JSON, and return that."""
        return self.parsed(self.request(method, path, **options))

    def parsed(self, answer: requests.Response) -> Any:
        """JSON of an answer.

        Raises
        ------
        WrongAppError
            If it is none.
        """
        try:
            return json.loads(answer.content)
        except ValueError as error:
            sentence = _("What answers at {address} is no LiverCAD server.")
            raise WrongAppError(sentence.format(address=self.address), answer.status_code) from error

    def download(self, path: str, target: Path, task: Task, text: str, params: Mapping[str, str] | None = None) -> Path:
        """Download into a file, which is there only when it is whole.

        Parameters
        ----------
        path : str
            Path as of `addresses.pathOf`.
        target : Path
            The file; replaced when it is there. Its folder is made.
        task : Task
            Learns how much has come; a cancel ends the download.
        text : str
            What it is told.
        params : mapping of str to str, optional
            Of the query.

        Returns
        -------
        Path
            `target`.

        Raises
        ------
        ClientError
            If it does not come whole.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        asItIs = {"Accept-Encoding": "identity"}  # so that Content-Length is the size of the file
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                self._receive(self.request("GET", path, params=params, headers=asItIs, stream=True), file, task, text)
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return target

    def _receive(self, answer: requests.Response, file: Any, task: Task, text: str) -> None:
        total, received = int(answer.headers.get("Content-Length", 0)), 0
        with answer:
            try:
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
                    received += len(chunk)
                    amount = _("{text}: {received} of {total}").format(
                        text=text, received=sizeText(received), total=sizeText(total) if total else "?"
                    )
                    task.report(received / total if total else 0.0, amount)
            except requests.RequestException as error:
                raise fromException(error, self.address, self.timeoutS) from error

    def send(
        self, method: str, path: str, fields: Mapping[str, str], files: Files, task: Task, text: str, **options: Any
    ) -> requests.Response:
        """Send a form with files, piece by piece; never sent twice.

        Parameters
        ----------
        method, path : str
            Path as of `addresses.pathOf`.
        fields : mapping of str to str
            Plain fields.
        files : sequence of (field, path)
            Files.
        task : Task
            Learns how much has been sent; a cancel ends the request.
        text : str
            What it is told.
        **options
            As of `request`.

        Returns
        -------
        requests.Response
            As of `request`.
        """
        form = MultipartForm(fields, files, task, text)
        try:
            return self.request(method, path, data=form, headers={"Content-Type": form.contentType}, **options)
        finally:
            form.close()

    def events(self, path: str, readS: float) -> Iterator[Event]:
        """Follow a stream of events until the server ends it.

        Parameters
        ----------
        path : str
            Path as of `addresses.pathOf`.
        readS : float
            Silence after which the server counts as lost (s).

        Yields
        ------
        Event
            As they come.

        Raises
        ------
        ClientError
            If the stream breaks.
        """
        with self.request("GET", path, readS=readS, stream=True, headers={"Accept": "text/event-stream"}) as answer:
            try:
                yield from eventsIn(_lines(answer.iter_content(1)))  # one byte: more would be waited for
            except requests.RequestException as error:
                raise fromException(error, self.address, readS) from error


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    line = bytearray()
    for chunk in chunks:
        line += chunk
        if chunk == b"\n":
            yield line.decode("utf-8", "replace").rstrip("\r\n")
            line.clear()
