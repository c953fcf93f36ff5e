"""What the paper says and what it leaves open: each setting with its name and its reason, shown on the results page.

The defaults run on two CPU cores within an hour; where they are not the paper's, the reason says so and what the paper
has. `PAPER` is the paper's own size.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from livercad.networks.base_weights import NONE, TORCHVISION
from livercad.networks.inception_resnet import Size
from livercad.papers.settings import Group, PaperSettings


class NetworkSettings(Group):
    """Mt-Net and Sn-Net."""

    side: int = Field(
        203,
        ge=107,
        description="Of the networks’ images, in pixels. The paper’s 299 are twice as many pixels: time. At 203 "
        "the last maps, and with them where a network looks, are 5 × 5 pixels, at 299 they are 8 × 8, and below 107 a "
        "single one.",
    )
    divisor: int = Field(
        8,
        description="Channels of Tables 1 and 2 are divided by it: 1, 2, 4, 8 or 16. The paper’s 1 takes many "
        "times as long, and so many random weights need more images: time.",
    )
    shallow: int = Field(
        10,
        ge=1,
        description="Numbers of repeated blocks in Tables 1 and 2 are divided by it, rounded down: 1, 2 and 0 of "
        "Mt-Net’s 10, 20 and 9 are left, and its last one. The paper’s is 1: time.",
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
        description="Times that every image is shown. The paper does not tell it; what two CPU cores can train in the "
        "time. The epoch with the highest F-β of validation counts.",
    )
    batch: int = Field(10, ge=2, description="Images a minibatch; “Experimental setups and training”.")
    learning_rate: float = Field(1.0, gt=0, description="Of ADADELTA: Zeiler’s own has none, which is 1.")
    rho: float = Field(0.9, gt=0, lt=1, description="Of ADADELTA: PyTorch’s and MXNet’s default. The paper tells none.")
    epsilon: float = Field(
        1e-6, gt=0, description="Of ADADELTA: Zeiler’s and PyTorch’s. The paper tells none; MXNet’s default is 1e-5."
    )
    decay: float = Field(1e-4, ge=0, description="λ of the L2 regularisation; “Experimental setups and training”.")


class HanSettings(Group):
    """GoogLeNet, as Han et al. (section 5.2.4)."""

    side: int = Field(
        173, ge=32, description="Of its images, in pixels. The paper’s 255 are twice as many pixels: time."
    )
    divisor: int = Field(
        8,
        description="Channels are divided by it: 1, 2, 4 or 8. The paper’s is 1: time, and as narrow as what it is "
        "compared with.",
    )
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
    layers: tuple[int, ...] = Field(
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
        180,
        ge=24,
        description="With three images each on average, of cysts, haemangiomas, carcinomas and metastases in the "
        "proportions of Yamakawa 2020, Table I. The paper has 2047 patients with 8145 images of the breast: time.",
    )
    columns: int = Field(256, ge=96, description="Of their images, in pixels, three quarters as many rows: time.")


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


PAPER = Settings(networks=NetworkSettings(side=299, divisor=1, shallow=1), han=HanSettings(side=255, divisor=1))
"""What the paper tells, and the defaults where it tells nothing. First weights have to be named besides."""


def quick(settings: Settings) -> Settings:
    """The same with few phantoms and short trainings (`--quick`): enough to see that everything works."""
    return settings.model_copy(
        update={
            "networks": settings.networks.model_copy(update={"side": 107, "divisor": 16}),
            "training": settings.training.model_copy(update={"epochs": 3}),
            "han": settings.han.model_copy(update={"side": 95}),
            "cheng": settings.cheng.model_copy(update={"epochs": 20, "pretraining_epochs": 5}),
            "phantoms": settings.phantoms.model_copy(update={"cases": 40, "columns": 160}),
        }
    )
