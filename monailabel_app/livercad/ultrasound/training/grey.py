"""The small network learns to look: types of lesions in regions, masses on whole images, both at once, on phantoms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square
from livercad.core.ultrasound import Question
from livercad.learning.checkpoint import read_checkpoint, write_checkpoint
from livercad.models.convert import content_sha256
from livercad.models.shipping import Trained, write_trained
from livercad.networks.planar_features import GreyFeatures
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.backbone import Backbone
from livercad.ultrasound.pooling import WHOLE, Pooling, pooled
from livercad.ultrasound.predictor import MODEL, ModelDescription, tensors_of
from livercad.ultrasound.training.examples import Examples, examples_of
from livercad.ultrasound.views import View

NAME = "ultrasound-grey-phantom"
CODE = (
    "livercad.core.planar_roi", "livercad.networks.planar_features", "livercad.ultrasound.pooling",
    "livercad.ultrasound.sector", "livercad.ultrasound.views", __name__,
)  # fmt: skip

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GreyRecipe:
    """Settings of the training. All our choice.

    Parameters
    ----------
    steps : int
        Batches.
    regions, wholes : int
        Regions around lesions, and whole images, in a batch.
    region_pixels, whole_pixels : int
        Along their sides.
    learning_rate, weight_decay : float
        Of AdamW; the rate falls to zero along a cosine.
    smoothing : float
        Of labels: phantoms are never as sure as theirs.
    ratios : tuple of float
        D/L is drawn between these.
    shift, angle : float
        How far a square's middle lies off the lesion's or image's at most, in sides, and how far it is turned, degrees.
    margins : tuple of float
        The square of a whole image is drawn between so many times its longer side: sectors do not all fill it.
    contrast, brightness : float
        Greys are multiplied by up to so much more or less, and up to so much is added or taken.
    seed : int
        Of weights and all that is drawn.
    checkpoint_every : int
        Steps.
    """

    steps: int = 320
    regions: int = 24
    wholes: int = 12
    region_pixels: int = 64
    whole_pixels: int = 160
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    smoothing: float = 0.05
    ratios: tuple[float, float] = (0.35, 1.1)
    shift: float = 0.08
    angle: float = 10.0
    margins: tuple[float, float] = (0.95, 1.6)
    contrast: float = 0.25
    brightness: float = 25.0
    seed: int = 0
    checkpoint_every: int = 40


class _Learner(nn.Module):
    """The network and its two questions."""

    def __init__(self, types: int) -> None:
        super().__init__()
        self.features = GreyFeatures()
        width = sum(self.features.widths)
        self.types = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, types))
        self.masses = nn.Sequential(nn.BatchNorm1d(len(WHOLE) * width), nn.Linear(len(WHOLE) * width, 2))

    def forward(self, regions: Tensor, wholes: Tensor, sectors: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of types and of masses; what may count of a whole image counts together here."""
        maps = self.features(wholes)
        seen = torch.cat([pooled(maps, pooling, sectors) for pooling in WHOLE], dim=1)
        return self.types(pooled(self.features(regions), Pooling.MEAN)), self.masses(seen)


def train_grey(
    collection: Collection, title: str, output: Path, recipe: GreyRecipe | None = None, progress: Progress = silent
) -> Path:
    """Train the small network, or go on where an interrupted training stopped.

    Parameters
    ----------
    collection : Collection
        Phantoms with lesions of several types, and without.
    title : str
        Of the images, in words.
    output : Path
        Folder for the checkpoint and the file.
    recipe : GreyRecipe, optional
        The defaults if not given.
    progress : Progress
        Told of every step; may raise `Cancelled`.

    Returns
    -------
    Path
        Of a model's file without answers, to be named as ``--weights``.
    """
    recipe = recipe or GreyRecipe()
    by_question = {each.question: each for each in examples_of(collection, 1)[0]}
    types, masses = by_question[Question.TYPE], by_question[Question.MASS]
    torch.manual_seed(recipe.seed)
    learner = _Learner(len(types.classes))
    optimizer = torch.optim.AdamW(learner.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    identity = _identity(collection, recipe)
    state = read_checkpoint(output, identity)
    start = 0
    if state:
        start = int(state["step"])
        learner.load_state_dict(state["learner"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    whole = View(None, recipe.whole_pixels, Pooling.STRONGEST)
    seen = [(_fine(whole, image.array), whole.sector(image.array, None)) for image in collection.images]
    learner.train()
    for step in range(start, recipe.steps):
        # What a step draws depends on its number only, so that a resumed training draws the same.
        rng = np.random.default_rng((recipe.seed, step))
        regions, kinds = _regions(collection, types, recipe, rng)
        wholes, sectors, shown = _wholes(seen, masses, recipe, rng)
        told = learner(regions, wholes, sectors)
        loss = loss_of(told[0], kinds) + loss_of(told[1], shown)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        progress(step + 1, recipe.steps, f"training the small network, loss {loss.item():.2f}")
        if (step + 1) % recipe.checkpoint_every == 0:
            parts = {"learner": learner, "optimizer": optimizer, "schedule": schedule}
            own = {name: each.state_dict() for name, each in parts.items()}
            write_checkpoint(output, own | {"step": step + 1, "identity": identity})
    tensors = tensors_of(learner.features.eval(), {})
    description = ModelDescription(
        name=NAME, title=NAME, trained_on=title, backbone=Backbone.GREY, heads={},
        weights_sha256=content_sha256(tensors),
    )  # fmt: skip
    record = {MODEL: description.model_dump(mode="json"), "recipe": asdict(recipe), "training": identity}
    return write_trained(Trained(NAME, tensors, record), output)


def _regions(
    collection: Collection, examples: Examples, recipe: GreyRecipe, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Regions around lesions, and labels."""
    chosen, squares = _evenly(examples, recipe.regions, rng), []
    for place in chosen.tolist():
        ratio = float(np.exp(rng.uniform(*np.log(recipe.ratios))))
        cut = _cutter(recipe.region_pixels, ratio, recipe, rng)
        squares.append(cut(collection.images[int(examples.rows[place])].array, examples.circles[place]))
    return _varied(squares, recipe, rng), torch.from_numpy(examples.labels[chosen])


def _fine(view: View, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The view's square at twice its resolution: cut again and again faster than the image, and hardly less sharp."""
    return np.round(View(view.ratio, 2 * view.pixels).cut(image, None)).astype(np.uint8)


def _wholes(
    seen: Sequence[tuple[npt.NDArray[np.uint8], Array | None]],
    examples: Examples,
    recipe: GreyRecipe,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Whole images, how much of each pixel lies in the sector, and labels; `seen` has the first two of all images."""
    chosen, squares, sectors = _evenly(examples, recipe.wholes, rng), [], []
    for row in examples.rows[chosen].tolist():
        image, sector = seen[row]
        assert sector is not None  # a whole image has one
        ratio = float(np.exp(-rng.uniform(*np.log(recipe.margins))))
        cut = _cutter(recipe.whole_pixels, ratio, recipe, rng)
        squares.append(cut(image, None))
        sectors.append(cut(sector, None))
    labels = torch.from_numpy(examples.labels[chosen])
    return _varied(squares, recipe, rng), torch.from_numpy(np.stack(sectors)), labels


def _cutter(
    pixels: int, ratio: float, recipe: GreyRecipe, rng: np.random.Generator
) -> Callable[[npt.NDArray[Any], Circle | None], Array]:
    """Draw where a square lies, how it is turned, if it is mirrored; what comes back cuts it (no circle: of all)."""
    angle = float(rng.uniform(-recipe.angle, recipe.angle))
    shift = (float(rng.uniform(-recipe.shift, recipe.shift)), float(rng.uniform(-recipe.shift, recipe.shift)))
    is_mirrored = rng.random() < 0.5

    def cut(image: npt.NDArray[Any], circle: Circle | None) -> Array:
        around = circle or View(None, pixels).circle_on(image, None)
        square = planar_square(image, around, pixels, ratio=ratio, angle=angle, shift=shift)
        return square[:, ::-1].copy() if is_mirrored else square

    return cut


def _evenly(examples: Examples, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw examples, each class as often."""
    kinds = rng.integers(len(examples.classes), size=count)
    return np.array([rng.choice(np.flatnonzero(examples.labels == kind)) for kind in kinds])


def _varied(squares: Sequence[Array], recipe: GreyRecipe, rng: np.random.Generator) -> Tensor:
    """Brighter or darker; black stays black, as it is outside the sector."""
    varied = []
    for seen in squares:
        gain = float(np.exp(rng.uniform(-1, 1) * np.log(1 + recipe.contrast)))
        added = rng.uniform(-recipe.brightness, recipe.brightness)
        varied.append(np.where(seen > 0, np.clip(seen * gain + added, 0, 255), 0))
    return torch.from_numpy(np.stack(varied)[:, None].astype(np.float32))


def _identity(collection: Collection, recipe: GreyRecipe) -> str:
    content = hashlib.sha256(f"{code_hash(*CODE)} {recipe}".encode())
    for listed, image in zip(collection.listed, collection.images, strict=True):
        content.update(f"{listed.name} {listed.kind} {listed.lesions}".encode() + image.array.tobytes())
    return content.hexdigest()
