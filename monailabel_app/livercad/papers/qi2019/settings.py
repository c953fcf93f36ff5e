"""What the paper says and what it leaves open: each setting with its name and its reason, shown on the results page.

The defaults, `PAPER`, are of the paper's own size; `ON_TWO_CORES` is what runs within an hour where nothing else is
asked for, each deviation with its reason.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from livercad.networks.base_weights import NONE, TORCHVISION
from livercad.networks.inception_resnet import Size
from livercad.papers.settings import Deviations, Group, PaperSettings


class NetworkSettings(Group):
    """Mt-Net and Sn-Net."""

    side: int = Field(
        299,
        ge=107,
        description="Of the networks’ images, in pixels; section 3.3. At 299 the last maps, and with them where a "
        "network looks, are 8 × 8 pixels, at 203 they are 5 × 5, and below 107 a single one.",
    )
    divisor: int = Field(
        1,
        description="Channels of Tables 1 and 2 are divided by it: 1, 2, 4, 8 or 16.",
    )
    shallow: int = Field(
        1,
        ge=1,
        description="Numbers of repeated blocks in Tables 1 and 2 are divided by it, rounded down. By 10, 1, 2 and 0 "
        "of Mt-Net’s 10, 20 and 9 are left, and its last one.",
    )
    strength: float = Field(
        1.0, ge=0, description="λ of equation 4: what the other network’s map counts. The paper does not tell its own."
    )
    keep: float = Field(0.8, gt=0, le=1, description="What dropout keeps; “Experimental setups and training”.")
    mt_weights: str = Field(
        NONE,
        description="First weights of Mt-Net: none (random), or a file of Inception-ResNet-v2’s with timm’s names. The "
        "paper’s are of ImageNet; nothing is fetched unless asked for, and narrow networks have none. timm’s last "
        "block adds its residual whole; here it adds a fifth of it, as Table 1 has it.",
    )
    sn_weights: str = Field(
        NONE,
        description="First weights of Sn-Net: none (random), torchvision (fetched over the internet), or a file of "
        "Inception-v3’s with torchvision’s names. As of Mt-Net.",
    )

    @property
    def size(self) -> Size:
        """How wide and deep."""
        return Size(self.divisor, self.shallow)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _ = self.size
        if self.mt_weights == TORCHVISION:
            raise ValueError("mt_weights must be none or a file: torchvision has no Inception-ResNet-v2")
        if (self.mt_weights, self.sn_weights) != (NONE, NONE) and self.size != Size():
            raise ValueError("first weights are of whole networks: set divisor and shallow to 1")
        return self


class TrainingSettings(Group):
    """Training of Mt-Net, Sn-Net and GoogLeNet."""

    epochs: int = Field(
        30,
        ge=1,
        description="Times that every image is shown; the paper does not tell it. The epoch with the highest F-β of "
        "validation counts.",
    )
    batch: int = Field(
        10,
        ge=3,
        description="Images a minibatch; “Experimental setups and training”. By twos, an odd number of images would "
        "leave one that cannot be normalised by itself.",
    )
    learning_rate: float = Field(1.0, gt=0, description="Of ADADELTA: Zeiler’s own has none, which is 1.")
    rho: float = Field(0.9, gt=0, lt=1, description="Of ADADELTA: PyTorch’s and MXNet’s default. The paper tells none.")
    epsilon: float = Field(
        1e-6, gt=0, description="Of ADADELTA: Zeiler’s and PyTorch’s. The paper tells none; MXNet’s default is 1e-5."
    )
    decay: float = Field(1e-4, ge=0, description="λ of the L2 regularisation; “Experimental setups and training”.")


class HanSettings(Group):
    """GoogLeNet, as Han et al. (section 5.2.4)."""

    side: int = Field(255, ge=32, description="Of its images, in pixels; section 5.2.4.")
    divisor: int = Field(1, description="Channels are divided by it: 1, 2, 4 or 8.")
    weights: str = Field(
        NONE,
        description="First weights: none (random), torchvision (fetched over the internet), or a file with "
        "torchvision’s names. The paper does not tell them.",
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.divisor not in (1, 2, 4, 8):
            raise ValueError("divisor must be 1, 2, 4 or 8")
        if self.weights != NONE and self.divisor != 1:
            raise ValueError("first weights are of the whole network: set divisor to 1")
        return self


class ChengSettings(Group):
    """The stacked denoising autoencoder, as Cheng et al. (section 5.2.4)."""

    side: int = Field(28, ge=8, description="Of its images, in pixels; section 5.2.4.")
    patch: float = Field(
        0.6,
        gt=0,
        le=1,
        description="Of the image’s height and width, around the lesion: “a 60% patch”; section 5.2.4.",
    )
    layers: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (400, 200, 100, 50, 25),
        min_length=1,
        description="Units of the hidden layers; with its input and its output the autoencoder has “7 layers”. The "
        "paper does not tell how wide they are.",
    )
    noise: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the values that are set to 0 in pre-training; the paper does not tell it.",
    )
    pretraining_epochs: int = Field(30, ge=1, description="For each layer; the paper does not tell it.")
    epochs: int = Field(100, ge=1, description="For the classes; the paper does not tell it.")
    batch: int = Field(10, ge=1, description="Images a minibatch; the paper tells it of its own networks.")
    learning_rate: float = Field(1e-3, gt=0, description="Of Adam: its default. The paper does not tell it.")


class PhantomSettings(Group):
    """Phantoms of the liver, where no images are named."""

    cases: int = Field(
        2047,
        ge=24,
        description="As many as the paper has patients, with 8145 images of the breast. Here three images each on "
        "average, of cysts, haemangiomas, carcinomas and metastases in the proportions of Yamakawa 2020, Table I.",
    )
    columns: int = Field(
        256, ge=96, description="Of their images, in pixels, three quarters as many rows. The paper does not tell."
    )


class Settings(PaperSettings):
    """A whole reproduction."""

    networks: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    han: HanSettings = HanSettings()
    cheng: ChengSettings = ChengSettings()
    phantoms: PhantomSettings = PhantomSettings()
    crops: int = Field(5, ge=1, description="Squares of an image in validation and test; “Multi-input prediction”.")
    beta: float = Field(2.0, gt=0, description="Of the F-β score; section 5.1.")
    seed: int = Field(0, ge=0, description="Of everything that is drawn.")


PAPER = Settings()
"""What the paper tells, and what we chose where it tells nothing. First weights have to be named besides."""
SOONER = "two CPU cores have an hour for everything"
ON_TWO_CORES: Deviations = {
    "networks.side": (203, f"{SOONER}, and 299 are twice as many pixels"),
    "networks.divisor": (8, f"{SOONER}; so many random weights would need more images"),
    "networks.shallow": (10, SOONER),
    "han.side": (173, f"{SOONER}, and 255 are twice as many pixels"),
    "han.divisor": (8, f"{SOONER}; as narrow as what it is compared with"),
    "phantoms.cases": (180, SOONER),
}
"""Deviations from the paper's size where nothing else is asked for."""
TRY = "only to see that it works"
QUICK: Deviations = {
    **ON_TWO_CORES,
    "networks.side": (107, TRY),
    "networks.divisor": (16, TRY),
    "training.epochs": (3, TRY),
    "han.side": (95, TRY),
    "cheng.pretraining_epochs": (5, TRY),
    "cheng.epochs": (20, TRY),
    "phantoms.cases": (40, TRY),
    "phantoms.columns": (160, TRY),
}
"""Deviations of `--quick`."""
