"""What is remembered from one start of Slicer to the next, on this computer only."""

import getpass
import json
import tempfile
from pathlib import Path
from typing import Any, Protocol

DEFAULT_ADDRESS = "http://127.0.0.1:8000"
GROUP = "LiverCAD/"


class Store(Protocol):
    """Where settings are kept: Slicer's are a QSettings."""

    def value(self, key: str, default: Any) -> Any:
        """Return what was kept under a key, or the default."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value under a key."""


class MemoryStore:
    """Keeps settings as long as it lives; for scripts and tests."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def value(self, key: str, default: Any) -> Any:
        """Return what was kept under a key, or the default."""
        return self._values.get(key, default)

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value under a key."""
        self._values[key] = value


class _Text:
    """A setting that is a text; the stores of some systems know no other kind for sure."""

    def __init__(self, default: str = "") -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = GROUP + name.lstrip("_")

    def __get__(self, settings: "Settings", owner: type | None = None) -> str:
        return str(settings.store.value(self._key, self._default) or self._default)

    def __set__(self, settings: "Settings", value: str) -> None:
        settings.store.setValue(self._key, str(value))


class Settings:
    """The module's settings.

    Parameters
    ----------
    store : Store, optional
        Slicer's own user settings by default.
    folder : Path, optional
        Where the module keeps its files; beside Slicer's settings by default, a temporary one for another store.

    Attributes
    ----------
    address : str
        Of the server that was connected last.
    caBundle : str
        File of certificates to trust for https; empty for the usual ones.
    annotator : str
        Name that submissions carry; who is logged in here by default.
    strategy : str
        How the server chooses the next case.
    """

    address = _Text(DEFAULT_ADDRESS)
    caBundle = _Text()
    strategy = _Text("first")
    _annotator = _Text()
    _consents = _Text("[]")
    _tokens = _Text("{}")

    def __init__(self, store: Store | None = None, folder: Path | None = None) -> None:
        if store is None:
            import slicer

            store = slicer.app.userSettings()
            folder = folder or Path(store.fileName()).parent / "LiverCAD"
        self.store = store
        self._folder = folder

    @property
    def outboxFolder(self) -> Path:
        """Where submissions wait for their server."""
        return self._ownFolder / "outbox"

    @property
    def circlesFolder(self) -> Path:
        """Where circles are kept that were not submitted."""
        return self._ownFolder / "circles"

    @property
    def _ownFolder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="LiverCAD-"))
        return self._folder

    @property
    def annotator(self) -> str:
        """Name that submissions carry."""
        return self._annotator or _loginName()

    @annotator.setter
    def annotator(self, name: str) -> None:
        self._annotator = name.strip()

    @property
    def consents(self) -> tuple[str, ...]:
        """Servers that volumes may be sent to, as of `addresses.originOf`."""
        try:
            return tuple(str(origin) for origin in json.loads(self._consents))
        except ValueError:
            return ()

    def rememberConsent(self, origin: str) -> None:
        """Volumes may be sent to this server from now on."""
        self._consents = json.dumps(sorted({*self.consents, origin}))

    def withdrawConsent(self, origin: str) -> None:
        """Ask again before volumes are sent to this server."""
        self._consents = json.dumps(sorted({*self.consents} - {origin}))

    def tokenOf(self, origin: str) -> str:
        """The token that a server, as of `addresses.originOf`, was connected with; empty for none."""
        return self._allTokens().get(origin, "")

    def rememberToken(self, origin: str, token: str) -> None:
        """Keep a server's token, readable as Slicer keeps passwords; an empty one is forgotten."""
        self._tokens = json.dumps({name: kept for name, kept in {**self._allTokens(), origin: token}.items() if kept})

    def _allTokens(self) -> dict[str, str]:
        try:
            return {str(origin): str(token) for origin, token in json.loads(self._tokens).items()}
        except (ValueError, AttributeError):
            return {}


def _loginName() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such variable, and on Windows no such module
        return ""
