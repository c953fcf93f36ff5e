"""How a training on the server goes, and how it is started and stopped. No Qt."""

from dataclasses import dataclass, field
from typing import Any

from LiverCADLib.session import Session
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class Setting:
    """One setting of a trainer.

    Parameters
    ----------
    name : str
        As the server calls it.
    default : bool, int, float or str
        Also tells its kind.
    minimum, maximum : int, float or None
        None where there is no limit.
    help : str
        What it does.
    choices : tuple of str
        What it can be; empty where it can be anything of its kind.
    """

    name: str
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    help: str = ""
    choices: tuple[str, ...] = ()

    @classmethod
    def fromServer(cls, name: str, about: dict[str, Any]) -> "Setting":
        """Read a setting of a trainer."""
        limits = about.get("minimum"), about.get("maximum")
        return cls(name, about["default"], *limits, about.get("help") or "", tuple(about.get("choices") or ()))


@dataclass(frozen=True)
class Trainer:
    """A model that the server can train.

    Parameters
    ----------
    name, title : str
        For the server and for people.
    settings : tuple of Setting
        What can be chosen.
    """

    name: str
    title: str
    settings: tuple[Setting, ...] = ()

    @classmethod
    def fromServer(cls, answer: dict[str, Any]) -> "Trainer":
        """Read a trainer of ``GET /livercad/training``."""
        settings = tuple(Setting.fromServer(name, about) for name, about in (answer.get("settings") or {}).items())
        return cls(answer["name"], answer.get("title") or answer["name"], settings)


@dataclass(frozen=True)
class Run:
    """The training that runs, or ran last.

    Parameters
    ----------
    model : str
        What is trained.
    state : str
        "queued", "running", "done", "failed" or "cancelled".
    fraction : float
        How far it is, in [0, 1].
    what : str
        What is being done; the reason where it failed.
    losses, metrics : tuple of (int, float)
        By step.
    metricName : str
        What the metric is.
    result : str
        The server's sentence on what came of it; empty before the end.
    promotion : str
        The server's sentence on whether the new weights are used from now on; empty before the end.
    isPromoted : bool or None
        None before the end.
    """

    model: str
    state: str
    fraction: float = 0.0
    what: str = ""
    losses: tuple[tuple[int, float], ...] = ()
    metrics: tuple[tuple[int, float], ...] = ()
    metricName: str = ""
    result: str = ""
    promotion: str = ""
    isPromoted: bool | None = None

    @property
    def isActive(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE

    @classmethod
    def fromServer(cls, answer: dict[str, Any]) -> "Run":
        """Read the job of ``GET /livercad/training``."""
        history = answer.get("history") or []
        promotion = answer.get("promotion") or {}
        return cls(
            model=answer["model"],
            state=answer["state"],
            fraction=float(answer.get("fraction") or 0.0),
            what=answer.get("what") or "",
            losses=_series(history, "loss"),
            metrics=_series(history, "metric"),
            metricName=next((entry["name"] for entry in history if entry.get("name")), ""),
            result=_resultText(answer.get("result") or {}),
            promotion=promotion.get("reason") or "",
            isPromoted=promotion.get("promoted"),
        )


def _series(history: list[dict[str, Any]], name: str) -> tuple[tuple[int, float], ...]:
    return tuple((int(entry["step"]), float(entry[name])) for entry in history if entry.get(name) is not None)


def _resultText(result: dict[str, Any]) -> str:
    if not result:
        return ""
    if result.get("sentence"):
        return str(result["sentence"])
    return _("{metric}: {before:.3f} before, {after:.3f} after.").format(**result)


@dataclass
class Training:
    """What the server can train and how it goes, as last heard of. In the GUI thread.

    Parameters
    ----------
    session : Session
        The server.

    Attributes
    ----------
    trainers : tuple of Trainer
        What can be trained.
    reason : str
        Why nothing can be; empty where something can.
    run : Run or None
        The training that runs or ran last.
    changed : Signal
        No arguments: any of these is another.
    failed : Signal
        (exception): starting or stopping did not work.
    """

    session: Session
    trainers: tuple[Trainer, ...] = ()
    reason: str = ""
    run: Run | None = None
    changed: Signal = field(default_factory=Signal)
    failed: Signal = field(default_factory=Signal)
    _isAsking: bool = False

    def __post_init__(self) -> None:
        self.session.connected.connect(lambda info: self.refresh())
        self.session.disconnected.connect(self._forget)
        self._forget()

    @property
    def canStart(self) -> bool:
        """Whether a training can be started now."""
        return bool(self.trainers) and self.session.isConnected and not (self.run and self.run.isActive)

    @property
    def canStop(self) -> bool:
        """Whether a training runs."""
        return self.session.isConnected and self.run is not None and self.run.isActive

    def refresh(self) -> None:
        """Ask the server; nobody waits for it, and it is asked once at a time."""
        client = self.session.client
        if client is None or self._isAsking:
            return
        self._isAsking = True
        job = self.session.background.start("", lambda task: client.training())
        job.done.connect(lambda answer: self._hear(client, answer))
        job.failed.connect(lambda error: self._hear(client, {"reason": str(error)}))
        job.ended.connect(self._onAsked)

    def start(self, model: str, settings: dict[str, Any]) -> None:
        """Start a training with these settings."""
        client = self.session.requireClient()
        annotator = self.session.settings.annotator
        self._do(_("Starting the training"), lambda task: client.startTraining(model, settings, annotator))

    def stop(self) -> None:
        """Stop the training that runs; the weights stay as they were."""
        client = self.session.requireClient()
        self._do(_("Stopping the training"), lambda task: client.stopTraining())

    def _do(self, title: str, function: Any) -> None:
        job = self.session.run(title, function)
        job.failed.connect(self.failed.emit)
        job.ended.connect(self.refresh)

    def _onAsked(self) -> None:
        self._isAsking = False

    def _hear(self, client: Any, answer: dict[str, Any]) -> None:
        if client is not self.session.client:
            return
        self.trainers = tuple(Trainer.fromServer(trainer) for trainer in answer.get("trainers") or [])
        self.reason = "" if self.trainers else answer.get("reason") or _("This server trains no model.")
        self.run = Run.fromServer(answer["job"]) if answer.get("job") else None
        self.changed.emit()

    def _forget(self) -> None:
        self.trainers, self.run = (), None
        self.reason = _("No server is connected.")
        self.changed.emit()
