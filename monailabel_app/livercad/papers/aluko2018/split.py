"""Who is in training, validation and test: the data set's own split, or patients drawn in the paper's shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livercad.errors import InputError
from livercad.papers.aluko2018.published import PaperNumbers
from livercad.papers.aluko2018.settings import SplitBy
from livercad.studies.deeplesion.folder import DeepLesion
from livercad.studies.deeplesion.rows import Part

IMAGES_OF = {
    Part.TRAINING: PaperNumbers().training_images,
    Part.VALIDATION: PaperNumbers().validation_images,
    Part.TEST: PaperNumbers().test_images,
}
"""Section 3: the shares that patients are drawn in."""


def parts_of(data: DeepLesion, split: SplitBy, seed: int) -> tuple[dict[int, Part], str]:
    """Put every patient in a part.

    Parameters
    ----------
    data : DeepLesion
        The lesions that are used.
    split : SplitBy
        How.
    seed : int
        Of a split by patient.

    Returns
    -------
    parts : dict of int to Part
        By patient.
    told : str
        How they came about, for people.

    Raises
    ------
    InputError
        If the data set's own split is asked for, and there is none.
    """
    own = {row.patient: row.part for row in data.rows}
    known = {part for part in own.values() if part}
    enough = {Part.TRAINING, Part.TEST} <= known and None not in own.values()
    if split is SplitBy.OWN or (split is SplitBy.AUTO and enough):
        told = {patient: part for patient, part in own.items() if part}
        if len(told) < len(own):
            raise InputError(
                data.folder,
                found=f"{len(own) - len(told)} patients without Train_Val_Test",
                expected="the data set's own split",
                todo="Set data.split to patients.",
            )
        return told, "split: the data set's own, by patient"
    images: dict[int, int] = {}
    for key in data.slices:
        images[key.patient] = images.get(key.patient, 0) + 1
    patients = np.random.default_rng((seed, 2018)).permutation(sorted(images)).tolist()
    parts = _dealt(patients, images)
    because = "" if split is SplitBy.PATIENTS else ", because the table's own has none for training, or not for all"
    return parts, f"split: patients drawn in the paper's shares of images (84/7.5/8.5 %){because}"


def _dealt(patients: Sequence[int], images: dict[int, int]) -> dict[int, Part]:
    """Fill test, then validation, up to their shares, but leave a patient for training; the rest is training."""
    total, wanted = sum(images.values()), sum(IMAGES_OF.values())
    parts: dict[int, Part] = {}
    left = list(patients)
    for part in (Part.TEST, Part.VALIDATION):
        count = 0
        while len(left) > 1 and count < total * IMAGES_OF[part] / wanted - 0.5:
            parts[left[0]] = part
            count += images[left.pop(0)]
    if Part.TEST not in parts.values() and len(left) > 1:
        parts[left.pop(0)] = Part.TEST
    return parts | dict.fromkeys(left, Part.TRAINING)
