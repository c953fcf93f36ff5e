"""The log of a training: a JSON line a step and a validation, for curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from livercad.studies.atomic import write_text

LOG = "log.jsonl"


class TrainingLog:
    """Appends to ``log.jsonl``; what a killed run had written beyond its last checkpoint goes when it is opened.

    Parameters
    ----------
    folder : Path
        Where it is.
    steps : int
        Steps that the checkpoint has behind it.
    validated : int
        Step of its last validation; -1 for none.
    """

    def __init__(self, folder: Path, steps: int, validated: int) -> None:
        self.path = folder / LOG
        kept = [line for line in read_log(folder) if line["step"] <= (validated if "score" in line else steps)]
        write_text(self.path, "".join(json.dumps(line) + "\n" for line in kept))

    def add(self, **line: Any) -> None:
        """Append a line; `step` is among what it says, `score` where it is a validation."""
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Read a training's log.

    Parameters
    ----------
    folder : Path
        The training's.

    Returns
    -------
    list of dict
        In order; without a last line that a kill has torn. Empty where there is no log.
    """
    path = folder / LOG
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]
