"""What the server says of its cases and their images, and which of them are listed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from livercad.core.annotation import CaseState
from livercad.core.phases import Phase
from livercad.core.ultrasound import MODALITY as ULTRASOUND


class CaseFilter(Enum):
    """Which cases are listed. Parameter nodes keep the name, never the value."""

    ALL = "all"
    UNLABELLED = "unlabelled"
    MINE = "submitted by me"
    IN_PROGRESS = "in progress"
    COMPLETE = "complete"
    NEEDS_REVIEW = "needs review"


STATES = {
    CaseFilter.IN_PROGRESS: CaseState.IN_PROGRESS,
    CaseFilter.COMPLETE: CaseState.COMPLETE,
    CaseFilter.NEEDS_REVIEW: CaseState.NEEDS_REVIEW,
}


@dataclass(frozen=True)
class CaseSummary:
    """One case of the server's list.

    Parameters
    ----------
    case : str
        Its name.
    state : CaseState or None
        As submitted; None without a submission, and for what a stock client submitted.
    hasLabel : bool
        Whether anybody submitted a label.
    annotator : str
        Who submitted last.
    submitted : str
        When, ISO 8601; empty without a submission.
    version : int
        Of the submission; 0 without one.
    images : int
        How many volumes it has, or of an ultrasound case how many 2-D images.
    isUltrasound : bool
        Whether it is one.
    """

    case: str
    state: CaseState | None = None
    hasLabel: bool = False
    annotator: str = ""
    submitted: str = ""
    version: int = 0
    images: int = 1
    isUltrasound: bool = False

    @classmethod
    def fromServer(cls, answer: dict[str, Any]) -> "CaseSummary":
        """Read an entry of `GET /livercad/cases`; keys of a newer server are left out."""
        state = answer.get("state")
        return cls(
            case=str(answer["case"]),
            state=CaseState(state) if state in set(CaseState) else None,
            hasLabel=bool(answer.get("has_label")),
            annotator=str(answer.get("annotator") or ""),
            submitted=str(answer.get("submitted") or ""),
            version=int(answer.get("version") or 0),
            images=int(answer.get("images") or 0),
            isUltrasound=answer.get("modality") == ULTRASOUND,
        )


@dataclass(frozen=True)
class CaseImage:
    """One volume of a case.

    Parameters
    ----------
    name : str
        Unique in the case.
    phase : Phase or None
        None where nothing tells it.
    toldBy : str
        "name", "table", "annotator", "image" (recognised) or "unknown".
    probabilities : dict of str to float
        Of every phase, in [0, 1]; empty until it was recognised.
    isUnsure : bool
        Whether recognition hesitates.
    isReference : bool
        Whether masks and results lie on it.
    size : int
        Bytes of the server's file, as it is sent.
    path : str
        The server's file; empty where there is none yet.
    """

    name: str
    phase: Phase | None = None
    toldBy: str = "unknown"
    probabilities: dict[str, float] = field(default_factory=dict)
    isUnsure: bool = False
    isReference: bool = False
    size: int = 0
    path: str = ""

    @classmethod
    def fromServer(cls, answer: dict[str, Any]) -> "CaseImage":
        """Read an image of `GET /livercad/cases/CASE`; keys of a newer server are left out."""
        phase = answer.get("phase")
        return cls(
            name=str(answer["name"]),
            phase=Phase(phase) if phase in set(Phase) else None,
            toldBy=str(answer.get("told_by") or "unknown"),
            probabilities={str(name): float(p) for name, p in (answer.get("probabilities") or {}).items()},
            isUnsure=bool(answer.get("is_unsure")),
            isReference=bool(answer.get("is_reference")),
            size=int(answer.get("bytes") or 0),
            path=str(answer.get("path") or ""),
        )

    @classmethod
    def fromPlain(cls, plain: dict[str, Any]) -> "CaseImage":
        """Read what `toPlain` made."""
        return cls(**{**plain, "phase": Phase(plain["phase"]) if plain["phase"] else None})

    def toPlain(self) -> dict[str, Any]:
        """Everything as strings, numbers and dicts, ready for JSON."""
        return asdict(self)


def matching(cases: Iterable[CaseSummary], which: CaseFilter, search: str, annotator: str) -> list[CaseSummary]:
    """The cases to list.

    Parameters
    ----------
    cases : iterable of CaseSummary
        All that the server has.
    which : CaseFilter
        What is asked for.
    search : str
        Words that have to stand in the name, whatever their case and order.
    annotator : str
        Who "me" is.

    Returns
    -------
    list of CaseSummary
        In the server's order.
    """
    words = search.lower().split()
    return [
        case for case in cases if _passes(case, which, annotator) and all(word in case.case.lower() for word in words)
    ]


def _passes(case: CaseSummary, which: CaseFilter, annotator: str) -> bool:
    if which is CaseFilter.ALL:
        return True
    if which is CaseFilter.UNLABELLED:
        return not case.hasLabel
    if which is CaseFilter.MINE:
        return case.hasLabel and bool(annotator) and case.annotator == annotator
    return case.state is STATES[which]


def totalSize(images: Sequence[CaseImage]) -> int:
    """Bytes of all images together."""
    return sum(image.size for image in images)


def isOnServer(scene: Any, session: Any) -> bool:
    """Whether the open case of a CaseScene is one of the server that a Session is connected to."""
    return session.client is not None and bool(scene.case) and scene.server == session.client.address


def fileNameOf(name: str) -> str:
    """What a case or an image is called as a file: any character that could mean something there is "_"."""
    return "".join(c if c.isalnum() or c in "-_. " else "_" for c in name)


def sizeText(size: float) -> str:
    """A number of bytes as people read it: "34 MB"."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
