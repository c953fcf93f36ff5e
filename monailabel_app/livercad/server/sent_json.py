"""JSON that a client has sent: read, and refused where it cannot be written again."""

from __future__ import annotations

import json
from typing import Any

from livercad.errors import InputError


def parse_json(text: str, what: str) -> Any:
    """Read JSON that a client has sent.

    Parameters
    ----------
    text : str
        The JSON.
    what : str
        Name of the field, for messages.

    Returns
    -------
    object
        What it says, checked by `check_characters`.

    Raises
    ------
    json.JSONDecodeError
        If it is none.
    InputError
        If nobody could mean it: lists too deep or numbers too long to be read, halves of characters.
    """
    try:
        said = json.loads(text)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _unfit(what, str(error)) from error
    return check_characters(said, what)


def check_characters(said: Any, what: str) -> Any:
    """Let through what JSON has said, unless a text in it has half of a character, which can be written nowhere.

    Parameters
    ----------
    said : object
        What was parsed.
    what : str
        Name of the field, for messages.

    Returns
    -------
    object
        The same.

    Raises
    ------
    InputError
        If there is a lone surrogate, or lists are too deep to be written.
    """
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _unfit(what, f"half of a character (\\u{ord(error.object[error.start]):04x})") from error
    except RecursionError as error:
        raise _unfit(what, str(error)) from error
    return said


def _unfit(what: str, found: str) -> InputError:
    return InputError(
        what, found=found, expected="JSON of whole characters and of usual size", todo="Mend the request."
    )
