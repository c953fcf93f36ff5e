"""The small network learns to look: types of lesions in regions, masses on whole images, both at once, on phantoms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.core.planar_roi import planar_square
from livercad.core.ultrasound import Question
from livercad.learning.checkpoint import read_checkpoint, write_checkpoint
from livercad.models.convert import content_sha256
from livercad.models.shipping import Trained, write_trained
from livercad.networks.planar_features import GreyFeatures, Maps
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.backbone import Backbone
from livercad.ultrasound.predictor import MODEL, ModelDescription, tensors_of
from livercad.ultrasound.training.examples import Examples, examples_of
from livercad.ultrasound.views import View

NAME = "ultrasound-grey-phantom"
CODE = ("livercad.core.planar_roi", "livercad.networks.planar_features", __name__)

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
        How far a region's middle lies off the lesion's at most, in sides, and how far it is turned, degrees.
    contrast, brightness : float
        Greys are multiplied by up to so much more or less, and up to so much is added or taken.
    seed : int
        Of weights and all that is drawn.
    checkpoint_every : int
        Steps.
    """

    steps: int = 160
    regions: int = 32
    wholes: int = 8
    region_pixels: int = 64
    whole_pixels: int = 160
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    smoothing: float = 0.05
    ratios: tuple[float, float] = (0.35, 1.1)
    shift: float = 0.08
    angle: float = 10.0
    contrast: float = 0.25
    brightness: float = 25.0
    seed: int = 0
    checkpoint_every: int = 20


class _Learner(nn.Module):
    """The network and its two questions."""

    def __init__(self, types: int) -> None:
        super().__init__()
        self.features = GreyFeatures()
        width = sum(self.features.widths)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(2))
        self.answers = nn.ModuleList((nn.Linear(width, types), nn.Linear(width, 2)))

    def forward(self, images: Tensor, question: int) -> Tensor:
        logits: Tensor = self.answers[question](self.norms[question](_pooled(self.features(images))))
        return logits


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
    learner.train()
    for step in range(start, recipe.steps):
        # What a step draws depends on its number only, so that a resumed training draws the same.
        rng = np.random.default_rng((recipe.seed, step))
        regions, kinds = _regions(collection, types, recipe, rng)
        wholes, shown = _wholes(collection, masses, recipe, rng)
        loss = loss_of(learner(regions, 0), kinds) + loss_of(learner(wholes, 1), shown)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        progress(step + 1, recipe.steps, f"training the small network, loss {loss.item():.2f}")
        if (step + 1) % recipe.checkpoint_every == 0:
            told = {"learner": learner.state_dict(), "optimizer": optimizer.state_dict()}
            write_checkpoint(output, told | {"schedule": schedule.state_dict(), "step": step + 1, "identity": identity})
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
    chosen = _evenly(examples, recipe.regions, rng)
    squares = [
        planar_square(
            collection.images[int(examples.rows[place])].array,
            circle,
            recipe.region_pixels,
            ratio=float(np.exp(rng.uniform(*np.log(recipe.ratios)))),
            angle=float(rng.uniform(-recipe.angle, recipe.angle)),
            shift=(float(rng.uniform(-recipe.shift, recipe.shift)), float(rng.uniform(-recipe.shift, recipe.shift))),
        )
        for place in chosen.tolist()
        if (circle := examples.circles[place]) is not None
    ]
    return _varied(squares, recipe, rng), torch.from_numpy(examples.labels[chosen])


def _wholes(
    collection: Collection, examples: Examples, recipe: GreyRecipe, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    chosen = _evenly(examples, recipe.wholes, rng)
    view = View(None, recipe.whole_pixels)
    squares = [view.cut(collection.images[int(examples.rows[place])].array, None) for place in chosen.tolist()]
    return _varied(squares, recipe, rng), torch.from_numpy(examples.labels[chosen])


def _evenly(examples: Examples, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw examples, each class as often."""
    kinds = rng.integers(len(examples.classes), size=count)
    return np.array([rng.choice(np.flatnonzero(examples.labels == kind)) for kind in kinds])


def _varied(squares: Sequence[Array], recipe: GreyRecipe, rng: np.random.Generator) -> Tensor:
    """Mirrored or not, brighter or darker; black stays black, as it is outside the sector."""
    varied = []
    for square in squares:
        seen = square[:, ::-1] if rng.random() < 0.5 else square
        gain = float(np.exp(rng.uniform(-1, 1) * np.log(1 + recipe.contrast)))
        added = rng.uniform(-recipe.brightness, recipe.brightness)
        varied.append(np.where(seen > 0, np.clip(seen * gain + added, 0, 255), 0))
    return torch.from_numpy(np.stack(varied)[:, None].astype(np.float32))


def _pooled(maps: Maps) -> Tensor:
    return torch.cat([each.mean(dim=(2, 3)) for each in maps], dim=1)


def _identity(collection: Collection, recipe: GreyRecipe) -> str:
    content = hashlib.sha256(f"{code_hash(*CODE)} {recipe}".encode())
    for listed, image in zip(collection.listed, collection.images, strict=True):
        content.update(f"{listed.name} {listed.kind} {listed.lesions}".encode() + image.array.tobytes())
    return content.hexdigest()
