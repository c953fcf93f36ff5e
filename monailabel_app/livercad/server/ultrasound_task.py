"""The infer tasks on ultrasound images: class probabilities, and where on the image they come from."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from livercad.core.ultrasound import MODALITY
from livercad.errors import InputError
from livercad.pipeline.ultrasound import UltrasoundAnalysis
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport, report_on
from livercad.progress import Progress
from livercad.server.flat_images import flat_image, png_of
from livercad.server.flat_reports import DEFAULT, FlatReports, key_of
from livercad.server.jobs import current_progress
from livercad.server.marks import read_marks
from livercad.server.paper_task import LateTask
from livercad.studies.atomic import write_bytes
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.reading import read_header
from livercad.ultrasound.model import UltrasoundModel

YAMAKAWA, QI = "yamakawa2020", "qi2019"
DESCRIPTIONS = {
    DEFAULT: "Ultrasound images: the class of each lesion that a circle marks, by the default model",
    YAMAKAWA: "Ultrasound images: the class of each lesion that a circle marks, by the network of Yamakawa 2020",
    QI: "Ultrasound images: benign or malignant, by the networks of Qi 2019",
}
SHOWN = 80
"""Characters of what was found."""


class UltrasoundTask(LateTask[UltrasoundModel]):
    """Asks a model of ultrasound images about the lesions marked on the images of a case, or about whole images.

    Parameters
    ----------
    name : str
        One of `DESCRIPTIONS`.
    load : callable
        Makes the model; raises ModelError where there is none. It is asked again until there is one.
    reports : FlatReports
        Keeps what was said of whole cases.
    """

    modality = MODALITY

    def __init__(self, name: str, load: Callable[[], UltrasoundModel], reports: FlatReports) -> None:
        super().__init__(InferType.CLASSIFICATION, {}, 2, DESCRIPTIONS[name], load)
        self.name = name
        self._reports = reports
        self._asking = threading.Lock()

    def info(self) -> dict[str, Any]:
        """Return what MONAI Label tells of a task, the modality, and what the model is once it is there."""
        told = {**super().info(), "modality": self.modality}
        return told if told["problem"] else {**told, "model": _about(self._loaded())}

    def __call__(self, request: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """Ask about ``request["study"]``, an `ImageCase`; the file is made in ``request["folder"]``.

        ``image_name`` in the request chooses an image, ``circles`` stand in place of those that the case has;
        ``each_saliency`` asks for a picture of every opinion. Where ``image`` is a case's name, the case is one of the
        studies folder, and what is said of the whole of it is kept.

        Returns
        -------
        tuple of str or None and dict
            A PNG of 8 bits of grey, on the grid of the first image that there is an opinion about: how much each pixel
            spoke for the more probable class, 255 the most, the strongest of all lesions of that image, or for the
            image as a whole where no lesion was asked about; None without an opinion. And JSON: `findings`,
            `saliency` (the name of that image, or null), `model`, `problems` (images and circles that could not be
            asked about), `label_names` (empty), `latencies` in seconds; with ``each_saliency`` also `each_saliency`, a
            PNG in base64 for each opinion of the findings.

        Raises
        ------
        ModelError
            If there is no model: before any image is read.
        InputError
            If a circle is wrong, or no image can be read.
        UnknownNameError
            If there is no such image.
        """
        start = time.perf_counter()
        model = self._loaded()
        case: ImageCase = request["study"]
        of_each = _wants_each(request)
        images = _images_asked_about(case, request)
        is_stored = isinstance(request.get("image"), str)
        if is_stored:
            self._reports.note(self.name, case.case)
        if is_stored and images == case.images:
            report = self.report_of(case, current_progress())
        else:
            report = self._ask(replace(case, images=images, unusable=()), current_progress())
        analysis = report.analysis
        shown, file = _write_saliency(analysis, Path(request["folder"]))
        latencies = {**analysis.findings.timings_s, "total": round(time.perf_counter() - start, 3)}
        return file, {
            "findings": analysis.findings.to_dict(),
            "saliency": shown,
            "model": _about(model),
            "problems": [problem.reason for problem in analysis.problems],
            "label_names": {},
            "latencies": latencies,
            **({"each_saliency": [_in_base64(each) for each in analysis.saliency]} if of_each else {}),
        }

    def at_hand(self, case: ImageCase) -> UltrasoundReport | None:
        """What `report_of` would return, if this was the latest case and nothing has changed since."""
        return self._reports.at_hand(key_of(self.name, case))

    def report_of(self, case: ImageCase, progress: Progress) -> UltrasoundReport:
        """Ask about a whole case of the studies folder, unless the latest answer is just that.

        Parameters
        ----------
        case : ImageCase
            All of its images, with the lesions marked.
        progress : Progress
            Told of every image.

        Returns
        -------
        UltrasoundReport
            As `livercad analyze` makes it.

        Raises
        ------
        ModelError
            If there is no model.
        InputError
            If no image can be read.
        """
        key = key_of(self.name, case)
        report = self._reports.at_hand(key)
        if report is None:
            report = self._ask(case, progress)
            self._reports.keep(key, report)
        return report

    def _ask(self, case: ImageCase, progress: Progress) -> UltrasoundReport:
        model = self._loaded()
        with self._asking:  # what explains a network is not made for two threads
            return report_on(case, model, progress)


def ultrasound_tasks(load: Callable[[str], UltrasoundModel], reports: FlatReports) -> dict[str, InferTask]:
    """Make the tasks.

    Parameters
    ----------
    load : callable
        Makes the model of a task from its name; raises ModelError where there is none.
    reports : FlatReports
        Keeps what they say of whole cases.

    Returns
    -------
    dict of str to InferTask
        By name.
    """
    return {name: UltrasoundTask(name, partial(load, name), reports) for name in DESCRIPTIONS}


def _about(model: UltrasoundModel) -> dict[str, Any]:
    return {
        "title": model.title,
        "trained_on": model.trained_on,
        "learnt_from_phantoms": model.learnt_from_phantoms,
        "needs_circle": model.needs_circle,
        "takes_circle": model.takes_circle,
        "questions": {str(question): list(classes) for question, classes in model.questions.items()},
    }


def _images_asked_about(case: ImageCase, request: dict[str, Any]) -> tuple[ListedImage, ...]:
    """The images that a request chooses, with the circles that it gives."""
    name, images = request.get("image_name"), case.images
    if name is not None:
        images = (flat_image(case, name if isinstance(name, str) else repr(name)[:SHOWN]),)
    circles = request.get("circles")
    if circles is None:
        return images
    if len(images) > 1:
        raise InputError(
            "circles",
            found=f"no image_name beside them, and {len(images)} images in case {case.case!r}",
            expected=f"one of them: {', '.join(image.name for image in images[:8])}{', …' if len(images) > 8 else ''}",
            todo="Send image_name.",
        )
    (image,) = images
    return (replace(image, lesions=read_marks(circles, image.name, read_header(image.path).shape), masks=()),)


def _write_saliency(analysis: UltrasoundAnalysis, folder: Path) -> tuple[str | None, str | None]:
    """Write the saliency of the first image that there is an opinion about; its name, and the file."""
    opinions = analysis.findings.opinions
    if not opinions:
        return None, None
    name = opinions[0].image
    own = [each for each in zip(opinions, analysis.saliency, strict=True) if each[0].image == name]
    of_lesions = [saliency for opinion, saliency in own if opinion.circle]
    strongest = np.max(of_lesions or [saliency for _, saliency in own], axis=0)
    file = folder / f"{uuid.uuid4().hex}.png"
    write_bytes(file, _png(strongest))
    return name, str(file)


def _wants_each(request: dict[str, Any]) -> bool:
    wish = request.get("each_saliency", False)
    if not isinstance(wish, bool):
        found, todo = repr(wish)[:SHOWN], "Mend the request (docs/server.md)."
        raise InputError("each_saliency", found=found, expected="true or false", todo=todo)
    return wish


def _png(strength: npt.NDArray[np.float32]) -> bytes:
    """Saliency in [0, 1], shape (rows, columns), as a picture: the strongest 255."""
    return png_of(np.rint(255 * strength).astype(np.uint8))


def _in_base64(strength: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(_png(strength)).decode("ascii")
