"""An ultrasound case, a server that has it, and the module's logic on both: fixtures of the tests of ultrasound."""

from __future__ import annotations

import base64
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import (
    Doubt,
    ImageRead,
    Opinion,
    UltrasoundFindings,
    UltrasoundWarning,
    mean_probabilities,
)
from LiverCADLib.asking import Asking
from LiverCADLib.caseLoading import loadCase
from LiverCADLib.circleSubmitting import CircleSubmitting
from LiverCADLib.clientErrors import ConflictError, NotThereError
from LiverCADLib.pictures import circleFrom
from LiverCADLib.scene.circleEditor import CircleEditor
from LiverCADLib.scene.circleMarks import CircleMarks
from LiverCADLib.scene.pictureCase import PictureCase
from LiverCADLib.scene.pictureView import PictureView
from LiverCADLib.tasks import Task

CASE = "us-0007"
ROWS, COLUMNS = 90, 120
SPACING = 0.25, 0.25
LESIONS = [
    {"center": [40.5, 30.0], "diameter": 24.0, "class": "hcc"},
    {"center": [90.0, 60.0], "diameter": 12.0, "class": ""},
]
"""Of the first image; the second one has the first of them, the third has none."""


def pixels_of(name: str, shape: tuple[int, int] = (ROWS, COLUMNS)) -> np.ndarray:
    """Speckle with a bright mark in the upper left corner, so that any turn or mirror shows."""
    pixels = np.random.default_rng(sum(name.encode())).integers(20, 120, shape).astype(np.uint8)
    pixels[:6, :9] = 255
    return pixels


class UltrasoundServer:
    """Answers as `LiverCADLib.client.Client` does for an ultrasound case; keeps what is asked of it.

    Its models find a lesion the likelier malignant, the larger its diameter is; `qi2019` looks at whole images.
    """

    address, isLocal = "http://127.0.0.1:8000", True

    def __init__(self) -> None:
        self.images = [self.image("a", SPACING, LESIONS), self.image("b", None, LESIONS[:1])]
        self.images.append({**self.image("c", None, []), "class": "normal"})
        self.unusable: list[str] = []
        """Why further images of the case cannot be used."""
        self.asked: list[tuple[str, str, dict]] = []
        self.files: list[np.ndarray] = []
        self.submitted: list[tuple[str, dict]] = []
        self.versions: dict[str, int] = {}
        self.threads: set[int] = set()
        self.error: Exception | None = None
        self.fails_at = ""
        self.looks_at_all = False
        """Whether `ultrasound_lesion` answers for the image as a whole as well, and first, as the real one does."""
        self.sends_each = False
        """Whether a picture of what spoke for each answer is sent, where that is asked for."""

    @staticmethod
    def image(name: str, spacing: tuple[float, float] | None, lesions: list[dict]) -> dict:
        told = {"name": name, "rows": ROWS, "columns": COLUMNS, "frame": 1, "spacing_mm": spacing}
        return {**told, "lesions": lesions, "class": "", "version": 0, "annotator": ""}

    def cases(self) -> list[dict]:
        return [
            {"case": "case-1", "images": 3, "modality": "CT"},
            {"case": CASE, "images": len(self.images), "modality": "US"},
        ]

    def case(self, case: str) -> dict:
        self._come()
        return {"case": case, "modality": "US", "images": self.images, "unusable": self.unusable}

    def downloadPicture(self, case: str, image: str, target: Path, task: Any) -> Path:
        self._come()
        shape = next((each["rows"], each["columns"]) for each in self.images if each["name"] == image)
        sitk.WriteImage(sitk.GetImageFromArray(pixels_of(image, shape)), str(target))
        return target

    def infer(self, model: str, case: str, task: Any, params: dict, label: Any = None, file: Path | None = None):
        self._come()
        self.asked.append((model, case, params))
        if file is not None:
            self.files.append(sitk.GetArrayFromImage(sitk.ReadImage(str(file))))
        name = params.get("image_name", "image")
        circles = [None] if model == "qi2019" else [circleFrom(each) for each in params["circles"]]
        if self.looks_at_all and model == "ultrasound_lesion":
            circles = [None, *circles]
        findings = findings_of(case, name, circles, model)
        picture = b""
        if circles:
            picture = png(saliency_of(circles[-1]))
        about = {"title": "A network", "trained_on": "nothing"} if model == "ultrasound_lesion" else None
        problems = [] if circles else [f"Nothing to ask about on {name}."]
        told = {"findings": findings.to_dict(), "model": about, "problems": problems, "label_names": {}}
        if self.sends_each and params["each_saliency"]:
            told["each_saliency"] = [base64.b64encode(png(saliency_of(each))).decode() for each in circles]
        return told, picture, "saliency.png"

    def submitCircles(self, case: str, drawn: dict) -> dict:
        self._come()
        image = drawn["image"]
        if image == self.fails_at:
            raise NotThereError("There is no such image.", 404)
        if drawn.get("based_on", self.versions.get(image, 0)) != self.versions.get(image, 0):
            found = f"image {image!r}: found version {self.versions[image]} by bob"
            raise ConflictError(f"{found}; expected version {drawn['based_on']}, on which this is based.", 409)
        self.versions[image] = self.versions.get(image, 0) + 1
        self.submitted.append((case, drawn))
        return {"version": self.versions[image]}

    def _come(self) -> None:
        self.threads.add(threading.get_ident())
        if self.error:
            raise self.error


def probability(circle: Circle | None) -> float:
    """How likely the fake models find a lesion malignant."""
    return min(circle.diameter / 100, 1.0) if circle else 0.9


def saliency_of(circle: Circle | None) -> np.ndarray:
    """White in the middle of the circle, or in the image's lower right corner."""
    saliency = np.zeros((ROWS, COLUMNS), np.uint8)
    column, row = np.rint(circle.center).astype(int) if circle else (COLUMNS - 4, ROWS - 4)
    saliency[row - 3 : row + 4, column - 3 : column + 4] = 255
    return saliency


def findings_of(case: str, name: str, circles: list, model: str) -> UltrasoundFindings:
    """What the server says of one image."""
    opinions = []
    for circle in circles:
        if circle is None and model == "ultrasound_lesion":
            opinions.append(Opinion(name, None, {"mass": {"no mass": 0.3, "mass": 0.7}}))
            continue
        p = probability(circle)
        kinds = {"cyst": 0.1, "hemangioma": 0.9 - 0.9 * p, "hcc": 0.9 * p}
        opinions.append(Opinion(name, circle, {"malignant": {"benign": 1 - p, "malignant": p}, "type": kinds}))
    warnings = () if opinions else (UltrasoundWarning(Doubt.NO_CIRCLE, f"No lesion is marked on {name}."),)
    image = ImageRead(name, f"{name}.png", 1, (ROWS, COLUMNS), None, "")
    used = (ModelUsed(model, "1.0", "", "torch fp32"),)
    return UltrasoundFindings(case, (image,), tuple(opinions), mean_probabilities(opinions), warnings, used, "0.1.0")


def png(pixels: np.ndarray) -> bytes:
    """A PNG file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        sitk.WriteImage(sitk.GetImageFromArray(pixels), str(path))
        return path.read_bytes()


def connect(session: Any, server: UltrasoundServer) -> None:
    """Connect to the fake server."""
    session.client = server
    session.connected.emit(SimpleNamespace(address=server.address, version="0.1.0"))


class Ultrasound:
    """The module's logic with the ultrasound case open in the scene, connected to the fake server."""

    def __init__(self, case_scene: Any, session: Any, server: UltrasoundServer) -> None:
        self.session, self.server = session, server
        self.pictures = PictureCase(case_scene)
        self.view = PictureView(self.pictures)
        self.editor = CircleEditor(self.pictures)
        self.marks = CircleMarks(self.pictures, self.editor)
        self.asking = Asking(self.pictures, self.view, session)
        self.submitting = CircleSubmitting(self.pictures, session)

    def open(self, case: str = CASE) -> None:
        """Open the case as the section "Case" does."""
        self.pictures.open(loadCase(Task(), self.server, case), self.server.address)

    def wait(self) -> None:
        """Wait until no job is at work."""
        self.session.runner.wait()

    def close(self) -> None:
        """Let go of the scene."""
        self.submitting.close()
        self.marks.close()
        self.view.close()


@pytest.fixture
def server() -> UltrasoundServer:
    """A server with an ultrasound case."""
    return UltrasoundServer()


@pytest.fixture
def ultrasound(case_scene, session, server):
    """The case, open."""
    connect(session, server)
    made = Ultrasound(case_scene, session, server)
    made.open()
    yield made
    made.close()
