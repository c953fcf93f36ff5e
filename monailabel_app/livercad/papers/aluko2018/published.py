"""The numbers of Aluko et al. 2018, to stand beside ours. Each names its place in the paper."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

CITATION = (
    "Aluko S, Hari SN, Yakubenko VP. Liver lesion localization using deep convolutional neural networks. "
    "Stanford University, 2018"
)


class OneBoxNumbers(BaseModel):
    """A row of Figure 3."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mse: float
    sensitivity: float


class PaperNumbers(BaseModel):
    """Every number of the paper that the page shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: str = CITATION
    training_images: int = 1989
    validation_images: int = 179
    test_images: int = 203
    """Section 3."""
    detector_images: tuple[int, int, int] = (1660, 329, 203)
    """Training, validation and test of Faster R-CNN (section 5.2); the first two add up to the 1989 of section 3."""
    baseline_train: OneBoxNumbers = OneBoxNumbers(mse=0.00077, sensitivity=0.96)
    baseline_test: OneBoxNumbers = OneBoxNumbers(mse=0.065, sensitivity=0.069)
    vgg_train: OneBoxNumbers = OneBoxNumbers(mse=0.0025, sensitivity=0.79)
    vgg_test: OneBoxNumbers = OneBoxNumbers(mse=0.067, sensitivity=0.079)
    """Figure 3."""
    detector_sensitivity: float = 0.50
    detector_false_share: float = 0.67
    """Of the predictions; section 5.2."""
    detector_false_per_image: float = 1.1
    """Section 6; the abstract says 1."""
    yan_sensitivity: tuple[tuple[float, float], ...] = ((1.0, 0.65), (1.0, 0.70), (10.0, 0.90))
    """False positives per image and sensitivity for liver lesions of Yan et al., as section 6 quotes them."""
    vgg_output: tuple[int, int, int] = (64, 64, 512)
    """Section 4.2."""
