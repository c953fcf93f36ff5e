"""The numbers of Yamakawa et al. 2020, to stand beside ours. Each names its place in the paper."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from livercad.phantom.ultrasound.cohort import CASES, IMAGES, MEAN_DIAMETER
from livercad.phantom.ultrasound.lesions import KINDS

CITATION = (
    "Yamakawa M, Shiina T, Nishida N, Kudo M. Optimal cropping for input images used in a convolutional neural network "
    "for ultrasonic diagnosis of liver tumors. Jpn J Appl Phys 2020;59:SKKE09"
)
TABLE_2 = {
    0.1: (0.994, 0.735, 0.767, 0.125),
    0.2: (0.987, 0.912, 0.753, 0.208),
    0.3: (0.987, 0.853, 0.863, 0.167),
    0.4: (0.981, 0.868, 0.849, 0.292),
    0.5: (0.987, 0.912, 0.822, 0.292),
    0.6: (0.981, 0.868, 0.863, 0.292),
    0.7: (0.981, 0.868, 0.849, 0.292),
    0.8: (0.975, 0.897, 0.795, 0.292),
    0.9: (0.975, 0.853, 0.836, 0.167),
    1.0: (0.962, 0.882, 0.767, 0.333),
    1.1: (0.981, 0.868, 0.740, 0.208),
}
"""Accuracy in cases of cysts, hemangiomas, carcinomas and metastases, by D/L."""


def accuracy_in_cases(ratio: float) -> float:
    """Accuracy of all cases that Table II's numbers come to: Figure 5, whose own numbers are not in the text.

    Parameters
    ----------
    ratio : float
        One of `TABLE_2`.

    Returns
    -------
    float
        In [0, 1], of whole cases.
    """
    cases = [CASES[kind] for kind in KINDS]
    return sum(round(share * n) for share, n in zip(TABLE_2[ratio], cases, strict=True)) / sum(cases)


class PaperNumbers(BaseModel):
    """Every number of the paper that the page shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: str = CITATION
    classes: tuple[str, ...] = tuple(kind.value for kind in KINDS)
    cases: tuple[int, ...] = tuple(CASES[kind] for kind in KINDS)
    images: tuple[int, ...] = tuple(IMAGES[kind] for kind in KINDS)
    """Table I."""
    mean_diameter: float = MEAN_DIAMETER
    """Pixels; section 2.5."""
    table_2: dict[float, tuple[float, float, float, float]] = TABLE_2
    figure_5: dict[float, float] = {ratio: accuracy_in_cases(ratio) for ratio in TABLE_2}
    best_cases: tuple[float, float] = (0.5, 0.6)
    best_images: float = 0.6
    range_cases: float = 0.06
    range_images: float = 0.07
    """D/L of the best accuracy, and best less worst; section 3.1."""
    smallest_dice: float = 0.92
    """Of correct sets with that at .6: “0.92 or more”; section 3.1."""
    union_gain: float = 0.06
    """What the union of the correct sets at .2, .6 and 1.0 has more than .6 alone: “about 6%”; section 3.2."""
