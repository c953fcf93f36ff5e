"""What a reproduction comes to: the paper's numbers and ours, and all that stands behind them."""

from __future__ import annotations

from pydantic import Field

from livercad.core.findings import DISCLAIMER
from livercad.papers.aluko2018.plan import Curves
from livercad.papers.aluko2018.published import PaperNumbers
from livercad.papers.aluko2018.settings import Settings
from livercad.papers.intervals import Interval, Numbers


class OneBoxScores(Numbers):
    """Of one network on one part."""

    mse: float = Field(description="Of the four coordinates, in shares of the image's sides.")
    sensitivity: Interval = Field(description="Share of the images whose box has an IoU above 0.1; 95 % over patients.")


class OneBoxResult(Numbers):
    """One network that answers with one box."""

    title: str
    train: OneBoxScores
    test: OneBoxScores
    epochs: int
    parameters: int
    trained_parameters: int
    seconds: float
    curves: Curves


class Rate(Numbers):
    """Sensitivity at a rate of false positives per image."""

    rate: float
    sensitivity: Interval
    threshold: float | None


class FrocResult(Numbers):
    """A whole FROC curve, false positives counted per image."""

    iou: float
    images: int
    patients: int
    lesions: int
    rates: list[float]
    sensitivity: list[float]
    band_rates: list[float]
    band_low: list[float]
    band_high: list[float]
    at: list[Rate]
    by_size: dict[str, list[Rate]]
    cpm: Interval = Field(description="Mean sensitivity over the rates.")
    ap: dict[str, Interval] = Field(description="Average precision by IoU.")


class Operating(Numbers):
    """The paper's two numbers: what boxes above a threshold come to."""

    threshold: float
    predictions: int
    hits: int
    lesions: int
    false_positives: int
    sensitivity: float
    false_share: float | None = Field(description="Of the predictions; none where there is no prediction.")
    false_per_image: float


class Truth(Numbers):
    """A detector's scores against one truth."""

    operating: Operating
    at_one: Operating | None = Field(description="At the threshold of one false positive per image.")
    froc: FrocResult
    froc_half: FrocResult = Field(description="At an IoU of 0.5, as Yan et al. count.")


class DetectorResult(Numbers):
    """One Faster R-CNN."""

    title: str
    annotated: Truth = Field(description="Against what is annotated, as the paper has it.")
    complete: Truth | None = Field(description="Against all lesions that the test slices show; of phantoms only.")
    epochs: int
    parameters: int
    seconds: float
    curves: Curves


class TypeResult(Numbers):
    """One kind of lesions."""

    lesions: int
    found: int = Field(description="At one false positive per image, whatever the box was called.")
    called_right: int = Field(description="Of them, called what they are.")
    ap: Interval | None = Field(description="At IoU 0.1, of this kind's boxes alone; none where the test has none.")


class TypesResult(Numbers):
    """The detector that tells types apart."""

    title: str
    kinds: dict[str, TypeResult]
    confusion: list[list[int]] = Field(description="Kinds found, by row; what they were called, by column.")
    detector: DetectorResult


class PartCount(Numbers):
    """Who is in a part."""

    images: int
    patients: int
    lesions: int
    unmarked: int


class CaseLesion(Numbers):
    """A lesion that was found in a study of one's own."""

    number: int
    score: float
    center_mm: tuple[float, float, float] = Field(description="Of its box, RAS.")
    size_mm: tuple[float, float, float]


class CaseResult(Numbers):
    """A study of one's own, looked at without a truth."""

    case: str
    phase: str
    seconds: float = Field(description="Without reading it and finding the liver.")
    lesions: list[CaseLesion] = Field(description="From the served threshold on, the surest first.")


class Results(Numbers):
    """Everything."""

    livercad_version: str
    disclaimer: str = DISCLAIMER
    data: str
    is_phantom: bool
    quick: bool
    settings: Settings
    deviations: list[tuple[str, str, str, str]] = Field(description="Name, at the paper's size, here, why.")
    notes: list[str]
    parts: dict[str, PartCount]
    paper: PaperNumbers = PaperNumbers()
    one_box: dict[str, OneBoxResult]
    mean_box: OneBoxResult = Field(description="What the mean box of the training images would come to.")
    detectors: dict[str, DetectorResult]
    types: TypesResult | None
    order: str = Field(description="Whether baseline < +VGG << Faster R-CNN holds, in words.")
    seconds: float = Field(description="Of all trainings.")
    cases: list[CaseResult] = Field([], description="Studies that were looked at with the first detector.")
