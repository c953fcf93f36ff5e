"""Labels on their way to their place: a server that is killed while it saves one finishes that when it starts again.

A save changes three files: the history, the label and MONAI Label's index. What is to be saved is first put down as a
whole, in ``.livercad/pending/TAG/CASE`` of the studies folder; from then on the save can be done again from wherever it
ended.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livercad.server.folders import appearing
from livercad.studies.atomic import write_text

FOLDER = Path(".livercad") / "pending"
RECORD = "record.json"


@dataclass(frozen=True)
class Pending:
    """A label that is being saved.

    Parameters
    ----------
    folder : Path
        Where it waits.
    extension : str
        Of the label's name.
    info : dict
        What is saved with it.
    former : int
        Number of the version that it replaces; 0 if there is none.
    """

    folder: Path
    extension: str
    info: dict[str, Any]
    former: int

    @property
    def label(self) -> Path:
        """The label's file; it is gone once it has been moved to its place."""
        return self.folder / f"label{self.extension}"

    @property
    def tag(self) -> str:
        """The label's tag."""
        return self.folder.parent.name

    @property
    def case(self) -> str:
        """The label's case."""
        return self.folder.name

    def done(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def put_down(root: Path, tag: str, case: str, label: Path, pending: dict[str, Any]) -> Pending:
    """Put a label down, whole or not at all.

    Parameters
    ----------
    root : Path
        The studies folder.
    tag, case : str
        Whose label it is.
    label : Path
        A copy is made.
    pending : dict
        `extension`, `info` and `former` of `Pending`.

    Returns
    -------
    Pending
        What is to be finished now.
    """
    found = Pending(root / FOLDER / tag / case, **pending)
    with appearing(found.folder) as folder:
        shutil.copyfile(label, folder / found.label.name)
        write_text(folder / RECORD, json.dumps(pending, default=str))
    return found


def waiting(root: Path) -> list[Pending]:
    """List the saves that were not finished.

    Parameters
    ----------
    root : Path
        The studies folder.

    Returns
    -------
    list of Pending
        At most one for each case and tag.
    """
    records = sorted((root / FOLDER).glob(f"*/*/{RECORD}"))
    return [
        Pending(record.parent, **json.loads(record.read_text(encoding="utf-8")))
        for record in records
        if not record.parent.name.startswith(".")
    ]
