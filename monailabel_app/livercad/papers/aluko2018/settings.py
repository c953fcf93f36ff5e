"""What a reproduction depends on: the paper's numbers where it has them, else a choice with its reason.

`Settings()` is the paper's size. `ON_PHANTOMS` and `QUICK` name every deviation with its reason.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from livercad.networks.base_weights import NONE
from livercad.networks.faster_rcnn import ANCHORS, RATIOS, Backbone
from livercad.papers.settings import Deviations, Group, PaperSettings
from livercad.studies.deeplesion.rows import CoarseType


class SplitBy(StrEnum):
    """Who is in training, validation and test."""

    AUTO = "auto"
    """The data set's own split where it has training and test images of the chosen types, else by patient."""
    OWN = "own"
    PATIENTS = "patients"


class DataSettings(Group):
    """From DeepLesion to images (section 3)."""

    window: tuple[float, float] = Field(
        (-175.0, 275.0), description="HU of black and white; “the appropriate windowing”. Most liver scans' own window."
    )
    types: tuple[CoarseType, ...] = Field((CoarseType.LIVER,), description="Coarse types; liver, section 3.")
    with_noisy: bool = Field(False, description="Annotations that DeepLesion marks as possibly noisy; not told.")
    split: SplitBy = Field(
        SplitBy.AUTO,
        description="The paper has 1989/179/203 images. DeepLesion tells no types for its own training set, so "
        "that its own split has no liver lesion to train on; patients are then drawn in the paper's shares.",
    )


class OneBoxSettings(Group):
    """The baseline network (sections 4.1.2, 5.1)."""

    size: int = Field(512, ge=16, description="Rows and columns of the image; section 3.")
    filters: tuple[int, int, int, int] = Field(
        (16, 16, 32, 32), description="Of the four convolutions: Figure 2's dimensions are not in the text."
    )
    kernel: int = Field(3, ge=1, description="Side of the convolutions; Figure 2, not in the text.")
    pool: int = Field(2, ge=1, description="Side of the poolings; Figure 2, not in the text.")
    batch: int = Field(8, ge=1, description="Section 5.1.1.")
    learning_rate: float = Field(0.003, gt=0, description="Of Adam with β 0.9 and 0.999; sections 4.1.1, 5.1.1.")
    epochs: int = Field(150, ge=1, description="Section 5.1.3.")


class VggSettings(Group):
    """The baseline with VGG-16's features (sections 4.2, 5.1)."""

    size: int = Field(512, ge=32, description="Rows and columns of the image; section 3.")
    dropout: float = Field(0.05, ge=0, lt=1, description="Section 5.1.1; before the dense layer, which is not told.")
    batch: int = Field(1, ge=1, description="Section 5.1.1.")
    learning_rate: float = Field(0.0001, gt=0, description="Of Adam with β 0.9 and 0.999; sections 4.1.1, 5.1.1.")
    epochs: int = Field(70, ge=1, description="Section 5.1.3.")
    frozen: bool = Field(True, description="Whether VGG-16 keeps its weights; not told, usual for its features.")
    front_ends: tuple[int, ...] = Field(
        (2, 3, 4), description="Blocks that the first way takes its features from; section 4.2."
    )


class DetectorSettings(Group):
    """Faster R-CNN (sections 4.3, 5.2)."""

    size: int = Field(512, ge=64, multiple_of=32, description="Rows and columns of the image; section 3.")
    backbones: tuple[Backbone, ...] = Field(
        (Backbone.RESNET50, Backbone.VGG16, Backbone.SMALL),
        min_length=1,
        description="The first is the paper's (section 5.2); others are compared with it, as section 7 wished.",
    )
    stride: int = Field(16, description="Pixels a cell of the features: that of the implementation in reference [7].")
    anchors: tuple[float, ...] = Field(ANCHORS, description="Pixels of a 512 × 512 slice; section 5.2.")
    ratios: tuple[float, ...] = Field(RATIOS, description="Height over width; section 5.2.")
    max_pooling: bool = Field(True, description="“performs max pooling”, section 4.3; else RoIAlign.")
    pooled: int = Field(7, ge=2, description="Cells along a pooled region; as Fast R-CNN has it, not told.")
    units: int = Field(1024, ge=8, description="Of the two dense layers of the head; torchvision's, not told.")
    negative_iou: float = Field(
        0.3, gt=0, le=0.7, description="Anchors of less are background. The paper's text says 0.7, as if none were "
        "left out; Ren et al. 2015 leave out those between."
    )  # fmt: skip
    proposals: int = Field(300, ge=10, description="Regions that the head looks at; Ren et al. 2015.")
    rois: int = Field(64, ge=4, description="Of these, how many a training step takes of an image; not told.")
    regression_weight: float = Field(1.0, gt=0, description="λ of equation 1, whose value is not told.")
    batch: int = Field(2, ge=1, description="Images; not told.")
    learning_rate: float = Field(1e-4, gt=0, description="Of Adam; not told. It falls along half a cosine.")
    epochs: int = Field(150, ge=1, description="Section 5.2.")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Score from which a box counts in the paper's two numbers; not told."
    )
    types_backbone: Backbone | None = Field(
        Backbone.RESNET50,
        description="Of the detector that tells types apart as well; section 7. None: it is left out.",
    )


class WeightSettings(Group):
    """Where ImageNet's weights come from."""

    vgg16: str = Field(NONE, description="“none”, “torchvision” (which fetches them), or a file of them.")
    resnet50: str = Field(NONE, description="“none”, “torchvision” (which fetches them), or a file of them.")


class PhantomSettings(Group):
    """The phantoms, where no data are named."""

    patients: int = Field(1000, ge=10, description="Enough for the paper's 2371 images.")
    size: int = Field(512, ge=64, description="Pixels of the slices; section 3.")
    slice_mm: float = Field(5.0, gt=0, description="Distance of the slices; DeepLesion has 1 and 5 mm.")
    main_only: bool = Field(True, description="Only the main lesion of a slice is marked: the noise of section 6.")


class Settings(PaperSettings):
    """A whole reproduction."""

    data: DataSettings = DataSettings()
    one_box: OneBoxSettings = OneBoxSettings()
    vgg: VggSettings = VggSettings()
    detector: DetectorSettings = DetectorSettings()
    weights: WeightSettings = WeightSettings()
    phantoms: PhantomSettings = PhantomSettings()
    seed: int = Field(0, ge=0, description="Of everything that is drawn.")


SOONER = "two CPU cores have an hour for everything"
ON_PHANTOMS: Deviations = {
    "phantoms.patients": (200, f"{SOONER}; making a phantom takes seconds"),
    "phantoms.size": (256, f"the networks see no more here, and {SOONER}"),
    "one_box.size": (128, f"{SOONER}; its coordinates are shares of the image"),
    "one_box.epochs": (40, "it knows its training images by then, as the paper's does"),
    "vgg.size": (128, f"{SOONER}: VGG-16 costs 60 times the baseline"),
    "vgg.epochs": (8, SOONER),
    "vgg.batch": (8, "the learning rate is higher in the same measure"),
    "vgg.learning_rate": (0.0008, "the batch is larger in the same measure"),
    "detector.size": (192, f"{SOONER}; anchors shrink with it"),
    "detector.stride": (8, "slices are smaller, so that a lesion is still some cells wide"),
    "detector.batch": (4, "batch normalisation learns its statistics where no weights are given"),
    "detector.epochs": (10, SOONER),
    "detector.units": (256, f"{SOONER}; there are fewer images to learn from"),
    "detector.learning_rate": (3e-4, "few steps are taken, from random weights"),
    "detector.types_backbone": (Backbone.SMALL, SOONER),
}
"""Deviations from the paper's size where nothing else is asked for."""
QUICK: Deviations = {
    **ON_PHANTOMS,
    "phantoms.patients": (20, "only to see that it works"),
    "phantoms.size": (128, "only to see that it works"),
    "one_box.size": (64, "only to see that it works"),
    "one_box.epochs": (4, "only to see that it works"),
    "vgg.size": (64, "only to see that it works"),
    "vgg.epochs": (1, "only to see that it works"),
    "detector.size": (128, "only to see that it works"),
    "detector.epochs": (2, "only to see that it works"),
    "detector.units": (64, "only to see that it works"),
}
"""Deviations of `--quick`."""
