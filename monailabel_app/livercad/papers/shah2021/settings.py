"""What the paper says and what it leaves open: each setting with its name and its reason, shown on the results page.

The defaults run on two CPU cores within an hour; where they are not the paper's, the reason says so and what the paper
has. `docs/shah2021.toml` has the paper's own size.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from livercad.core.phases import Phase
from livercad.papers.settings import Group, PaperSettings

PHASES = (Phase.ARTERIAL, Phase.PORTAL)
"""Of the images ("Material and methods"); each image is of one phase."""

Seven = tuple[int, int, int, int, int, int, int]


class Split(StrEnum):
    """How images are divided into training and test."""

    IMAGE = "image"
    """Each image by itself, as the paper ("randomly divided into 70% and 30%")."""
    PATIENT = "patient"
    """All images of a patient on one side."""


def _check_odd(kernels: tuple[int, ...]) -> None:
    if any(kernel < 1 or kernel % 2 == 0 for kernel in kernels):
        raise ValueError("kernels must be odd")  # else an image would change its size


class ImageSettings(Group):
    """From CT to images."""

    low_hu: float = Field(-100.0, description="Hounsfield units are limited to this and above; “Material and methods”.")
    high_hu: float = Field(400.0, description="And to this and below; “Material and methods”.")
    field_mm: float = Field(
        400.0,
        gt=0,
        description="Side of the square that an image shows, around the middle of the CT: a body with its arms up. The "
        "paper does not tell it.",
    )
    pixels: int = Field(
        224,
        ge=16,
        description="Of an image, 1.8 mm wide. Clinical CT has 512, which the networks below would not see: it is "
        "scaled down for them.",
    )
    slice_mm: float = Field(
        5.0,
        gt=0,
        description="Between images. The paper’s CT has slices of 0.625 mm, 8 times as many, which differ less still.",
    )
    lesion_images: int = Field(
        10,
        ge=1,
        description="Most images of lesions a patient, both phases together, evenly taken; the paper has 4,212 (21 a "
        "patient). What two CPU cores can train in the time.",
    )
    liver_images: int = Field(
        4,
        ge=1,
        description="Images of the whole liver a patient, for the first network; the paper has 1,800 (9 a patient). "
        "What two CPU cores can train in the time.",
    )
    largest_share: float = Field(
        0.4,
        gt=0,
        le=1,
        description="Lesions cover less than this share of the liver in an image, else it is left out; “Material and "
        "methods”.",
    )
    smallest_mm2: float = Field(
        40.0, gt=0, description="Lesions cover at least this in an image: a disc of 7 mm. The paper does not tell."
    )


class LiverSettings(Group):
    """The first network and its training."""

    channels: tuple[int, int, int] = Field((128, 64, 128), description="Filters; “Liver segmentation”.")
    kernels: tuple[int, int, int] = Field(
        (7, 3, 3), description="Sides of the convolutions, in pixels; the paper does not tell them."
    )
    dilations: tuple[int, int, int] = Field(
        (1, 4, 8),
        description="Distance of the convolutions’ taps, in pixels; the paper does not tell it. Three plain 3 × 3 "
        "convolutions with their poolings see 13 pixels around one, too few to tell liver from spleen; so they see 37.",
    )
    pixels: int = Field(
        80, ge=16, description="Sides of the network’s images, 5 mm wide: time. The paper does not tell them."
    )
    epochs: int = Field(
        14, ge=1, description="Times that every image is shown; the paper’s 200 take hours on two CPU cores."
    )
    batch: int = Field(32, ge=2, description="Images a minibatch; “Formulas and equations”.")
    learning_rate: float = Field(
        2e-3,
        gt=0,
        description="Of Adam, at the beginning; it falls to 0 along half a cosine. The paper does not tell it.",
    )
    beta1: float = Field(0.9, ge=0, lt=1, description="Of Adam; “Formulas and equations”.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Of Adam; “Formulas and equations”.")
    smallest_part: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Parts of the predicted liver below this share of the largest are left out, holes are filled: the "
        "“basic image processing techniques” between perimeter and region of interest, which the paper does not tell.",
    )
    tolerance: float = Field(
        0.7, ge=0, description="Pixels that the perimeter’s polygon may lie beside the outline: fewer points."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _check_odd(self.kernels)
        return self


class LesionSettings(Group):
    """The second network, the MDL-CNN, and its training."""

    base: str = Field(
        "resnet18",
        description="A ResNet of torchvision’s. The paper’s is ResNet101, which takes several times as long: time.",
    )
    weights: str = Field(
        "none",
        description="The base’s first weights: none (random), torchvision (fetched over the internet), or a file. The "
        "paper’s base is pre-trained, it does not tell on what; nothing is fetched unless asked for.",
    )
    stages: tuple[int, ...] = Field(
        (1, 2, 3),
        min_length=1,
        description="Of the base, which the channels see together, on the grid of the first. The last one’s cells "
        "alone are as wide as many a lesion.",
    )
    location: Seven = Field(
        (256, 128, 64, 32, 64, 128, 256),
        description="Filters of the location channel: the paper says that it has seven layers, not how wide; here as "
        "the classification channel.",
    )
    classification: Seven = Field(
        (256, 128, 64, 32, 64, 128, 256),
        description="Filters of the classification channel; “Liver lesion location and classification”.",
    )
    kernels: Seven = Field(
        (1, 3, 3, 3, 3, 3, 3),
        description="Sides of both channels’ convolutions, which the paper does not tell; the first only mixes what "
        "the base gives.",
    )
    pixels: int = Field(
        96,
        ge=32,
        description="Sides of the network’s images, which show the liver alone (a pixel 2 to 3 mm wide): time. The "
        "paper does not tell them.",
    )
    margin: float = Field(
        0.05, ge=0, description="Around the predicted liver, as a share of its size: lesions reach over its outline."
    )
    epochs: int = Field(24, ge=1, description="Times that every image is shown; the paper does not tell it.")
    batch: int = Field(32, ge=2, description="Images a minibatch; “Formulas and equations”.")
    learning_rate: float = Field(
        1e-3,
        gt=0,
        description="Of Adam, at the beginning: Adam’s default; it falls to 0 along half a cosine. The paper does not "
        "tell it.",
    )
    beta1: float = Field(0.9, ge=0, lt=1, description="Of Adam; “Formulas and equations”.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Of Adam; “Formulas and equations”.")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability of a lesion above which a pixel belongs to one: the likelier of two."
    )
    smallest_mm2: float = Field(20.0, ge=0, description="Smaller spots are no lesions: a disc of 5 mm.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if any(stage not in (1, 2, 3, 4) for stage in self.stages) or list(self.stages) != sorted(set(self.stages)):
            raise ValueError("stages must be some of 1, 2, 3, 4, in order")
        _check_odd(self.kernels)
        return self


class Settings(PaperSettings):
    """A whole reproduction."""

    images: ImageSettings = ImageSettings()
    liver: LiverSettings = LiverSettings()
    lesions: LesionSettings = LesionSettings()
    patients: int = Field(200, ge=8, description="Phantoms, a quarter of each class; “Material and methods”.")
    training_share: float = Field(
        0.7, gt=0, lt=1, description="Of images, or of patients, for training; the rest is the test; “Results”."
    )
    seed: int = Field(0, ge=0, description="Of everything that is drawn.")


def quick(settings: Settings) -> Settings:
    """The same with few patients and short trainings (`--quick`): enough to see that everything works."""
    return settings.model_copy(
        update={
            "images": settings.images.model_copy(update={"lesion_images": 6}),
            "liver": settings.liver.model_copy(update={"epochs": 12, "pixels": 64}),
            "lesions": settings.lesions.model_copy(update={"epochs": 30, "pixels": 64}),
            "patients": 24,
        }
    )
