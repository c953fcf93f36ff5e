"""What files tell of boxes, and the images and scans that come of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from livercad.errors import InputError
from livercad.evaluation.boxes.model import BoxFrame, Corners, DetectedBox, ImageBoxes, TrueLesion
from livercad.evaluation.cases import Skipped

TODO = "Correct the file (docs/evaluation.md has its format)."


@dataclass(frozen=True)
class Told:
    """One row of a table, or one entry of a JSON file.

    Parameters
    ----------
    where : str
        For messages: ``line 5``, ``annotations.3``.
    image : str
        The 2-D image, or the scan of a 3-D box.
    corners : tuple of float or None
        None where the row tells only that there is such an image.
    score : float or None
        Of a detected box.
    diameter_mm : float or None
        Of a true lesion, where told.
    label, scan, patient : str
        Empty where not told.
    """

    where: str
    image: str
    corners: Corners | None = None
    score: float | None = None
    diameter_mm: float | None = None
    label: str = ""
    scan: str = ""
    patient: str = ""


@dataclass(frozen=True)
class ToldFile:
    """All that one file tells.

    Parameters
    ----------
    path : Path
        The file.
    frame : BoxFrame
        Of its boxes.
    entries : tuple of Told
        In the file's order.
    names : dict of int to str
        Image names by COCO's ids, where the file has such.
    labels : dict of int to str
        Names of categories by COCO's ids, likewise.
    """

    path: Path
    frame: BoxFrame
    entries: tuple[Told, ...]
    names: dict[int, str] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BoxSet:
    """Everything that an evaluation of detections starts from.

    Parameters
    ----------
    images : tuple of ImageBoxes
        By name.
    predictions, truth : Path
        Where they come from.
    patients_told : bool
        Whether somebody told whose the images are; else every scan, or image without a scan, counts as a patient.
    unmentioned : int
        Images of the truth that the predictions do not mention: nothing was detected there.
    left_out : tuple of Skipped
        Cases that could not be used, and why.
    is_phantom : bool
        Whether the truth is digital phantoms'.
    sources : dict of str to str
        Where the CT of a scan was when it was analysed, by scan, as its findings tell.
    """

    images: tuple[ImageBoxes, ...]
    predictions: Path
    truth: Path
    patients_told: bool
    unmentioned: int = 0
    left_out: tuple[Skipped, ...] = ()
    is_phantom: bool = False
    sources: dict[str, str] = field(default_factory=dict)


def assemble(predictions: ToldFile, truth: ToldFile) -> BoxSet:
    """Put predictions and truth together, image by image.

    Parameters
    ----------
    predictions, truth : ToldFile
        The truth tells which images there are, whose they are, and which scan's.

    Returns
    -------
    BoxSet
        Lesions of an image are numbered as the truth has them, from 1.

    Raises
    ------
    InputError
        If a prediction is of an image that the truth does not know, boxes have no score, no area or another frame, an
        image is told to be two patients', or the truth has no lesion.
    """
    if predictions.frame is not truth.frame:
        wrong(predictions.path, f"boxes in {_frame(predictions)}", f"boxes in {_frame(truth)}, as in {truth.path}")
    known = _images(truth)
    detected = _detected(predictions, truth, known)
    images = []
    for name, entries in sorted(known.items()):
        scan, patient = _first(truth, entries, "scan"), _first(truth, entries, "patient")
        lesions = [entry for entry in entries if entry.corners is not None]
        images.append(
            ImageBoxes(
                name,
                patient or scan or name,
                truth.frame,
                tuple(detected.get(name, ())),
                tuple(_lesion(truth, entry, number) for number, entry in enumerate(lesions, start=1)),
                scan,
            )
        )
    if not any(image.true for image in images):
        wrong(truth.path, "no lesion at all", "at least one true box, without which there is no sensitivity")
    _one_patient_a_scan(truth, images)
    mentioned = {entry.image for entry in predictions.entries}
    return BoxSet(
        images=tuple(images),
        predictions=predictions.path,
        truth=truth.path,
        patients_told=any(entry.patient for entry in truth.entries),
        unmentioned=len(known.keys() - mentioned),
    )


def wrong(path: Path, found: str, expected: str, todo: str = TODO) -> NoReturn:
    """Refuse a file; see `InputError` for the words."""
    raise InputError(path, found=found, expected=expected, todo=todo)


def _images(truth: ToldFile) -> dict[str, list[Told]]:
    known: dict[str, list[Told]] = {}
    for entry in truth.entries:
        known.setdefault(entry.image, []).append(entry)
    return known


def _detected(predictions: ToldFile, truth: ToldFile, known: dict[str, list[Told]]) -> dict[str, list[DetectedBox]]:
    detected: dict[str, list[DetectedBox]] = {}
    for entry in predictions.entries:
        if entry.image not in known:
            wrong(
                predictions.path,
                f"{entry.where} of '{entry.image}', which {truth.path} does not know",
                "images and scans of the truth only",
                "Name it as the truth does; if it has no lesion, tell the truth so (docs/evaluation.md).",
            )
        if entry.corners is None:
            continue
        if entry.score is None:
            wrong(predictions.path, f"no score in {entry.where}", "a number for each box, higher where it is surer")
        box = DetectedBox(entry.corners, entry.score, predictions.frame, entry.label)
        detected.setdefault(entry.image, []).append(box)
    return detected


def _lesion(truth: ToldFile, entry: Told, number: int) -> TrueLesion:
    assert entry.corners is not None
    half = truth.frame.dimensions
    if any(low == high for low, high in zip(entry.corners[:half], entry.corners[half:], strict=True)):
        wrong(truth.path, f"a box without area in {entry.where}: {entry.corners}", "the lesion's outer edges")
    return TrueLesion(entry.corners, truth.frame, entry.diameter_mm, entry.label, number)


def _first(truth: ToldFile, entries: Sequence[Told], what: str) -> str:
    """The scan or patient of an image, which must be told alike wherever it is told."""
    told = {getattr(entry, what): entry.where for entry in reversed(entries) if getattr(entry, what)}
    if len(told) > 1:
        (one, here), (other, there) = list(told.items())[:2]
        wrong(truth.path, f"{what} {one} ({here}) and {other} ({there}) for '{entries[0].image}'", f"one {what}")
    return next(iter(told), "")


def _one_patient_a_scan(truth: ToldFile, images: Sequence[ImageBoxes]) -> None:
    whose: dict[str, str] = {}
    for image in images:
        if image.scan and whose.setdefault(image.scan, image.patient) != image.patient:
            found = f"the patients {whose[image.scan]} and {image.patient} for scan '{image.scan}'"
            wrong(truth.path, found, "one patient for a scan")


def _frame(file: ToldFile) -> str:
    return "pixels (2-D)" if file.frame is BoxFrame.PIXELS else "RAS mm (3-D)"


def checked_corners(path: Path, where: str, corners: Sequence[float]) -> Corners:
    """Corners whose lower one lies below; see `wrong` for what happens to others.

    Parameters
    ----------
    path : Path
        The file.
    where : str
        The row or entry.
    corners : sequence of float, length 4 or 6
        Lower corner, then upper corner.

    Returns
    -------
    tuple of float
        The same.

    Raises
    ------
    InputError
        If a number is not finite, or the corners are in the wrong order.
    """
    half = len(corners) // 2
    if not all(math.isfinite(value) for value in corners):  # a corner and a width that are too large together
        wrong(path, f"a box that ends at no number in {where}: {tuple(corners)}", "finite numbers")
    for axis, low, high in _sides(corners, half):
        if low > high:
            wrong(path, f"{axis}0 = {low:g} above {axis}1 = {high:g} in {where}", "the lower corner first")
    return tuple(corners)


def _sides(corners: Sequence[float], half: int) -> Iterator[tuple[str, float, float]]:
    return zip("xyz"[:half], corners[:half], corners[half:], strict=True)
