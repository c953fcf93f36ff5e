"""What a series' files hold, in one number: how a batch knows that a case has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from livercad.errors import InputError
from livercad.studies.study import Series


def hash_series(series: Series) -> str:
    """Hash the contents of a series' files.

    Parameters
    ----------
    series : Series
        Its files, in order; their names and dates do not count.

    Returns
    -------
    str
        SHA-256 over the SHA-256 of each file, in hexadecimal.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    whole = hashlib.sha256()
    for path in series.files:
        whole.update(hash_file(path))
    return whole.hexdigest()


def hash_file(path: Path) -> bytes:
    """SHA-256 of a file; raises InputError if it is missing or cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise InputError(
            path,
            found=f"a file that cannot be read ({error.strerror})",
            expected="a readable image file",
            todo="Check that the file is still there and that you may read it.",
        ) from error
