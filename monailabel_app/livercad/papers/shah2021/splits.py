"""Training and test, by image as the paper divides them, and by patient ("Results")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from livercad.papers.shah2021.images import Image
from livercad.papers.shah2021.settings import Split
from livercad.papers.shah2021.sources import Part, Patient

Sides = npt.NDArray[np.bool_]
"""True where an image is for training, shape (images,)."""


def training_images(
    images: Sequence[Image], patients: Sequence[Patient], split: Split, share: float, seed: int
) -> Sides:
    """Divide images.

    Parameters
    ----------
    images : sequence of Image
        All of one kind (of the liver, or of lesions).
    patients : sequence of Patient
        Theirs.
    split : Split
        How.
    share : float
        For training, of images or of patients.
    seed : int
        Of what is drawn.

    Returns
    -------
    ndarray of bool, shape (images,)
        Which are for training.
    """
    if split is Split.IMAGE:
        order = np.random.default_rng((seed, 70)).permutation(len(images))
        return order < round(share * len(images))
    people = training_people(patients, share, seed)
    return np.array([image.person in people for image in images], bool)


def training_people(patients: Sequence[Patient], share: float, seed: int) -> set[str]:
    """Choose who is for training: as the data tell, else drawn within each class, at least one for each side.

    Parameters
    ----------
    patients : sequence of Patient
        All.
    share : float
        For training.
    seed : int
        Of what is drawn.

    Returns
    -------
    set of str
        Identities.
    """
    if any(patient.part for patient in patients):
        return {patient.identity for patient in patients if patient.part is not Part.TEST}
    kinds: dict[str, list[str]] = {}
    for patient in {each.identity: each for each in patients}.values():
        kinds.setdefault(patient.kind, []).append(patient.identity)
    rng = np.random.default_rng((seed, 71))
    chosen: set[str] = set()
    for kind in sorted(kinds):
        people = sorted(kinds[kind])
        count = min(max(1, round(share * len(people))), max(1, len(people) - 1))
        chosen |= {str(each) for each in rng.permutation(people)[:count]}
    everybody = {patient.identity for patient in patients}
    if chosen == everybody:  # one patient a class
        chosen.remove(sorted(chosen)[0])
    return chosen


def shared_share(images: Sequence[Image], training: Sides) -> float:
    """Share of the test images whose patient has images in training as well: what leaks."""
    known = {image.person for image, taken in zip(images, training, strict=True) if taken}
    test = [image for image, taken in zip(images, training, strict=True) if not taken]
    return sum(image.person in known for image in test) / len(test) if test else 0.0
