"""Which names may come from outside: they become parts of paths, so nothing that leads elsewhere."""

from __future__ import annotations

import re

from livercad.errors import InputError

LONGEST = 200
"""File systems allow 255 bytes; an extension and letters of several bytes have to fit as well."""
SESSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_name(name: str, what: str) -> str:
    """Let a name through that is one plain part of a path.

    Parameters
    ----------
    name : str
        A case, a label tag, an uploaded file's name.
    what : str
        What it names, for the message.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    InputError
        If it is empty, too long, begins with a dot, or holds a slash, a backslash or a control character.
    """
    harmless = 0 < len(name) <= LONGEST and not name.startswith(".") and name.isprintable()
    if not harmless or "/" in name or "\\" in name:
        raise InputError(
            f"{what} {name[:LONGEST]!r}",
            found="a name that could lead out of the studies folder",
            expected=f"1 to {LONGEST} printable characters without slashes, not beginning with a dot",
            todo="Take a name that the server lists.",
        )
    return name


def check_form(text: str, pattern: re.Pattern[str], what: str) -> str:
    """Let an identifier through that has the form it must have.

    Parameters
    ----------
    text : str
        The identifier.
    pattern : re.Pattern
        `SESSION` or `JOB`.
    what : str
        What it names, for the message.

    Returns
    -------
    str
        The same identifier.

    Raises
    ------
    InputError
        If it has another form.
    """
    if not pattern.fullmatch(text):
        raise InputError(
            f"{what} {text[:LONGEST]!r}",
            found="another form",
            expected=pattern.pattern,
            todo="Send it as it was given.",
        )
    return text
