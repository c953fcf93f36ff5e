"""The paper's numbers as they stand in ``results.json`` beside ours."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from livercad.core.taxonomy import YasakaCategory
from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.published import Misdiagnosis, Published, Size
from livercad.papers.yasaka2018.settings import Model


class PaperNumbers(BaseModel):
    """Every number of the paper that the results page shows; `published` names the place of each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: str = published.CITATION
    training_patients: int = published.TRAINING_PATIENTS
    training_sets: dict[YasakaCategory, int] = published.TRAINING_SETS
    augmented_sets: int = published.AUGMENTED_SETS
    test_lesions: dict[YasakaCategory, int] = Field(published.TEST_LESIONS, description="One for each patient.")
    test_diameter_mm: dict[YasakaCategory, Size] = published.TEST_DIAMETER_MM
    all_test_diameter_mm: Size = published.ALL_TEST_DIAMETER_MM
    training_accuracy: dict[Model, Published] = published.TRAINING_ACCURACY
    test_accuracy: dict[Model, Published] = published.TEST_ACCURACY
    kruskal_wallis_p: str = published.KRUSKAL_WALLIS
    steel_p: dict[Model, float] = published.STEEL_P
    auc: dict[Model, Published] = published.AUC
    sensitivity: dict[Model, dict[str, Published]] = Field(published.SENSITIVITY, description="Table 3.")
    misdiagnoses: tuple[Misdiagnosis, ...] = published.MISDIAGNOSES
    scanners: tuple[str, str] = published.SCANNER_NAMES
    scanner_counts: dict[YasakaCategory, tuple[int, int]] = published.SCANNERS
    scanners_p: float = published.SCANNERS_P
