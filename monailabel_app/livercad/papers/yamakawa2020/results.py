"""What a reproduction comes to: the paper's numbers and ours, and all that stands behind them."""

from __future__ import annotations

from pydantic import Field

from livercad.core.findings import DISCLAIMER
from livercad.papers.intervals import Interval, Numbers
from livercad.papers.yamakawa2020.plan import Curve
from livercad.papers.yamakawa2020.published import PaperNumbers
from livercad.papers.yamakawa2020.settings import Settings


class Differences(Numbers):
    """What answers have more than others of the same cases and images."""

    cases: Interval = Field(description="Accuracy in cases.")
    images: Interval = Field(description="Accuracy in images.")
    auc: Interval | None = Field(description="Of the cases' probabilities, where there are two classes.")


class Scores(Numbers):
    """What answers come to, every case tested once by the network of its fold."""

    title: str
    ratio: float | None = Field(description="D/L; none where several are seen together.")
    down: float = Field(description="How far the region's middle lies below the tumour's, in its sides.")
    cases: Interval = Field(description="Accuracy in cases (Figure 5).")
    images: Interval = Field(description="Accuracy in images (Figure 6).")
    by_class: dict[str, Interval] = Field(description="Accuracy in cases of each class (Table II).")
    auc: Interval | None = Field(description="Of the cases' probabilities, where there are two classes.")
    confusion: list[list[int]] = Field(description="Cases of each class, by row; what they were called, by column.")
    difference: Interval = Field(description="Accuracy in cases less that of the reference, on the same cases.")
    image_difference: Interval = Field(description="The same in images.")
    auc_difference: Interval | None = Field(description="The same of the AUC.")
    off_the_middle: Differences | None = Field(
        description="Of a tumour off the middle, less the same D/L with the tumour in the middle, where that was tried."
    )
    dice: float = Field(description="Of its correct cases with those of the reference (Figure 9).")
    seconds: float = Field(description="Of a processor, for its trainings.")
    parameters: int = Field(description="Of one network; of an average, of all together.")


class Best(Numbers):
    """The ratio with the highest accuracy."""

    ratios: list[float] = Field(description="Several where they are equally good.")
    accuracy: float
    low: float | None
    high: float | None
    """Ends of the 95 % bootstrap interval over patients of the best ratio, equally good ones among it."""


class Overlap(Numbers):
    """Cases that are correct at several ratios (Figure 10)."""

    ratios: list[float]
    regions: dict[str, int] = Field(description="Cases correct at exactly these ratios; '' for none of them.")
    union: Interval = Field(description="Share of the cases that are correct at one of them at least.")
    gain: Interval = Field(description="That less the accuracy at the reference.")


class ClassCount(Numbers):
    """Who there is (Table I)."""

    cases: int
    images: int


class Example(Numbers):
    """The training that is shown (Figure 4)."""

    title: str
    fold: int
    epoch: int = Field(description="After which the network was taken.")
    curve: Curve


class Results(Numbers):
    """Everything."""

    livercad_version: str
    disclaimer: str = DISCLAIMER
    data: str
    is_phantom: bool
    quick: bool
    settings: Settings
    deviations: list[tuple[str, str, str, str]] = Field(description="Name, at the paper's size, here, why.")
    notes: list[str] = Field(description="What was left out, and what was grouped.")
    duplicates: list[list[str]] = Field(description="Images that are near-duplicates of each other.")
    groups: int = Field(description="Patients with copies joined: what no split parts.")
    classes: dict[str, ClassCount]
    diameters: list[float] = Field(description="Of all images' tumours, in pixels (Figure 2).")
    positive: str | None = Field(description="Of two classes, that of the AUC.")
    sweep: list[Scores] = Field(description="By D/L, the tumour in the middle.")
    multi_scale: list[Scores]
    off_centre: list[Scores]
    best_cases: Best
    best_images: Best
    best_by_class: dict[str, Best]
    overlap: Overlap
    verdict: str = Field(description="Whether the curve has its best inside and falls on both sides, in words.")
    example: Example
    seconds: float = Field(description="Of a processor, for all trainings.")
    paper: PaperNumbers = PaperNumbers()

    @property
    def has_paper_s_classes(self) -> bool:
        """Whether its numbers of classes can stand beside ours."""
        return tuple(self.classes) == self.paper.classes
