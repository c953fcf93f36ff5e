"""Whether a model is judged on images that it has learnt from, as far as its record tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livercad.core.ultrasound import UltrasoundFindings


@dataclass(frozen=True)
class LearntImages:
    """Which of the images that count a model has learnt from.

    Parameters
    ----------
    images : int
        That count.
    learnt : tuple of str
        Those whose very file it has learnt from.
    unknown : int
        How many are of models whose record does not name what they have learnt from.
    """

    images: int
    learnt: tuple[str, ...]
    unknown: int

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to say of the numbers; nothing where all files are known to be new to the model."""
        told = []
        if self.learnt:
            told.append(
                f"The model has learnt from {self._share(len(self.learnt))}. What it says of them is "
                "remembered: the numbers are too good, and tell nothing about other patients."
            )
        if self.unknown:
            told.append(
                f"Of {self._share(self.unknown)} it cannot be told whether the model has learnt from "
                "them, as its record does not name its images. If it has, the numbers are too good."
            )
        return tuple(told)

    def _share(self, count: int) -> str:
        return f"{count} of these {self.images} images" if count < self.images else f"all images that count ({count})"


def learnt_images(
    found: Iterable[UltrasoundFindings], scored: Iterable[tuple[str, str]], *, truth_is_phantom: bool
) -> LearntImages:
    """Tell which images the models have learnt from.

    Parameters
    ----------
    found : iterable of UltrasoundFindings
        The results.
    scored : iterable of (str, str)
        Case and name of each image that counts; repeats count once.
    truth_is_phantom : bool
        Whether the images are phantoms. If not, none is known to a model that has learnt from phantoms alone.

    Returns
    -------
    LearntImages
        By the SHA-256 of the files: other images of the same patients, and copies saved again, are not noticed.
    """
    told: dict[tuple[str, str], bool | None] = {}
    for findings in found:
        is_new = False if findings.learnt_from_phantoms and not truth_is_phantom else None
        for name in (opinion.image for opinion in findings.opinions):
            told[findings.case, name] = is_new
        for image in findings.images:
            told[findings.case, image.name] = is_new if image.learnt_from is None else image.learnt_from
    own = {key: told[key] for key in scored}
    return LearntImages(
        len(own), tuple(name for (_, name), learnt in own.items() if learnt), sum(each is None for each in own.values())
    )
