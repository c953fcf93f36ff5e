"""Images and scans with what was detected in them and what is truly there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Corners = tuple[float, ...]
"""The lower corner, then the upper: (x0, y0, x1, y1) or (x0, y0, z0, x1, y1, z1)."""


class BoxFrame(StrEnum):
    """What a box's coordinates mean."""

    PIXELS = "pixels"
    """Of a 2-D image: x to the right, y down, from the outer corner of the first pixel; pixel i spans i to i + 1."""
    RAS = "RAS"
    """Of a scan, in mm: to the right, to the front, to the head of the patient."""

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return 2 if self is BoxFrame.PIXELS else 3


@dataclass(frozen=True)
class DetectedBox:
    """A box that a detector drew.

    Parameters
    ----------
    corners : tuple of float, length 4 or 6
        Lower corner, then upper corner, at the outer edges of the pixels or voxels. A box without area is allowed: it
        hits nothing by IoU or IoBB.
    score : float
        How sure the detector is; higher is surer, any finite number.
    frame : BoxFrame
        What the coordinates mean.
    label : str
        What the detector takes it for; empty where it says nothing.
    in_lesion : int or None
        `TrueLesion.number` of the lesion whose mask holds the box's centre, 0 where no mask holds it; None where the
        truth has no masks (`livercad.evaluation.boxes.of_findings.with_centres` fills it in).

    Raises
    ------
    ValueError
        If the corners are too few or many, in the wrong order or not finite, or the score is not finite.
    """

    corners: Corners
    score: float
    frame: BoxFrame
    label: str = ""
    in_lesion: int | None = None

    def __post_init__(self) -> None:
        _check(self.corners, self.frame)
        if not np.isfinite(self.score):
            raise ValueError(f"A score must be a finite number, not {self.score}.")

    @property
    def centre(self) -> tuple[float, ...]:
        """Middle of the box, in its frame."""
        return _centre(self.corners)


@dataclass(frozen=True)
class TrueLesion:
    """A lesion that is there.

    Parameters
    ----------
    corners : tuple of float, length 4 or 6
        Lower corner, then upper corner, at the outer edges of the pixels or voxels.
    frame : BoxFrame
        What the coordinates mean.
    diameter_mm : float or None
        Longest axial diameter in mm, for the strata of size; None where it is not known.
    label : str
        What it is; empty where nothing is said.
    number : int
        Its value in the map of instances, or its place in the table, from 1; unlike in one image. 0 where none is told.

    Raises
    ------
    ValueError
        If the corners are too few or many, in the wrong order or not finite.
    """

    corners: Corners
    frame: BoxFrame
    diameter_mm: float | None = None
    label: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        _check(self.corners, self.frame)

    @property
    def centre(self) -> tuple[float, ...]:
        """Middle of the box, in its frame."""
        return _centre(self.corners)


@dataclass(frozen=True)
class ImageBoxes:
    """One image or scan: what was detected and what is there. Those without any lesion count as well.

    Parameters
    ----------
    name : str
        Of the 2-D image, or of the scan.
    patient : str
        Whose it is; patients are what intervals draw.
    frame : BoxFrame
        Of all its boxes: `BoxFrame.PIXELS` of a 2-D image, `BoxFrame.RAS` of a scan.
    detected : tuple of DetectedBox
        In any order.
    true : tuple of TrueLesion
        Empty where there is none.
    scan : str
        The scan that a 2-D image is a slice of; empty where it is not known. A scan's own name otherwise.

    Raises
    ------
    ValueError
        If a box has another frame.
    """

    name: str
    patient: str
    frame: BoxFrame
    detected: tuple[DetectedBox, ...] = ()
    true: tuple[TrueLesion, ...] = ()
    scan: str = ""

    def __post_init__(self) -> None:
        frames = {box.frame for box in self.detected} | {lesion.frame for lesion in self.true}
        if frames - {self.frame}:
            raise ValueError(f"All boxes of {self.name} must be in its own frame, {self.frame}.")
        if self.frame is BoxFrame.RAS and not self.scan:
            object.__setattr__(self, "scan", self.name)

    @classmethod
    def from_arrays(
        cls,
        name: str,
        patient: str,
        frame: BoxFrame,
        *,
        detected: npt.ArrayLike,
        scores: npt.ArrayLike,
        true: npt.ArrayLike,
        diameters_mm: Sequence[float | None] | None = None,
        scan: str = "",
    ) -> ImageBoxes:
        """Make one from the arrays of a detector.

        Parameters
        ----------
        name, patient, frame, scan
            As above.
        detected : array_like, shape (P, 4) or (P, 6)
            Lower corner, then upper corner, of every detected box, as torchvision and MONAI's standard mode give them.
        scores : array_like, shape (P,)
            Their scores.
        true : array_like, shape (T, 4) or (T, 6)
            Those of the true lesions, which are numbered from 1.
        diameters_mm : sequence of float, length T, optional
            Longest axial diameters of the true lesions in mm.

        Returns
        -------
        ImageBoxes
            With Python's own numbers.

        Raises
        ------
        ValueError
            If lengths do not agree, or a box or score is wrong.
        """
        sides = 2 * frame.dimensions
        boxes, values = np.asarray(detected, dtype=float).reshape(-1, sides), np.asarray(scores, dtype=float).ravel()
        lesions = np.asarray(true, dtype=float).reshape(-1, sides)
        sizes = [None] * len(lesions) if diameters_mm is None else list(diameters_mm)
        return cls(
            name,
            patient,
            frame,
            tuple(
                DetectedBox(tuple(box.tolist()), float(score), frame) for box, score in zip(boxes, values, strict=True)
            ),
            tuple(
                TrueLesion(tuple(box.tolist()), frame, None if size is None else float(size), number=number)
                for number, (box, size) in enumerate(zip(lesions, sizes, strict=True), start=1)
            ),
            scan,
        )


def only_label(images: Sequence[ImageBoxes], label: str) -> tuple[ImageBoxes, ...]:
    """The same images with the boxes and lesions of one label, to score it by itself.

    Parameters
    ----------
    images : sequence of ImageBoxes
        With labels.
    label : str
        Which.

    Returns
    -------
    tuple of ImageBoxes
        All images: those without such a lesion still count.
    """
    return tuple(
        replace(
            image,
            detected=tuple(box for box in image.detected if box.label == label),
            true=tuple(lesion for lesion in image.true if lesion.label == label),
        )
        for image in images
    )


def above(images: Sequence[ImageBoxes], threshold: float | None) -> tuple[ImageBoxes, ...]:
    """The same images with the boxes of a score or more.

    Parameters
    ----------
    images : sequence of ImageBoxes
        With all boxes.
    threshold : float or None
        The lowest score; None where no box is taken.

    Returns
    -------
    tuple of ImageBoxes
        All images.
    """
    return tuple(
        replace(
            image, detected=tuple(box for box in image.detected if threshold is not None and box.score >= threshold)
        )
        for image in images
    )


def _check(corners: Corners, frame: BoxFrame) -> None:
    half = frame.dimensions
    if len(corners) != 2 * half:
        raise ValueError(f"A box in {frame} has {2 * half} coordinates, not {len(corners)}.")
    if not np.isfinite(corners).all():
        raise ValueError(f"A box's coordinates must be finite numbers, not {corners}.")
    if any(low > high for low, high in zip(corners[:half], corners[half:], strict=True)):
        raise ValueError(f"A box's lower corner must not lie above its upper corner: {corners}.")


def _centre(corners: Corners) -> tuple[float, ...]:
    half = len(corners) // 2
    return tuple((low + high) / 2 for low, high in zip(corners[:half], corners[half:], strict=True))
