"""What can go wrong between this module and a server, each in a sentence for its user."""

import json

import requests

from LiverCADLib.translation import _


class ClientError(Exception):
    """The server could not do what was asked for; the text is a sentence for the user.

    Parameters
    ----------
    sentence : str
        What went wrong and what to do.
    status : int
        HTTP status; 0 where there was no answer.
    """

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status

    def __str__(self) -> str:
        return super().__str__().strip()  # a server may give no reason

    @property
    def isForGood(self) -> bool:
        """Whether the same request would be refused again, however long one waits."""
        return self.status in (400, 404, 413, 422)


class AddressError(ClientError):
    """The address is none."""


class NotConnectedError(ClientError):
    """No server is connected."""

    def __init__(self) -> None:
        super().__init__(_("No server is connected. Enter its address in the section Server and press Connect."))


class UnreachableError(ClientError):
    """Nobody answers."""


class CertificateError(UnreachableError):
    """The server's certificate is not trusted."""


class InterruptedAnswerError(ClientError):
    """The server stopped answering in the middle; whether it did what was asked for is unknown."""


class WrongAppError(ClientError):
    """Something answers that is not LiverCAD."""


class VersionError(ClientError):
    """Server and module do not fit together."""


class TokenError(ClientError):
    """401: the token is missing or wrong."""


class ForbiddenError(ClientError):
    """403: this computer may not."""


class NotThereError(ClientError):
    """404: what was asked for is not there."""


class OldServerError(NotThereError):
    """404: the server does not know such requests."""

    @property
    def isForGood(self) -> bool:
        """No: a newer server may come."""
        return False


class ConflictError(ClientError):
    """409: what was asked for does not go with what is there."""


class RefusedError(ClientError):
    """Any other 4xx: the request cannot be done as it is."""


class UnavailableError(ClientError):
    """503: the server cannot now; its models are not installed, or it is overloaded."""


class ServerFaultError(ClientError):
    """Any other 5xx: a defect of the server's, or of what stands in front of it."""


def fromAnswer(answer: requests.Response, address: str) -> ClientError:
    """Say what a refusal means.

    Parameters
    ----------
    answer : requests.Response
        With a status of 300 or more.
    address : str
        Of the server, as the user wrote it.

    Returns
    -------
    ClientError
        Of the class that fits.
    """
    status, reason = answer.status_code, _reasonOf(answer)
    if status < 400:
        target = answer.headers.get("Location", "?")
        sentence = _("{address} sends on to {target}. If you trust that one, enter it as the address.")
        return RefusedError(sentence.format(address=address, target=target), status)
    if status == 401:
        sentence = _("{address} wants another token. Ask who runs it, and enter it in the section Server.")
        return TokenError(sentence.format(address=address), status)
    if status == 403:
        sentence = _("{address} does not let you in. {reason}")
        return ForbiddenError(sentence.format(address=address, reason=reason), status)
    if status == 404:
        if reason in ("", "Not Found"):  # not a missing case but a missing route
            sentence = _("{address} does not know this request; it is older than this module. Update the server.")
            return OldServerError(sentence.format(address=address), status)
        return NotThereError(reason, status)
    if status == 409:
        return ConflictError(reason or _("The server says that this does not go with what it has."), status)
    if status == 413:
        return RefusedError(_("{address} does not take so much data at once.").format(address=address), status)
    if status == 503:
        return UnavailableError(_("The server cannot do this now. {reason}").format(reason=reason), status)
    if status >= 500:
        sentence = _("The server failed ({status}). {reason}")
        return ServerFaultError(sentence.format(status=status, reason=reason), status)
    return RefusedError(reason or _("The server refused ({status}).").format(status=status), status)


def fromException(error: requests.RequestException, address: str, timeoutS: float) -> ClientError:
    """Say what a broken connection means.

    Parameters
    ----------
    error : requests.RequestException
        Of any class.
    address : str
        Of the server.
    timeoutS : float
        How long an answer was waited for (s).

    Returns
    -------
    ClientError
        Of the class that fits.
    """
    if isinstance(error, requests.exceptions.SSLError):
        sentence = _(
            "The certificate of {address} is not trusted, so nothing was sent. If the server has one of its own, enter "
            "the file of its authority in the section Server. ({reason})"
        )
        return CertificateError(sentence.format(address=address, reason=_innermost(error)))
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return _unreachable(address, _innermost(error))
    if _isCausedBy(error, "ReadTimeoutError"):
        sentence = _("{address} has not answered for {seconds:.0f} s. It may be overloaded; try again later.")
        return InterruptedAnswerError(sentence.format(address=address, seconds=timeoutS))
    if _isCausedBy(error, "NewConnectionError", "NameResolutionError", "ConnectTimeoutError"):
        return _unreachable(address, _innermost(error))
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        sentence = _("{address} stopped answering in the middle. See whether it still runs, and try again.")
        return InterruptedAnswerError(sentence.format(address=address))
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return AddressError(_("{address} is no address of a server.").format(address=address))
    sentence = _("{address} answers what this module does not understand. ({reason})")
    return WrongAppError(sentence.format(address=address, reason=_innermost(error)))


def _unreachable(address: str, reason: str) -> UnreachableError:
    sentence = _("No server answers at {address}. See that it runs, and that the address is right. ({reason})")
    return UnreachableError(sentence.format(address=address, reason=reason))


def _reasonOf(answer: requests.Response) -> str:
    """Return the server's own sentence; empty where the answer is not one of LiverCAD's."""
    try:
        detail = json.loads(answer.content)["detail"]
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return ""
    if isinstance(detail, list):  # FastAPI's own check of a request's form
        return "; ".join(str(entry.get("msg", entry)) if isinstance(entry, dict) else str(entry) for entry in detail)
    return str(detail)


def _isCausedBy(error: Exception, *names: str) -> bool:
    return any(type(cause).__name__ in names for cause in _causes(error))


def _innermost(error: Exception) -> str:
    causes = [cause for cause in _causes(error) if str(cause)]
    text = getattr(causes[-1], "strerror", None) or str(causes[-1]) if causes else type(error).__name__
    return str(text).rpartition(">: ")[2] or str(text)


def _causes(error: BaseException) -> list[BaseException]:
    """Return the exceptions that urllib3 has wrapped into each other, the outermost first."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        this = queue.pop(0)
        if isinstance(this, BaseException) and this not in found:
            found.append(this)
            queue += [getattr(this, "reason", None), this.__cause__, *this.args]
    return found
