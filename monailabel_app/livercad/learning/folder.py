"""Where a folder of studies keeps what is learnt from: sides of its cases, reservations, the audit log."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(".livercad") / "learning"


def learning_folder(studies: Path) -> Path:
    """The folder of a studies folder in which `Pool`, `AuditLog` and `Reservations` keep their files.

    Parameters
    ----------
    studies : Path
        The studies folder.

    Returns
    -------
    Path
        Hidden, so that no case is looked for there. It may not be there yet.
    """
    return studies / FOLDER
