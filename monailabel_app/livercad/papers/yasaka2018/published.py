"""The numbers of Yasaka 2018, to stand beside ours. Each names its place in the paper."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.taxonomy import LesionType, YasakaCategory
from livercad.papers.yasaka2018.settings import Model

A, B, C, D, E = YasakaCategory
CITATION = (
    "Yasaka K, Akai H, Abe O, Kiryu S. Deep learning with convolutional neural network for differentiation of liver "
    "masses at dynamic contrast-enhanced CT: a preliminary study. Radiology 2018;286:887–896. "
    "doi 10.1148/radiol.2017170706"
)


@dataclass(frozen=True)
class Published:
    """A median with its range.

    Parameters
    ----------
    median, low, high : float
        Of five trainings.
    hits, n : int or None
        Numerator and denominator of the median, where the paper prints them.
    """

    median: float
    low: float
    high: float
    hits: int | None = None
    n: int | None = None


@dataclass(frozen=True)
class Size:
    """Longest diameters.

    Parameters
    ----------
    mean_mm, sd_mm : float
        Mean and standard deviation.
    """

    mean_mm: float
    sd_mm: float


@dataclass(frozen=True)
class Misdiagnosis:
    """What a model mainly took lesions for that it missed.

    Parameters
    ----------
    model : Model
        Which.
    row : str
        Of Table 3: what they are.
    diagnosis : YasakaCategory
        What they were diagnosed as.
    ratio : float
        Of all of this row.
    hits, n : int
        Its numerator and denominator.
    """

    model: Model
    row: str
    diagnosis: YasakaCategory
    ratio: float
    hits: int
    n: int


TITLES: dict[YasakaCategory, str] = {
    A: "classic hepatocellular carcinoma",
    B: "other malignant tumours",
    C: "indeterminate masses, rare benign masses",
    D: "hemangioma",
    E: "cyst",
}
"""“Teaching Data”, in few words."""

TRAINING_SETS: dict[YasakaCategory, int] = {A: 240, B: 121, C: 320, D: 207, E: 180}
"""Image sets of 460 patients, 1068 in all; “Image Data: Input Data”."""
TRAINING_PATIENTS = 460
AUGMENTED_SETS = 55_536
"""“Image Processing”."""
TEST_LESIONS: dict[YasakaCategory, int] = {A: 21, B: 9, C: 35, D: 20, E: 15}
"""One for each of 100 patients; “Image Data: Input Data”."""
TEST_DIAMETER_MM: dict[YasakaCategory, Size] = {
    A: Size(38.9, 32.2),
    B: Size(33.7, 16.9),
    C: Size(16.4, 8.3),
    D: Size(27.3, 21.0),
    E: Size(30.2, 42.6),
}
ALL_TEST_DIAMETER_MM = Size(26.9, 25.9)
"""Mass size of the test lesions, by category and of all; “Image Data: Input Data”."""

TRAINING_TYPES: dict[YasakaCategory, dict[LesionType, int]] = {
    A: {LesionType.HCC: 240},
    B: {LesionType.CHOLANGIOCARCINOMA: 28, LesionType.METASTASIS: 93},
    C: {LesionType.HYPERVASCULAR_NODULE: 140, LesionType.DYSPLASTIC_NODULE: 168, LesionType.FNH: 12},
    D: {LesionType.HEMANGIOMA: 207},
    E: {LesionType.CYST: 180},
}
"""Table 1; `fixed.FIXED_CHOICES` tells where its combined carcinomas and its “other” went."""
TEST_TYPES: dict[YasakaCategory, dict[LesionType, int]] = {
    A: {LesionType.HCC: 21},
    B: {LesionType.CHOLANGIOCARCINOMA: 3, LesionType.METASTASIS: 6},
    C: {LesionType.HYPERVASCULAR_NODULE: 21, LesionType.DYSPLASTIC_NODULE: 14},
    D: {LesionType.HEMANGIOMA: 20},
    E: {LesionType.CYST: 15},
}
"""Table 1, test session."""

SCANNER_NAMES = ("Toshiba Medical Systems", "GE Healthcare")
SCANNERS: dict[YasakaCategory, tuple[int, int]] = {A: (6, 15), B: (3, 6), C: (11, 24), D: (3, 17), E: (6, 9)}
"""Test patients scanned with each of `SCANNER_NAMES`; “CT Imaging”."""
SCANNERS_P = 0.545

RELEVANCE: dict[YasakaCategory, int] = {A: 4, B: 4, C: 3, D: 2, E: 1}
"""Score of a diagnosis; “Statistics”."""

TRAINING_ACCURACY: dict[Model, Published] = {
    Model.TRIPHASIC: Published(0.95, 0.95, 0.96),
    Model.ART_DEL: Published(0.96, 0.96, 0.96),
    Model.UNENHANCED: Published(0.96, 0.96, 0.96),
    Model.ARTERIAL: Published(0.97, 0.97, 0.98),
    Model.DELAYED: Published(0.97, 0.96, 0.97),
}
TEST_ACCURACY: dict[Model, Published] = {
    Model.TRIPHASIC: Published(0.84, 0.82, 0.90),
    Model.ART_DEL: Published(0.81, 0.75, 0.86),
    Model.UNENHANCED: Published(0.48, 0.39, 0.60),
    Model.ARTERIAL: Published(0.66, 0.63, 0.70),
    Model.DELAYED: Published(0.71, 0.67, 0.74),
}
STEEL_P: dict[Model, float] = {
    Model.ART_DEL: 0.384,
    Model.UNENHANCED: 0.031,
    Model.ARTERIAL: 0.031,
    Model.DELAYED: 0.030,
}
"""Table 2."""
KRUSKAL_WALLIS = "<.001"
"""Table 2, note."""

AUC: dict[Model, Published] = {
    Model.TRIPHASIC: Published(0.92, 0.89, 0.93),
    Model.ART_DEL: Published(0.88, 0.82, 0.89),
    Model.UNENHANCED: Published(0.61, 0.55, 0.63),
    Model.ARTERIAL: Published(0.78, 0.77, 0.82),
    Model.DELAYED: Published(0.81, 0.79, 0.82),
}
"""“Results”; Fig 4 prints .79 for model arterial."""

SENSITIVITY: dict[Model, dict[str, Published]] = {
    Model.TRIPHASIC: {
        "A": Published(0.71, 0.71, 0.90, 15, 21),
        "B": Published(0.33, 0.22, 0.44, 3, 9),
        "C": Published(0.94, 0.91, 0.97, 33, 35),
        "C hypervascular": Published(0.95, 0.90, 0.95, 20, 21),
        "C hypovascular": Published(0.93, 0.86, 1.00, 13, 14),
        "D": Published(0.90, 0.85, 0.95, 18, 20),
        "E": Published(1.00, 1.00, 1.00, 15, 15),
    },
    Model.ART_DEL: {
        "A": Published(0.71, 0.43, 0.76, 15, 21),
        "B": Published(0.22, 0.11, 0.33, 2, 9),
        "C": Published(0.91, 0.86, 1.00, 32, 35),
        "C hypervascular": Published(0.86, 0.81, 1.00, 18, 21),
        "C hypovascular": Published(1.00, 0.93, 1.00, 14, 14),
        "D": Published(0.90, 0.65, 1.00, 18, 20),
        "E": Published(1.00, 1.00, 1.00, 15, 15),
    },
    Model.UNENHANCED: {
        "A": Published(0.33, 0.24, 0.38, 7, 21),
        "B": Published(0.22, 0.00, 0.33, 2, 9),
        "C": Published(0.54, 0.43, 0.74, 19, 35),
        "C hypervascular": Published(0.62, 0.57, 0.90, 13, 21),
        "C hypovascular": Published(0.43, 0.21, 0.57, 6, 14),
        "D": Published(0.25, 0.05, 0.50, 5, 20),
        "E": Published(1.00, 1.00, 1.00, 15, 15),
    },
    Model.ARTERIAL: {
        "A": Published(0.52, 0.29, 0.67, 11, 21),
        "B": Published(0.11, 0.00, 0.44, 1, 9),
        "C": Published(0.69, 0.66, 0.77, 24, 35),
        "C hypervascular": Published(0.57, 0.52, 0.76, 12, 21),
        "C hypovascular": Published(0.86, 0.79, 0.93, 12, 14),
        "D": Published(0.75, 0.65, 0.95, 15, 20),
        "E": Published(1.00, 0.93, 1.00, 15, 15),
    },
    Model.DELAYED: {
        "A": Published(0.52, 0.52, 0.62, 11, 21),
        "B": Published(0.33, 0.00, 0.44, 3, 9),
        "C": Published(0.74, 0.63, 0.86, 26, 35),
        "C hypervascular": Published(0.90, 0.71, 0.95, 19, 21),
        "C hypovascular": Published(0.50, 0.50, 0.71, 7, 14),
        "D": Published(0.80, 0.75, 0.85, 16, 20),
        "E": Published(1.00, 1.00, 1.00, 15, 15),
    },
}
"""Table 3."""

MISDIAGNOSES = (
    Misdiagnosis(Model.ARTERIAL, "A", C, 0.43, 9, 21),
    Misdiagnosis(Model.ARTERIAL, "C hypervascular", A, 0.38, 8, 21),
    Misdiagnosis(Model.DELAYED, "A", C, 0.43, 9, 21),
    Misdiagnosis(Model.DELAYED, "C hypovascular", A, 0.36, 5, 14),
)
"""“Results”: what lesions of low sensitivity “were mainly misdiagnosed as”."""
