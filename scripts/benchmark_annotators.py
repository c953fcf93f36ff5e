"""What clients that label do, over HTTP, on copies of phantoms, and what they see of the server."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict

STRATEGIES = ("hybrid", "uncertainty")


@dataclass
class Measured:
    """What clients saw."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    """Case by annotator."""
    twice: list[str] = field(default_factory=list)
    submitted: dict[str, int] = field(default_factory=dict)
    """Version by case."""
    inferences: list[float] = field(default_factory=list)

    def ask(self, route: str, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response | None:
        """Send a request; None where it fails."""
        begun = time.perf_counter()
        try:
            answer = client.request(method, path, **more)
        except httpx.HTTPError as error:
            self.errors.append(f"{route}: {error!r}")
            return None
        self.seconds[route].append(time.perf_counter() - begun)
        if answer.status_code != 200:
            self.errors.append(f"{route}: {answer.status_code} {answer.text[:300]}")
            return None
        return answer


@dataclass(frozen=True)
class Phantoms:
    """What is known of the phantoms that the cases are copies of."""

    folder: Path

    def names(self) -> list[str]:
        """Names of the phantoms."""
        folders = (path for path in (self.folder / "studies").iterdir() if path.is_dir())
        return sorted(path.name for path in folders if not path.name.startswith("."))

    def label(self, name: str, file: Path) -> Path:
        """Write a phantom's true label map."""
        liver, lesions = (nib.load(self.folder / "truth" / name / f"{part}.nii.gz") for part in ("liver", "lesions"))
        inside = np.asarray(lesions.dataobj) > 0
        array = np.where(inside, 2, np.asarray(liver.dataobj) > 0).astype(np.uint8)
        nib.save(nib.Nifti1Image(array, liver.affine), file)
        return file

    def annotation(self, name: str, case: str, who: str) -> Annotation:
        """What somebody may say of a copy."""
        image = nib.load(self.folder / "truth" / name / "lesions.nii.gz")
        array, lesions = np.asarray(image.dataobj), []
        for number in np.unique(array[array > 0]):
            place = image.affine @ [*np.argwhere(array == number).mean(0), 1]
            center = (float(place[0]), float(place[1]), float(place[2]))
            lesions.append(AnnotatedLesion(int(number), Origin.ANNOTATOR, Verdict.ACCEPTED, center, 10.0))
        return Annotation(case, who, CaseState.COMPLETE, tuple(lesions), seconds=60.0)


class Annotator:
    """One client."""

    def __init__(self, number: int, address: str, phantoms: dict[str, dict[str, Any]], whose: dict[str, str]) -> None:
        self.name, self._address, self._sent, self._whose = f"annotator {number}", address, phantoms, whose
        self._rng = random.Random(number)

    def work(self, measured: Measured, until: float, pause_s: float, lock: threading.Lock) -> None:
        """Label case after case."""
        with httpx.Client(base_url=self._address, timeout=120) as client:
            while time.monotonic() < until:
                for step in (self._look, self._label, self._list):
                    step(client, measured, pause_s, lock)

    def _pause(self, pause_s: float) -> None:
        time.sleep(self._rng.uniform(0, 2 * pause_s))

    def _look(self, client: httpx.Client, measured: Measured, pause_s: float, lock: threading.Lock) -> None:
        measured.ask("info", client, "GET", "/info/")
        self._pause(pause_s)

    def _list(self, client: httpx.Client, measured: Measured, pause_s: float, lock: threading.Lock) -> None:
        measured.ask("list of cases", client, "GET", "/livercad/cases")
        self._pause(pause_s)

    def _label(self, client: httpx.Client, measured: Measured, pause_s: float, lock: threading.Lock) -> None:
        strategy = self._rng.choice(STRATEGIES)
        answer = measured.ask(
            "next sample", client, "POST", f"/activelearning/{strategy}", json={"annotator": self.name}
        )
        self._pause(pause_s)
        if answer is None or "id" not in answer.json():
            return
        case = answer.json()["id"]
        with lock:
            if measured.given.setdefault(case, self.name) != self.name:
                measured.twice.append(case)
        told = measured.ask("case", client, "GET", f"/livercad/cases/{case}")
        for image in told.json()["images"] if told else ():
            measured.ask("download", client, "GET", f"/livercad/cases/{case}/images/{image['name']}")
        self._pause(pause_s)
        sent = self._sent[self._whose[case]]
        annotation = {**sent["annotation"], "case": case, "annotator": self.name}
        answer = measured.ask(
            "submission",
            client,
            "PUT",
            f"/livercad/cases/{case}/submission",
            data={"annotation": json.dumps(annotation)},
            files={part: (f"{part}.nii.gz", sent[part]) for part in ("label", "instances")},
        )
        if answer:
            measured.submitted[case] = answer.json()["version"]
        self._pause(pause_s)
