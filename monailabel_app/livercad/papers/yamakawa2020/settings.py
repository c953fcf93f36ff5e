"""What a reproduction depends on: the paper's numbers where it has them, else a choice with its reason.

`PAPER` is the paper's size. `ON_TWO_CORES` and `QUICK` name every deviation with its reason.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from livercad.core.circle import SMALLEST_SIDE
from livercad.papers.settings import Deviations, Group, PaperSettings


def _within(down: float) -> float:
    """A shift that leaves the tumour's middle inside the region."""
    if abs(down) >= 0.5:
        raise ValueError("a shift of less than 0.5 sides of the region, else the tumour's middle is outside it")
    return down


Count = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(gt=0)]
"""D/L."""
Shift = Annotated[float, AfterValidator(_within)]
"""How far a region's middle lies below the tumour's, in the region's sides."""


class CropSet(NamedTuple):
    """One way to cut the region of interest.

    Parameters
    ----------
    ratio : float
        D / L.
    down : float
        How far the region's middle lies below the lesion's, in sides of the region: behind the lesion, as the probe
        sees it.
    """

    ratio: float
    down: float = 0.0

    @property
    def name(self) -> str:
        """Fit for a file."""
        return f"{self.ratio:g}" + (f"-down-{self.down:g}" if self.down else "")


class CropSettings(Group):
    """The region of interest (sections 2.3 and 2.4)."""

    ratios: tuple[Ratio, ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1), min_length=2, description="D/L; section 2.3."
    )
    smallest: float = Field(SMALLEST_SIDE, ge=1, description="Pixels along the region's side, at least; section 2.3.")
    pixels: int = Field(64, ge=8, description="Along the side of the network's image; section 2.3.")
    angles: tuple[float, ...] = Field(
        (-10.0, -5.0, 5.0, 10.0),
        description="Degrees by which the whole image is turned about the tumour before it is cut, beside 0; each is "
        "also reversed left to right: ten versions; section 2.4.",
    )

    @property
    def versions(self) -> int:
        """Of each training image: turned or not, reversed or not."""
        return 2 * (1 + len(self.angles))


class NetworkSettings(Group):
    """The network (section 2.5, Figure 3)."""

    channels: tuple[Count, ...] = Field(
        (16, 32, 64, 128), min_length=1, description="Of each block's convolutions; Figure 3, not in the text."
    )
    convolutions: int = Field(2, ge=1, description="In each block; Figure 3, not in the text.")
    units: tuple[Count, ...] = Field(
        (128,), description="Of each fully connected layer before the last, of classes; Figure 3, not in the text."
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="Before each fully connected layer; Figure 3, not in the text.")
    block_dropout: float = Field(
        0.0, ge=0, lt=1, description="After each block's pooling; 0: none. Figure 3, not in the text."
    )
    unit_norm: bool = Field(
        True, description="Batch normalisation in fully connected layers but the last; Figure 3, not in the text."
    )

    @field_validator("units", mode="before")
    @classmethod
    def _one_layer(cls, units: object) -> object:
        """A number is a layer's: files of settings and models of before there could be several have it so."""
        return (units,) if isinstance(units, int) else units


class TrainingSettings(Group):
    """One training (sections 2.5 and 2.6)."""

    learning_rate: float = Field(0.001, gt=0, description="Of Adam; section 2.5.")
    batch: float = Field(0.5, gt=0, le=1, description="Share of the training images in a minibatch; section 2.5.")
    versions: int = Field(10, ge=1, description="Of the ten versions of an image, how many an epoch shows; all, 2.4.")
    epochs: tuple[Count, ...] = Field((20, 25, 30), min_length=1, description="After each of these; section 2.6.")
    starts: int = Field(150, ge=1, description="Random first weights to choose the best network from; section 2.6.")


class StudySettings(Group):
    """What is compared (sections 2.6, 3.1 and 3.2)."""

    folds: int = Field(10, ge=3, description="Groups of cases, each the test set once; section 2.6.")
    reference: Ratio = Field(0.6, description="D/L that others are compared with; section 3.1.")
    scales: tuple[Ratio, ...] = Field(
        (0.2, 0.6, 1.0), min_length=2, description="D/L seen together; Figure 10's, whose union section 3.2 counts."
    )
    off_centre: tuple[tuple[Ratio, Shift], ...] = Field(
        ((0.4, 0.2), (0.6, 0.15)),
        description="D/L, and how far the region's middle lies below the tumour's, in its sides: more of what is "
        "behind the tumour is seen, which section 3.2 wishes; how far is our choice.",
    )


class PhantomSettings(Group):
    """The phantoms, where no data are named."""

    cases: int = Field(324, ge=4, description="Table I has 324, with 980 images.")
    columns: int = Field(512, ge=64, description="Of an image, in pixels; not told.")


class Settings(PaperSettings):
    """A whole reproduction; without arguments, at the paper's size."""

    crops: CropSettings = CropSettings()
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    study: StudySettings = StudySettings()
    phantoms: PhantomSettings = PhantomSettings()
    seed: int = Field(0, ge=0, description="Of everything that is drawn.")

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        missing = {self.study.reference, *self.study.scales} - set(self.crops.ratios)
        if missing:
            told = ", ".join(f"{ratio:g}" for ratio in sorted(missing))
            raise ValueError(f"study.reference and study.scales must be among crops.ratios, which lack {told}")
        if self.training.versions > self.crops.versions:
            raise ValueError(f"training.versions must be at most {self.crops.versions}, as many as there are")
        if self.crops.pixels >> len(self.network.channels) == 0:
            raise ValueError("crops.pixels must not be halved to nothing by a pooling for each of network.channels")
        return self

    @property
    def centred(self) -> tuple[CropSet, ...]:
        """The regions of the paper."""
        return tuple(CropSet(ratio) for ratio in self.crops.ratios)

    @property
    def shifted(self) -> tuple[CropSet, ...]:
        """Those with the tumour off their centre."""
        return tuple(CropSet(ratio, down) for ratio, down in self.study.off_centre)


PAPER = Settings()
"""The paper's size."""
SOONER = "two CPU cores have an hour for everything"
ON_TWO_CORES: Deviations = {
    "network.channels": ((8, 16, 32, 64), SOONER),
    "network.units": ((64,), f"{SOONER}; there are fewer versions to learn from"),
    "training.versions": (1, f"{SOONER}: another one, drawn at random, in each epoch"),
    "training.batch": (0.1, "an epoch shows a tenth of the versions; so a network still takes enough steps to learn"),
    "training.starts": (1, f"{SOONER}; the best of the three numbers of epochs is still chosen"),
}
"""Deviations from the paper's size where nothing else is asked for."""
TRY = "only to see that it works"
QUICK: Deviations = {
    **ON_TWO_CORES,
    "crops.ratios": ((0.2, 0.6, 1.0), TRY),
    "crops.pixels": (32, TRY),
    "crops.smallest": (32.0, f"{TRY}; the network's input size, as 64 is in the paper"),
    "network.channels": ((4, 8, 16), TRY),
    "training.epochs": ((2, 4), TRY),
    "study.folds": (3, TRY),
    "study.off_centre": (((0.6, 0.15),), TRY),
    "phantoms.cases": (40, TRY),
    "phantoms.columns": (256, TRY),
}
"""Deviations of `--quick`."""
