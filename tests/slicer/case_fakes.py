"""A server's answers about small cases, without a server."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from livercad.core.volume import Volume
from LiverCADLib.clientErrors import ConflictError, NotThereError
from LiverCADLib.imageFiles import writeVolume

SHAPE = (24, 20, 10)
OBLIQUE, _ = np.linalg.qr(np.array([[-1.0, 0.2, 0.1], [0.2, 1.0, 0.1], [0.0, -0.1, 1.0]]))
OBLIQUE *= np.sign(np.diag(OBLIQUE)) * [-1, 1, 1]


def affine(left_handed: bool = True) -> np.ndarray:
    """An oblique grid of 2 × 2 × 4 mm; left-handed, as most CT in NIfTI is."""
    grid = np.eye(4)
    grid[:3, :3] = OBLIQUE * [2.0, 2.0 if left_handed else -2.0, 4.0]
    grid[:3, 3] = 20.0, -30.0, 100.0
    return grid


def make_volume(seed: int, left_handed: bool = True) -> Volume:
    """Noise, so that any mix-up of axes or files shows."""
    voxels = np.random.default_rng(seed).integers(-100, 200, SHAPE).astype(np.int16)
    return Volume(voxels, affine(left_handed))


def image_answer(name: str, phase: str | None, told_by: str = "name", **more) -> dict:
    """An image as the server tells of it."""
    told = {"name": name, "phase": phase, "told_by": told_by, "probabilities": {}, "is_unsure": False}
    return {**told, "is_reference": False, "bytes": 0, "path": "", **more}


class FakeClient:
    """Answers as `LiverCADLib.client.Client` does, from a folder of files; counts what is asked of it.

    Parameters
    ----------
    folder : Path
        Where the images lie.
    """

    address = "http://127.0.0.1:8000"

    def __init__(self, folder: Path, is_local: bool = True) -> None:
        self.folder, self.isLocal = folder, is_local
        self.volumes = {name: make_volume(seed) for seed, name in enumerate(("first", "second", "third"))}
        for name, volume in self.volumes.items():
            writeVolume(volume, folder / f"{name}.nii.gz")
        self.answers = [
            image_answer("first", "unenhanced"),
            image_answer("second", "arterial", "image", probabilities={"arterial": 0.52, "delayed": 0.48}),
            image_answer("third", "portal", "image", probabilities={"portal": 0.97, "delayed": 0.03}),
        ]
        self.answers[1]["is_unsure"] = True
        self.answers[2]["is_reference"] = True
        self.is_analysed = False
        self.next: dict = {"id": "case-1", "why": "Chosen by first."}
        self.sent: list[dict] = []
        self.uploaded: list[tuple] = []
        self.downloads: list[str] = []
        self.error: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()

    def images(self) -> list[dict]:
        told = []
        for answer in self.answers:
            file = self.folder / f"{answer['name']}.nii.gz"
            told.append({**answer, "bytes": file.stat().st_size, "path": str(file) if self.isLocal else ""})
        return told

    def cases(self) -> list[dict]:
        self._come()
        cases = [{"case": "case-1", "images": 3}]
        cases += [{"case": "case-2", "images": 3, "state": "complete", "has_label": True, "annotator": "ann"}]
        cases += [{"case": "other 3", "images": 3, "state": "needs_review", "has_label": True, "annotator": "bob"}]
        return cases

    def case(self, case: str) -> dict:
        self._come()
        return {"case": case, "version": 2 if case == "case-2" else 0, "images": self.images()}

    def nextCase(self, strategy: str, annotator: str = "", skipped: str = "") -> dict:
        self._come()
        self.sent.append({"strategy": strategy, "annotator": annotator, **({"skip": skipped} if skipped else {})})
        return self.next

    def recognizePhases(self, case: str, task) -> list[dict]:
        self._come()
        return self.images()

    def setPhases(self, case: str, phases: dict) -> list[dict]:
        self._come()
        self.sent.append(dict(phases))
        for answer in self.answers:
            if answer["name"] in phases:
                answer.update(phase=phases[answer["name"]], told_by="annotator")
        return self.images()

    def downloadImage(self, case: str, image: str, folder: Path, task, registered: bool = False) -> Path:
        while not self.hold.wait(0.01):
            task.check()
        self._come()
        if registered and not self.is_analysed:
            raise ConflictError("Analyse the case first.", 409)
        task.report(0.5, f"Downloading {image}")
        self.downloads.append(image)
        target = folder / f"{image}.nii.gz"
        source = "third" if registered else image
        target.write_bytes((self.folder / f"{source}.nii.gz").read_bytes())
        return target

    def downloadTransform(self, case: str, image: str, target: Path, task) -> Path:
        self._come()
        if not self.is_analysed:
            raise ConflictError("Analyse the case first.", 409)
        displacement = np.zeros((4, 4, 4, 3), np.float32)
        displacement[..., 2] = 6.0
        np.savez(target, displacement_mm=displacement, affine=np.diag([30.0, 30.0, 30.0, 1.0]))
        return target

    def infer(self, model: str, case: str, task, params=None, label=None):
        self._come()
        assert model == "liver_cad"
        self.is_analysed = True
        return {}, b"", ""

    def uploadCase(self, case: str, files: list[Path], phases: dict, task) -> str:
        self._come()
        if case == "taken":
            raise ConflictError("There is a case taken already.", 409)
        self.uploaded.append((case, {file.name: file.read_bytes() for file in files}, phases))
        self.answers = []
        for file in files:
            (self.folder / file.name).write_bytes(file.read_bytes())
            self.answers.append(image_answer(file.name.removesuffix(".nii.gz"), phases[file.name], "table"))
        self.answers[-1]["is_reference"] = True
        return case

    def missing(self) -> None:
        """Answer everything with 404 from now on."""
        self.error = NotThereError("There is no case of this name.", 404)

    def _come(self) -> None:
        if self.error:
            raise self.error
