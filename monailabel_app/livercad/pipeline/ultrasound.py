"""The pipeline of ultrasound images: the images of one case in, one analysis out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad import __version__
from livercad.core.ultrasound import ImageRead, Opinion, UltrasoundFindings, mean_probabilities
from livercad.errors import InputError
from livercad.pipeline.clock import Clock
from livercad.pipeline.ultrasound_doubts import Asked, doubts_of
from livercad.progress import Progress, part, silent
from livercad.studies.candidates import Problem
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.reading import UnreadImage, read_all
from livercad.ultrasound.model import UltrasoundModel
from livercad.ultrasound.placing import is_on

READING = 0.3
"""Of the time, for the progress."""
NAMED = 3
"""Images that an error names."""


@dataclass(frozen=True)
class UltrasoundAnalysis:
    """The images of one case analysed.

    Parameters
    ----------
    findings : UltrasoundFindings
        The result in words and numbers.
    images : tuple of UltrasoundImage
        Those read, with their pixels, in the order of `UltrasoundFindings.images`.
    saliency : tuple of ndarray of float32, shape (rows, columns)
        Of each opinion, in the order of `UltrasoundFindings.opinions`, as `livercad.ultrasound.model.Answer` has it.
    problems : tuple of Problem
        Images that cannot be read, and circles that no model can be asked about.
    """

    findings: UltrasoundFindings
    images: tuple[UltrasoundImage, ...]
    saliency: tuple[npt.NDArray[np.float32], ...]
    problems: tuple[Problem, ...] = ()


def analyze_images(
    case: str, images: Sequence[ListedImage], model: UltrasoundModel, progress: Progress = silent
) -> UltrasoundAnalysis:
    """Ask a model about the images of one case.

    Parameters
    ----------
    case : str
        One patient's examination.
    images : sequence of ListedImage
        With the lesions that are marked on them, each name once.
    model : UltrasoundModel
        Asked about each image as a whole unless it needs circles, and about each marked lesion if it takes them.
    progress : Progress
        Told of every image; may raise Cancelled.

    Returns
    -------
    UltrasoundAnalysis
        Of the images that can be read; the others are among its problems.

    Raises
    ------
    InputError
        If no image can be read.
    """
    clock = Clock()
    with clock.step("read"):
        read, unread = read_all(images, part(progress, 0, READING))
    if not read:
        raise InputError(
            case,
            found=f"no image that can be read ({_reasons(unread)})" if unread else "no image",
            expected="one ultrasound image or more",
            todo="Mend or add images.",
        )
    asked, beyond = _what_to_ask(images, read, model)
    opinions, saliency = [], []
    with clock.step("model"):
        for number, (image, circle) in enumerate(asked):
            progress(READING + (1 - READING) * number / len(asked), 1, f"asking about {image.name}")
            answer = model(image.array, circle)
            opinions.append(Opinion(image.name, circle, answer.probabilities))
            saliency.append(answer.saliency)
    progress(1, 1, "done")
    findings = UltrasoundFindings(
        case=case,
        images=tuple(_record(image, model.learnt_images) for image in read),
        opinions=tuple(opinions),
        probabilities=mean_probabilities(opinions),
        warnings=doubts_of(read, {image.name for image in images if image.lesions}, asked, opinions, model),
        models=(model.used,),
        livercad_version=__version__,
        timings_s=clock.timings({}),
        learnt_from_phantoms=model.learnt_from_phantoms,
    )
    return UltrasoundAnalysis(findings, read, tuple(saliency), (*unread, *beyond))


def _reasons(unread: Sequence[UnreadImage]) -> str:
    more = len(unread) - NAMED
    return "; ".join(f"{each.image}: {each.found}" for each in unread[:NAMED]) + (f"; and {more} more" * (more > 0))


def _what_to_ask(
    listed: Sequence[ListedImage], read: Sequence[UltrasoundImage], model: UltrasoundModel
) -> tuple[list[Asked], list[Problem]]:
    """Lesions, or whole images, to ask about; and circles that show nothing of their image."""
    lesions = {image.name: image.lesions for image in listed}
    asked, problems = [], []
    for image in read:
        if not model.needs_circle:
            asked.append(Asked(image, None))
        for lesion in lesions[image.name] if model.takes_circle else ():
            if is_on(lesion.circle.box, image.shape):
                asked.append(Asked(image, lesion.circle))
            else:
                reason = f"{image.name}: the circle at {lesion.circle.center} lies beyond the image"
                problems.append(Problem(image.case, reason))
    return asked, problems


def _record(image: UltrasoundImage, learnt: frozenset[str] | None) -> ImageRead:
    learnt_from = None if learnt is None else image.sha256 in learnt
    return ImageRead(image.name, str(image.path), image.frame, image.shape, image.spacing_mm, image.sha256, learnt_from)
