"""What files hold, as hashes: how a batch knows that a case has changed, and a pool that it is a copy."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from livercad.errors import InputError
from livercad.studies.study import Series


def hash_file(path: Path) -> str:
    """Hash of a file's content.

    Parameters
    ----------
    path : Path
        The file. While its size and date stay, it is read once in this process.

    Returns
    -------
    str
        SHA-256, in hexadecimal.

    Raises
    ------
    InputError
        If it is missing or cannot be read.
    """
    try:
        stat = path.stat()
        return _hash(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise unreadable(path, error) from error


def hash_series(series: Series) -> str:
    """Hash of the contents of a series' files, in order; their names and dates do not count.

    Parameters
    ----------
    series : Series
        Each of its files is read once in this process.

    Returns
    -------
    str
        SHA-256 over the SHA-256 of each file, in hexadecimal.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    return hashlib.sha256("".join(hash_file(path) for path in series.files).encode()).hexdigest()


def unreadable(path: Path, error: OSError) -> InputError:
    """What to tell of a file that the system does not give."""
    return InputError(
        path,
        found=f"a file that cannot be read ({error.strerror})",
        expected="a readable file",
        todo="Check that the file is still there and that you may read it.",
    )


@functools.lru_cache(maxsize=1 << 16)
def _hash(path: Path, size: int, date_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
