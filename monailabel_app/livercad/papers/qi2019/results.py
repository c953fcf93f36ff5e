"""What a reproduction comes to: every number of the page."""

from __future__ import annotations

from pydantic import Field

from livercad.core.findings import DISCLAIMER
from livercad.papers.intervals import Interval, Numbers
from livercad.papers.qi2019 import published
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.asked import Asked, Way
from livercad.papers.qi2019.jobs import Curve
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.published import PublishedCriteria
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Side, Split


class ConfusionCounts(Numbers):
    """Images by what they are and what they were called (Figures 6 and 9)."""

    tp: int
    fp: int
    fn: int
    tn: int


class CriteriaResult(Numbers):
    """Equation 6, and the curve, of one method on one side of a split."""

    f_beta: Interval
    accuracy: Interval
    sensitivity: Interval
    specificity: Interval
    precision: Interval | None = Field(description="None where nothing is called positive.")
    auc: Interval
    confusion: ConfusionCounts
    false_positive_rate: list[float] = Field(description="Of the receiver operating characteristic curve.")
    true_positive_rate: list[float]


class TrainingResult(Numbers):
    """One training; cross training teaches both questions."""

    method: Method
    parameters: int
    images: int
    seconds: float
    best_epoch: int = Field(description="From 1: with the highest F-β of validation; its weights count.")
    curves: dict[Question, Curve]


class SideCounts(Numbers):
    """What a side of a split has."""

    images: int
    patients: int
    positive: dict[Question, int]


class SplitResult(Numbers):
    """Everything of one way to divide the images."""

    shared: float = Field(description="Share of the test images whose patient, or a copy, is in another side too.")
    sides: dict[Side, SideCounts]
    criteria: dict[Question, dict[Method, dict[Side, CriteriaResult]]] = Field(description="Validation and test.")
    trainings: list[TrainingResult]


class Leak(Numbers):
    """How much better a measure of the test is where patients are on several sides."""

    question: Question
    measure: str
    by_image: Interval
    by_patient: Interval
    difference: Interval = Field(description="By image less by patient; patients drawn for each.")


class AskedResult(Numbers):
    """One question, asked of images that are each tested once."""

    images: int
    patients: int
    positive: int
    most_frequent: float = Field(description="Accuracy of saying the more frequent answer always.")
    ways: dict[Way, CriteriaResult]
    differences: dict[Way, dict[str, Interval]] = Field(description="Less BASIC, on the same images and patients.")
    fold_auc: dict[Way, list[float]] = Field(
        description="Of each fold by itself: of all images together, it is lower where folds have other scales of "
        "probability."
    )


class ImageAnswers(Numbers):
    """What was said of one image by answers that have not been learnt from its patient."""

    image: str
    kind: str
    fold: int
    told: dict[Asked, dict[Way, float]]


class FoldsResult(Numbers):
    """Mt-Net and Sn-Net in folds over patients: every image is tested once."""

    asked: dict[Asked, AskedResult] = Field(description="Malignant or benign: Mt-Net's answers, images with a mass.")
    predictions: list[ImageAnswers]
    trainings: list[list[TrainingResult]] = Field(description="Of each fold.")


class PaperNumbers(Numbers):
    """The paper's; `published` names the place of each."""

    citation: str = published.CITATION
    tables: dict[Question, dict[Side, dict[Method, PublishedCriteria]]] = Field(
        {
            question: {side: dict(published.TABLES[question, side]) for side in (Side.VALIDATION, Side.TEST)}
            for question in Question
        }
    )
    auc: dict[Question, dict[Method, float]] = Field({question: dict(each) for question, each in published.AUC.items()})
    images: int = published.IMAGES
    patients: int = published.PATIENTS


class Results(Numbers):
    """A whole reproduction."""

    disclaimer: str = DISCLAIMER
    livercad_version: str
    data: str
    is_phantom: bool
    quick: bool
    settings: Settings
    deviations: list[tuple[str, str, str, str]] = Field(description="Name, at the paper's size, here, why.")
    second_question: SecondQuestion = Field(description="What Sn-Net learns; the paper's is the first.")
    kinds: dict[str, int] = Field(description="Images by class.")
    patients: int = Field(description="Groups of images that belong together.")
    copies: int = Field(description="Images that show what another one shows.")
    duplicates: list[list[str]] = Field(description="Names of images that show the same, a list a set.")
    sha256: str = Field(description="Of all images with their answers.")
    splits: dict[Split, SplitResult]
    leaks: list[Leak] = Field(description="Of the networks with region enhancement.")
    folds: FoldsResult | None = Field(default=None, description="Every image tested once, where asked for.")
    paper: PaperNumbers = PaperNumbers()
    left_out: list[str] = Field(description="Images that could not be used, and why.")
