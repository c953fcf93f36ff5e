"""The numbers of Shah 2021, to stand beside ours. Each names its place in the paper."""

from __future__ import annotations

from dataclasses import dataclass

CITATION = (
    "Shah S, Mishra R, Szczurowska A, Guziński M. Non-invasive multi-channel deep learning convolutional neural "
    "networks for localization and classification of common hepatic lesions. Pol J Radiol 2021;86:e440–e448"
)


@dataclass(frozen=True)
class PublishedOverlap:
    """Overlap of predicted and marked areas.

    Parameters
    ----------
    dice, voe, rvd : float
        Shares, 1 being 100 %; equations 4 to 6.
    """

    dice: float
    voe: float
    rvd: float


@dataclass(frozen=True)
class PublishedClasses:
    """Classification into the four diseases.

    Parameters
    ----------
    accuracy, sensitivity, specificity : float
        Equations 7 to 9.
    loss : float
        “The loss found in the model after training”.
    """

    accuracy: float
    sensitivity: float
    specificity: float
    loss: float


@dataclass(frozen=True)
class OtherMethod:
    """What the paper compares itself with (“Discussion”).

    Parameters
    ----------
    name : str
        As the paper cites it.
    dice, voe, rvd : float
        Of the liver. The paper gives Dice as differences to its own 96.18 %: 1.88, 1.68 and 0.96 %.
    """

    name: str
    dice: float
    voe: float
    rvd: float


LIVER = PublishedOverlap(dice=0.9618, voe=0.102, rvd=0.084)
"""“Results”: averages “found after testing”."""
LESIONS = PublishedOverlap(dice=0.957, voe=0.098, rvd=0.082)
"""“Results”: liver lesion location; the paper does not say of which images."""
CLASSES = PublishedClasses(accuracy=0.9878, sensitivity=0.9867, specificity=0.9882, loss=0.02)
"""“Results”: “for the training set”."""
OTHERS = (
    OtherMethod("Li et al.", dice=0.9618 - 0.0188, voe=0.092, rvd=-0.112),
    OtherMethod("Christ et al.", dice=0.9618 - 0.0168, voe=0.107, rvd=-0.014),
    OtherMethod("Budak et al.", dice=0.9618 - 0.0096, voe=0.0905, rvd=0.0703),
)

PATIENTS, PATIENTS_A_CLASS = 200, 50
"""“Results”, “Material and methods”."""
LIVER_IMAGES, LESION_IMAGES = 1800, 4212
"""“Material and methods”: for training the first and the second network."""
TRAINING_SHARE = 0.7
LIVER_EPOCHS, BATCH = 200, 32
SLICE_MM = 0.625
LIVER_CHANNELS = (128, 64, 128)
CLASSIFICATION_CHANNEL = (256, 128, 64, 32, 64, 128, 256)
BASE = "resnet101"
