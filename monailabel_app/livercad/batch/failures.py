"""Why a case has no results, as its folder tells it in their place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FAILURE = "error.json"
"""Lies in the folder of every case that failed, in place of results."""


class Failure(BaseModel):
    """Why a case has no results.

    Parameters
    ----------
    case : str
        The case.
    reason : str
        For people.
    studies : str
        Folder that the case was found in.
    failed : datetime
        When, with its time zone.
    modality : str or None
        ``US``; None for CT.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    reason: str
    studies: str
    failed: datetime
    modality: str | None = None


def is_failed(folder: Path) -> bool:
    """Whether a case's folder says why the case failed."""
    return (folder / FAILURE).is_file()


def read_failure(folder: Path) -> Failure:
    """Read what `write_failure` wrote."""
    return Failure.model_validate_json((folder / FAILURE).read_bytes())


def drop_failures(out: Path, studies: str, keep: set[str]) -> None:
    """Forget failures of cases that are no longer there, for example since the user has mended a file's name.

    Parameters
    ----------
    out : Path
        The output folder.
    studies : str
        Only failures of cases that were found in this folder are forgotten.
    keep : set of str
        Cases that are still there.
    """
    for path in out.glob(f"*/{FAILURE}"):
        failure = read_failure(path.parent)
        if failure.studies == studies and failure.case not in keep:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
