"""What a reproduction comes to: the paper's Tables 2, 3, E1 to E5 and its Figure 4, and all that stands behind them."""

from __future__ import annotations

from pydantic import Field

from livercad.core.findings import DISCLAIMER
from livercad.core.taxonomy import YasakaCategory
from livercad.papers.intervals import Numbers
from livercad.papers.yasaka2018.paper import PaperNumbers
from livercad.papers.yasaka2018.settings import Model, Settings
from livercad.papers.yasaka2018.training import LearningCurve

HYPER, HYPO = "C hypervascular", "C hypovascular"
ROWS = ("A", "B", "C", HYPER, HYPO, "D", "E")
"""Of Table 3."""


class Spread(Numbers):
    """Values of several trainings."""

    median: float = Field(description="The lower one of the middle two where the number of trainings is even.")
    low: float
    high: float
    values: list[float] = Field(description="By training.")


class RowResult(Numbers):
    """One row of Table 3: a category, or a part of category C."""

    n: int = Field(description="Lesions of this row in the test.")
    hits: int = Field(description="Of them diagnosed right in the median training.")
    sensitivity: Spread
    specificity: Spread | None = Field(description="Against all other lesions; none for parts of a category.")
    accuracy: Spread | None = Field(description="In telling this category from the others; none for parts of one.")


class MisdiagnosisResult(Numbers):
    """How often a model took lesions of one row of Table 3 for those of another category."""

    model: Model
    row: str
    diagnosis: YasakaCategory
    n: int = Field(description="Lesions of this row in the test.")
    hits: int = Field(description="Of them diagnosed so in the median training.")
    ratio: Spread


class Curve(Numbers):
    """A receiver operating characteristic curve of one training."""

    run: int
    auc: float
    false_positive_rate: list[float]
    true_positive_rate: list[float]


class ModelResult(Numbers):
    """All about one model."""

    training_accuracy: Spread
    test_accuracy: Spread
    steel_statistic: float | None = Field(description="Against model triphasic.")
    steel_p: float | None
    rows: dict[str, RowResult] = Field(description="Table 3.")
    auc: Spread | None = Field(description="Score of the diagnosis; none where the test lacks one of the two sides.")
    roc: Curve | None = Field(description="The training with the median area: Figure 4.")
    auc_expected: Spread | None = Field(description="Score expected from the probabilities: not the paper's.")
    roc_expected: Curve | None
    median_run: int = Field(description="The training with the median test accuracy.")
    confusions: list[list[list[int]]] = Field(
        description="By training: rows true, columns diagnosed, A to E (Tables E1 to E5 in the paper)."
    )
    hyper_diagnoses: list[list[int]] = Field(description="By training: hypervascular lesions of C, by diagnosis.")
    hypo_diagnoses: list[list[int]] = Field(description="By training: hypovascular lesions of C, by diagnosis.")
    curves: list[LearningCurve]
    seconds: list[float] = Field(description="By training.")
    parameters: int


class Scanners(Numbers):
    """Scanners of the test patients by category."""

    names: list[str]
    counts: dict[YasakaCategory, list[int]]
    fisher_p: float


class PartResult(Numbers):
    """What a part of the data consists of."""

    patients: int
    lesions: int
    image_sets: int
    by_category: dict[YasakaCategory, int] = Field(description="Image sets.")
    by_kind: dict[str, int]
    mean_diameter_mm: dict[YasakaCategory, float]
    sd_diameter_mm: dict[YasakaCategory, float]
    all_mean_diameter_mm: float
    all_sd_diameter_mm: float | None = Field(description="None of a single lesion.")
    sha256: str


class Results(Numbers):
    """A whole reproduction."""

    disclaimer: str = DISCLAIMER
    livercad_version: str
    data: str
    is_phantom: bool
    quick: bool
    settings: Settings
    augmented_sets: int = Field(description="Image sets for training after augmentation.")
    steps: int = Field(description="Minibatches of a training.")
    training: PartResult
    test: PartResult
    kruskal_wallis_p: float
    scanners: Scanners | None
    paper_scanners_fisher_p: float = Field(description="Our Fisher's test on the paper's own counts.")
    models: dict[Model, ModelResult]
    misdiagnoses: list[MisdiagnosisResult] = Field(description="Those that the paper tells of in “Results”.")
    paper: PaperNumbers = PaperNumbers()
    left_out: list[str] = Field(description="Lesions or patients of the data that could not be used, and why.")
