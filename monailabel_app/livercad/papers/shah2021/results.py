"""What a reproduction comes to: every number of the page."""

from __future__ import annotations

from pydantic import Field

from livercad.core.findings import DISCLAIMER
from livercad.papers.intervals import Interval, Numbers
from livercad.papers.shah2021 import published
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.jobs import Curve
from livercad.papers.shah2021.published import OtherMethod, PublishedClasses, PublishedOverlap
from livercad.papers.shah2021.settings import Settings, Split


class OverlapResult(Numbers):
    """Equations 4 to 6: averages over images, and of all images' pixels together."""

    dice: Interval
    voe: Interval
    rvd: Interval = Field(description="Below 0 where the predicted area is the larger one, as the paper has it.")
    pooled_dice: float
    pooled_voe: float
    pooled_rvd: float


class RateResult(Numbers):
    """Equations 7 to 9."""

    accuracy: Interval | None
    sensitivity: Interval | None
    specificity: Interval | None


class PartResult(Numbers):
    """The second network on the images of one side of a split."""

    images: int
    patients: int
    found: int = Field(description="Images in which anything was found.")
    lesions: OverlapResult
    classes: RateResult = Field(
        description="Of the four classes: share of images named rightly; sensitivity and specificity of each class "
        "against the others, averaged."
    )
    by_class: dict[ShahClass, RateResult] = Field(description="Each class against the others.")
    malignant: RateResult = Field(description="HCC and MET against CYS and ANG.")
    confusion: dict[ShahClass, dict[str, int]] = Field(description="By true class: what images were called.")
    sections: int = Field(description="Marked areas.")
    sections_hit: int = Field(description="Of them hit by a box with an IoU of 0.5 or more.")
    boxes: int = Field(description="Predicted.")
    boxes_beside: int = Field(description="Of them with an IoU below 0.5 to every marked area.")


class LiverPart(Numbers):
    """The first network on the images of one side of a split."""

    images: int
    patients: int
    overlap: OverlapResult


class NetworkResult(Numbers):
    """A training."""

    parameters: int
    images: int = Field(description="For training.")
    seconds: float
    curve: Curve


class SplitResult(Numbers):
    """Both networks of one split."""

    shared: float = Field(description="Share of the test images whose patient has images in training too.")
    liver_network: NetworkResult
    lesion_network: NetworkResult
    liver_training: LiverPart
    liver_test: LiverPart
    training: PartResult
    test: PartResult


class Leak(Numbers):
    """How much better a measure is where patients are in training and in test."""

    measure: str
    by_image: Interval
    by_patient: Interval
    difference: Interval = Field(description="By image less by patient, on both test sets; patients drawn for each.")
    same_images: Interval | None = Field(
        description="The same on the images that are in both tests; patients drawn once. None without such images."
    )


class CaseLesion(Numbers):
    """A lesion that was found in a study of one's own."""

    number: int
    kind: ShahClass
    probability: float = Field(description="Of that class.")
    score: float = Field(description="How sure the network is that there is a lesion.")
    center_mm: tuple[float, float, float] = Field(description="Of its box, RAS.")
    size_mm: tuple[float, float, float]


class CaseResult(Numbers):
    """A study of one's own, looked at without a truth."""

    case: str
    phase: str
    seconds: float = Field(description="Without reading it and finding the liver.")
    lesions: list[CaseLesion] = Field(description="The surest first.")


class PaperNumbers(Numbers):
    """The paper's; `published` names the place of each."""

    citation: str = published.CITATION
    liver: PublishedOverlap = published.LIVER
    lesions: PublishedOverlap = published.LESIONS
    classes: PublishedClasses = published.CLASSES
    others: tuple[OtherMethod, ...] = published.OTHERS
    patients: int = published.PATIENTS
    liver_images: int = published.LIVER_IMAGES
    lesion_images: int = published.LESION_IMAGES


class Results(Numbers):
    """A whole reproduction."""

    disclaimer: str = DISCLAIMER
    livercad_version: str
    data: str
    is_phantom: bool
    quick: bool
    settings: Settings
    patients: dict[ShahClass, int]
    liver_images: int
    lesion_images: dict[ShahClass, int]
    sha256: str = Field(description="Of all images and what they show.")
    splits: dict[Split, SplitResult]
    leaks: list[Leak]
    cases: list[CaseResult] = Field(description="Studies that were looked at with the trained network.")
    paper: PaperNumbers = PaperNumbers()
    left_out: list[str] = Field(description="Patients that could not be used, and why.")
