"""From a patient's CT to images: which heights are taken, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.images import Image, Pixels
from livercad.papers.shah2021.preprocessing import Field, axial_images, preprocessed
from livercad.papers.shah2021.settings import PHASES, ImageSettings
from livercad.papers.shah2021.sources import Patient, PatientImages

ENDS = 0.04
"""Share of the liver's height that is left out above the first and below the last of the whole liver's images."""

Array = npt.NDArray[Any]


def images_of(patient: Patient, ct: PatientImages, settings: ImageSettings) -> tuple[list[Image], Pixels]:
    """Cut a patient's CT into images: those of lesions, then those of the whole liver.

    Parameters
    ----------
    patient : Patient
        Whose it is.
    ct : PatientImages
        Of any orientation.
    settings : ImageSettings
        How.

    Returns
    -------
    images : list of Image
        What each shows.
    pixels : Pixels
        In the same order.

    Raises
    ------
    InputError
        If no image shows a lesion as the paper wants it, or the liver's mask is empty.
    """
    phases = [phase for phase in PHASES if phase in ct.images]
    known = np.where(np.isin(ct.lesions.array, list(patient.lesions)), ct.lesions.array, 0)
    ct = replace(ct, lesions=ct.lesions.like(known.astype(np.uint8)))
    low, high = _extent(ct.liver)
    images: list[Image] = []
    parts: list[tuple[Array, Array, Array, Array]] = []
    for phase, heights in _with_lesions(ct, phases, settings).items():
        parts.append(_cut(ct, phase, heights, settings))
        images += [
            _image(patient, phase, height, lesions) for height, lesions in zip(heights, parts[-1][3], strict=True)
        ]
    margin = ENDS * (high - low)
    whole = np.linspace(low + margin, high - margin, settings.liver_images)
    for n, phase in enumerate(phases):
        heights = whole[n :: len(phases)].tolist()
        if heights:
            parts.append(_cut(ct, phase, heights, settings))
            images += [_image(patient, phase, height, None) for height in heights]
    hu, grey, liver, lesions = (np.concatenate([part[n] for part in parts]) for n in range(4))
    numbered = [image.model_copy(update={"number": n}) for n, image in enumerate(images)]
    return numbered, Pixels(grey, liver, lesions, hu[0])


def _image(patient: Patient, phase: Phase, height: float, lesions: Array | None) -> Image:
    there: dict[int, ShahClass] = {}
    if lesions is not None:
        areas = np.bincount(lesions.ravel())
        there = {int(n): patient.lesions[int(n)] for n in np.argsort(-areas, kind="stable") if n and areas[n]}
    return Image(
        patient=patient.name,
        person=patient.identity,
        part=patient.part,
        phase=phase,
        height_mm=round(height, 3),
        number=0,
        lesions=there,
    )


def _cut(
    ct: PatientImages, phase: Phase, heights: Sequence[float], settings: ImageSettings
) -> tuple[Array, Array, Array, Array]:
    volume = ct.images[phase]
    field = Field.of(volume, settings)
    hu = axial_images(volume, heights, field)
    liver = axial_images(_mask(ct.liver), heights, field, labels=True) > 0
    lesions = axial_images(ct.lesions, heights, field, labels=True).astype(np.uint8)
    grey = np.stack([preprocessed(image, settings) for image in hu])
    return np.rint(hu).astype(np.int16), grey, liver | (lesions > 0), lesions


def _with_lesions(ct: PatientImages, phases: Sequence[Phase], settings: ImageSettings) -> dict[Phase, list[float]]:
    """Heights of images with lesions that are large enough and not too large, evenly taken where there are many."""
    low, high = _extent(ct.lesions)
    steps = np.arange(np.floor(low / settings.slice_mm), np.ceil(high / settings.slice_mm) + 1) * settings.slice_mm
    usable: list[tuple[float, Phase]] = []
    for phase in phases:
        field = Field.of(ct.images[phase], settings)
        lesions = axial_images(ct.lesions, steps, field, labels=True)
        area = (lesions > 0).sum(axis=(1, 2))
        whole = ((axial_images(_mask(ct.liver), steps, field, labels=True) > 0) | (lesions > 0)).sum(axis=(1, 2))
        wanted = (area * field.pixel_mm**2 >= settings.smallest_mm2) & (area < settings.largest_share * whole)
        usable += [(float(height), phase) for height in steps[wanted]]
    if not usable:
        raise InputError(
            "the masks",
            found="no image that shows a lesion",
            expected=f"lesions of {settings.smallest_mm2:g} mm² or more that cover less than "
            f"{settings.largest_share:.0%} of the liver",
            todo="Leave the patient out of the table, or check the masks.",
        )
    usable.sort(key=lambda pair: (pair[0], PHASES.index(pair[1])))
    count = min(settings.lesion_images, len(usable))
    chosen = [usable[n] for n in np.round(np.linspace(0, len(usable) - 1, count)).astype(int)]
    return {phase: own for phase in phases if (own := [height for height, other in chosen if other is phase])}


def _extent(mask: Volume) -> tuple[float, float]:
    """Lowest and highest S of a liver or of lesions in mm."""
    where = np.argwhere(mask.array > 0)
    if not len(where):
        raise InputError("the masks", found="an empty one", expected="liver and lesions", todo="Check both files.")
    heights = transform_points(where, mask.affine)[:, 2]
    return float(heights.min()), float(heights.max())


def _mask(volume: Volume) -> Volume:
    return volume.like((volume.array > 0).astype(np.uint8))
