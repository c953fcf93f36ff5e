"""What lies in the folders of a server, read with nothing of the server's code."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from safetensors.numpy import load_file

MODEL = "lesion-classes-phantom"
TEMPORARY = re.compile(r"\.[0-9a-f]{12}\..+|\.[0-9a-f]{32}")
RELEASES = ("promotion", "rollback")


@dataclass(frozen=True)
class Label:
    """One version of a case's label, with what was submitted beside it; None for a stock client's."""

    file: Path
    annotation: dict[str, Any] | None
    instances: Path | None

    def maps(self) -> tuple[np.ndarray, np.ndarray | None]:
        label = np.asarray(nib.load(self.file).dataobj)
        return label, None if self.instances is None else np.asarray(nib.load(self.instances).dataobj)


class Left:
    """What is there now; read when it is asked for, and once."""

    def __init__(self, folder: Path) -> None:
        self.studies, self.models = folder / "studies", folder / "models"
        self.learning = self.studies / ".livercad" / "learning"

    @cached_property
    def labels(self) -> dict[tuple[str, int], Label]:
        """By case and version."""
        place = self.studies / "labels" / "final"
        found = {}
        for record in place.glob("history/*/[0-9]*.json"):
            told = json.loads(record.read_text())
            found[record.parent.name, int(record.stem)] = self._label(place, record.with_name(told["file"]), told)
        for case, entry in json.loads((self.studies / "datastore_v2.json").read_text())["objects"].items():
            if told := entry["labels"].get("final"):
                found[case, told["info"]["version"]] = self._label(place, place / f"{case}{told['ext']}", told)
        return found

    def _label(self, place: Path, file: Path, told: dict[str, Any]) -> Label:
        if "submission" not in told["info"]:
            return Label(file, None, None)
        case = file.parent.name if file.parent.parent.name == "history" else file.name.partition(".")[0]
        folder = place / "submissions" / case / told["info"]["submission"]["folder"]
        annotation = json.loads((folder / "annotation.json").read_text())
        return Label(file, annotation, folder / "instances.nii.gz")

    @cached_property
    def audit(self) -> list[dict[str, Any]]:
        """Every line, the oldest first; a line that is none is an error."""
        files = [*sorted(self.learning.glob("audit-*.jsonl")), self.learning / "audit.jsonl"]
        return [record for file in files for record in lines_of(file)]

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [record for record in self.audit if record["event"] in kinds]

    @cached_property
    def sides(self) -> dict[str, str]:
        """Of each case; the first word is the last."""
        found: dict[str, str] = {}
        for record in lines_of(self.learning / "pool.jsonl"):
            found.setdefault(record["case"], record["side"])
        return found

    @cached_property
    def reservations(self) -> list[dict[str, Any]]:
        return lines_of(self.learning / "reservations.jsonl")

    @cached_property
    def champion(self) -> dict[str, Any]:
        file = self.models / MODEL / "champion.json"
        return json.loads(file.read_text()) if file.exists() else {"champion": {"number": 0}, "former": []}

    @cached_property
    def registered(self) -> dict[int, str]:
        """SHA-256 of every version's weights, as MLflow's database has it."""
        rows = self._sql("select version, value from model_version_tags where name = ? and key = 'sha256'")
        return {int(version): sha256 for version, sha256 in rows}

    @cached_property
    def alias(self) -> int:
        """The version that MLflow calls the champion; 0 for none."""
        rows = self._sql("select version, alias from registered_model_aliases where name = ?")
        return int(rows[0][0]) if rows else 0

    def _sql(self, question: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.models / 'mlflow' / 'mlflow.db'}?mode=ro", uri=True) as database:
            return database.execute(question, (MODEL,)).fetchall()

    @cached_property
    def trainings(self) -> list[tuple[Path, dict[str, Any]]]:
        files = self.learning.glob("trainings/*/training.json")
        return sorted((file.parent, json.loads(file.read_text())) for file in files)

    def problems(self) -> Iterator[str]:
        """What is not in step."""
        labels = Counter((record["case"], record["version"]) for record in self.events("submission"))
        yield from (f"a submission is recorded {labels[key]} times: {key}" for key in labels if labels[key] != 1)
        if labels.keys() != self.labels.keys():
            yield f"recorded only, or saved only: {labels.keys() ^ self.labels.keys()}"
        newest: dict[str, list[int]] = {}
        for case, number in sorted(self.labels):
            newest.setdefault(case, []).append(number)
        yield from (f"{case}: {got}" for case, got in newest.items() if got != list(range(1, len(got) + 1)))
        assigned = [(record["case"], record["side"]) for record in self.events("assigned")]
        if sorted(assigned) != sorted(self.sides.items()):
            yield f"sides {set(assigned) ^ set(self.sides.items())}"
        if newest.keys() - self.sides.keys():
            yield f"without a side: {newest.keys() - self.sides.keys()}"
        yield from self._problems_of_releases()
        yield from self._problems_of_trainings()
        for root in (self.studies, self.models):
            yield from (f"left: {path}" for path in root.rglob(".*") if TEMPORARY.fullmatch(path.name))

    def _problems_of_releases(self) -> Iterator[str]:
        reigns = [reign for reign in (*self.champion["former"], self.champion["champion"]) if reign["number"]]
        for reign in reigns:
            if self.registered.get(reign["number"]) != reign["sha256"]:
                yield f"MLflow does not know of {reign}"
            copy = self.models / MODEL / "champions" / f"{reign['sha256']}.safetensors"
            if not copy.exists() or hash_of(copy) != reign["sha256"]:
                yield f"without its weights: {reign}"
        number = self.champion["champion"]["number"]
        if self.alias != number:
            yield f"{self.alias} is called champion in place of {number}"
        told = self.events(*RELEASES)
        if (told[-1]["version"] if told else 0) != number:
            yield f"version {number} is in use, and recorded last is {told[-1:]}"
        if len({record["since"] for record in told}) != len(told):
            yield "a release is recorded twice"

    def _problems_of_trainings(self) -> Iterator[str]:
        for folder, training in self.trainings:
            events = [record["event"] for record in self.audit if record.get("training") == training["id"]]
            if events.count("training_started") > 1 or (events and events[0] != "training_started"):
                yield f"{training['id']}: {events}"
            if ("training_ended", "training_ended") in pairwise(events):
                yield f"{training['id']} has ended twice: {events}"
            if training["stage"] not in ("running", "trained") and events[-1:] != ["training_ended"]:
                yield f"{training['id']} is {training['stage']}: {events}"
            if not (folder / "cases.json").exists():
                yield f"{training['id']} has no cases"


def hash_of(weights: Path) -> str:
    """As the registry of models has it: names, kinds, shapes and values of all tensors."""
    stat = weights.stat()
    return _hash_of(weights, stat.st_ino, stat.st_mtime_ns)


@cache
def _hash_of(weights: Path, *_: int) -> str:
    whole = hashlib.sha256()
    for name, tensor in sorted(load_file(weights).items()):
        whole.update(f"{name} {tensor.dtype.str} {tensor.shape}\n".encode())
        whole.update(np.ascontiguousarray(tensor).tobytes())
    return whole.hexdigest()


def lines_of(file: Path) -> list[dict[str, Any]]:
    """Records of a file of JSON lines, which ends with a whole one."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    assert not text or text.endswith("\n"), f"{file} ends with half a line"
    return [json.loads(line) for line in text.splitlines()]
