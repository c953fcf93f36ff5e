"""Server-sent events: how a server tells of a job's progress."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One event.

    Parameters
    ----------
    name : str
        "progress", "end" or what else the server calls it; "message" where it does not.
    data : str
        JSON of the job.
    """

    name: str
    data: str


def eventsIn(lines: Iterable[str]) -> Iterator[Event]:
    """Read a stream of events.

    Parameters
    ----------
    lines : iterable of str
        Without line ends.

    Yields
    ------
    Event
        As the HTML standard (section 9.2.6, "Interpreting an event stream") has them; comments, identifiers and
        reconnection times are left out, and an event that has not ended when the stream does.
    """
    name, data = "", []
    for line in lines:
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
