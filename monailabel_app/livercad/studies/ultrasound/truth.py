"""What is true of a case: whether it has a mass, and of which classes its lesions are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livercad.core.ultrasound import MASSES, NORMAL
from livercad.studies.ultrasound.image import ListedImage


@dataclass(frozen=True)
class CaseTruth:
    """What table, masks or circles say of a case.

    Parameters
    ----------
    mass : bool or None
        Whether there is one on any image; None where some image may have one and none is known to.
    classes : tuple of str
        Of its lesions, each once, by name; empty where there is none, or nobody tells.
    """

    mass: bool | None
    classes: tuple[str, ...]


def truth_of_case(images: Iterable[ListedImage]) -> CaseTruth:
    """Say what is true of a case: its lesions count, and images without a mass say nothing of these.

    Parameters
    ----------
    images : iterable of ListedImage
        Of one case.

    Returns
    -------
    CaseTruth
        No mass only where every image is known to have none.
    """
    own = list(images)
    masses = [image.shows_mass for image in own]
    marked = {lesion.kind or image.kind for image in own for lesion in image.lesions}
    unmarked = {image.kind for image in own if image.shows_mass and not image.lesions}
    mass = True if True in masses else None if None in masses or not own else False
    return CaseTruth(mass, tuple(sorted((marked | unmarked) - NORMAL - {"", MASSES[1]})))
