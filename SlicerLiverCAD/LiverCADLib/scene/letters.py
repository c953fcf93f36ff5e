"""What the outbox keeps of a case, and how its file tells of it."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

LETTER = "submission"
"""Name of the file beside the maps, without its ending."""


class Kind(StrEnum):
    """What a folder of the outbox is for."""

    WAITING = "waiting"
    """To be sent."""
    ASIDE = "aside"
    """Was to be sent; the server refuses it as it is, or the annotator has opened a newer version instead."""
    DRAFT = "draft"
    """Corrections that were not submitted, in case that Slicer ends."""


@dataclass(frozen=True)
class Waiting:
    """A submission that the server does not have yet.

    Parameters
    ----------
    id : str
        Name of its folder.
    server : str
        Address.
    case : str
        The server's name of it.
    annotator : str
        Who.
    made : str
        When, ISO 8601.
    basedOn : int
        Version of the server's that was corrected; 0 for none.
    follows : str
        Id of the waiting submission that was corrected, which goes before; empty for none.
    kind : Kind
        What is to become of it.
    owner : str
        Which Slicer has made it, as of `Presence.name`, if it is a draft.
    isDeclined : bool
        Whether the annotator has said no to it, if it is a draft: it is not offered again, but kept.
    """

    id: str
    server: str
    case: str
    annotator: str
    made: str
    basedOn: int = 0
    follows: str = ""
    kind: Kind = Kind.WAITING
    owner: str = ""
    isDeclined: bool = False


def readLetter(path):
    """Read what tells of one: OSError, ValueError or TypeError for a damaged file."""
    letter = Waiting(**json.loads(path.read_text(encoding="utf-8")))
    return replace(letter, kind=Kind(letter.kind))
