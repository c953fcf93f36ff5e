"""What the truth tells of and the results say nothing about: a number without it would look better than it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from livercad.core.ultrasound import UltrasoundFindings
from livercad.evaluation.cases import Skipped
from livercad.studies.ultrasound.folder import UltrasoundFolder
from livercad.studies.ultrasound.image import ListedImage

FAILURE = "error.json"
"""In the folder of a case that failed, in place of findings (`livercad.batch.failures`)."""


def without_opinion(truth: UltrasoundFolder, found: Sequence[UltrasoundFindings], results: Path) -> Iterator[Skipped]:
    """Name what is left out as nobody has said anything of it.

    Parameters
    ----------
    truth : UltrasoundFolder
        The images, of which those with a class or a mark count.
    found : sequence of UltrasoundFindings
        All that the results have.
    results : Path
        Their folder, for the reasons of failures.

    Yields
    ------
    Skipped
        Cases without a result, then single images of the others, then images that the truth itself cannot use.
    """
    asked = {opinion.image for findings in found for opinion in findings.opinions}
    read = {image.name for findings in found for image in findings.images}
    cases = {findings.case for findings in found}
    by_case: dict[str, list[ListedImage]] = {}
    for image in truth.images:
        by_case.setdefault(image.case, []).append(image)
    single: list[Skipped] = []
    for case, images in by_case.items():
        told = [image for image in images if image.kind or image.lesions]
        missing = [image for image in told if image.name not in asked]
        if case in cases or any(image.name in read for image in images):
            single += [Skipped(case, image.name, _reason(image, read)) for image in missing]
        elif missing:
            count = f"{len(missing)} image{'s' * (len(missing) > 1)}"
            yield Skipped(case, "case", f"{_failure(results / case)} ({count})")
    yield from single
    for problem in truth.problems:
        yield Skipped(problem.case, "image", problem.reason)


def _reason(image: ListedImage, read: set[str]) -> str:
    if image.name not in read:
        return "the results have no such image: it could not be read, or was not there"
    return "the model was not asked about it" + ("" if image.lesions else ": no lesion is marked on it")


def _failure(folder: Path) -> str:
    try:
        return f"it has failed: {json.loads((folder / FAILURE).read_bytes())['reason']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has a truth but no result"
