"""What the paper leaves open, and what was chosen: each choice with its name and its reason, shown on the results page.

What the paper says itself (windows, 594 × 644, 500 × 500, 70 × 70, the factor of 52, five trainings) has its section as
the reason.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from livercad.core.phases import Phase
from livercad.papers.settings import Group, PaperSettings

PHASES = (Phase.UNENHANCED, Phase.ARTERIAL, Phase.DELAYED)
"""The channels of an image set, in this order ("CT Imaging")."""


class Model(StrEnum):
    """The five models ("Deep Learning with a CNN: Training Phase")."""

    TRIPHASIC = "triphasic"
    ART_DEL = "art/del"
    UNENHANCED = "unenhanced"
    ARTERIAL = "arterial"
    DELAYED = "delayed"

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What the model sees."""
        return PHASES_OF[self]

    @property
    def file_name(self) -> str:
        """The name, fit for a file."""
        return self.value.replace("/", "-")


PHASES_OF: dict[Model, tuple[Phase, ...]] = {
    Model.TRIPHASIC: PHASES,
    Model.ART_DEL: (Phase.ARTERIAL, Phase.DELAYED),
    Model.UNENHANCED: (Phase.UNENHANCED,),
    Model.ARTERIAL: (Phase.ARTERIAL,),
    Model.DELAYED: (Phase.DELAYED,),
}


class ResizeFilter(StrEnum):
    """How Pillow scales an image down."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BOX = "box"


class CaptureSettings(Group):
    """From a lesion in CT to the image that a radiologist captured."""

    width: int = Field(594, gt=0, description="Pixels; section “Image Processing”.")
    height: int = Field(644, gt=0, description="Pixels; section “Image Processing”.")
    crop: int = Field(500, gt=0, description="Pixels of the central part that is used; “Image Processing”.")
    pixels: int = Field(70, gt=7, description="Of the network's images; “Image Processing”.")
    ratio: tuple[float, float] = Field(
        (0.45, 0.65),
        description="Longest diameter over the side of the central part, drawn for each image set: radiologists chose "
        "the enlargement by eye (Appendix E2 is not available).",
    )
    minimum_side_mm: float = Field(
        48.0, gt=0, description="Smallest side of the central part: 90 of 100 showed more than lesion and liver."
    )
    jpeg_quality: int = Field(90, ge=1, le=95, description="Of the 8-bit JPEG; the viewer's is not told.")
    resize_filter: ResizeFilter = Field(
        ResizeFilter.NEAREST,
        description="To 70 × 70: what Pillow 3.3.1, which the paper names, does when no filter is given. A pixel is "
        "then about one of the CT's.",
    )
    positions: int = Field(5, ge=1, le=9, description="Most table positions a lesion in training; “Image Data”.")
    position_step_mm: float = Field(3.0, gt=0, description="Between table positions: the enhanced slices' thickness.")
    position_step_share: float = Field(
        0.12, gt=0, le=0.2, description="Of the diameter, where that is less: no position misses the lesion."
    )
    lesions: int = Field(7, ge=1, description="Most lesions a patient in training; “Image Data”.")


class AugmentationSettings(Group):
    """How one image set becomes 52; the paper names the four kinds, its Appendix E2 with the numbers is not available.

    52 = 4 rotations × (1 original + 8 shifts + 2 enlargements + 2 noises).
    """

    quarter_turns: tuple[int, ...] = Field(
        (0, 1, 2, 3), min_length=1, description="Rotations by these many right angles: no interpolation is needed."
    )
    shift_pixels: int = Field(
        40, ge=0, description="Parallel shift in eight directions, in pixels of the captured image, whose margin is 47."
    )
    enlargements: tuple[float, ...] = Field((1.25, 1.5), description="Strong enlargement about the middle.")
    noise_sd: tuple[float, ...] = Field(
        (4.0, 8.0),
        description="Gaussian noise in grey values: 4.5 and 9 HU in the enhanced window, less than the CT's.",
    )

    @property
    def variants(self) -> int:
        """Image sets made of one before rotation."""
        return 1 + 8 * (self.shift_pixels > 0) + len(self.enlargements) + len(self.noise_sd)

    @property
    def factor(self) -> int:
        """Image sets made of one."""
        return len(self.quarter_turns) * self.variants


class TrainingSettings(Group):
    """How the network is built and trained; the paper's Appendix E3 is not available."""

    channels: tuple[int, int, int] = Field(
        (16, 32, 64),
        description="Of the convolutions (3 × 3): as many as two CPU cores can train 25 times in the time.",
    )
    units: tuple[int, int] = Field((128, 64), description="Of the fully connected layers before the last.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Share of their units left out in training.")
    passes: float = Field(
        1.5, gt=0, description="How many times each of the 55,536 image sets is shown: what the time allows."
    )
    fewest_steps: int = Field(
        150, ge=1, description="Minibatches at least, so that a small training set is not left before it is learnt."
    )
    batch: int = Field(64, ge=1, description="Image sets a minibatch.")
    learning_rate: float = Field(1e-3, gt=0, description="Highest, of Adam, along a one-cycle schedule.")
    checked: int = Field(
        4000,
        ge=1,
        description="Image sets, drawn from the augmented ones, that the accuracy on training data is taken of.",
    )


class Settings(PaperSettings):
    """A whole reproduction."""

    capture: CaptureSettings = CaptureSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    training: TrainingSettings = TrainingSettings()
    runs: int = Field(5, ge=1, description="Trainings of each model; “Deep Learning with a CNN: Training Phase”.")
    seed: int = Field(0, ge=0, description="Of everything that is drawn; training n has a seed of its own.")


QUICK_TRAINING = TrainingSettings(passes=0.4, fewest_steps=80, checked=400)
QUICK_SETS = 120
"""`--quick`: enough to see that everything works, too little to learn much."""
