"""The small network learns to look: types of lesions in regions, masses on whole images, both at once, on phantoms."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from livercad.code import code_hash
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
from livercad.ultrasound.training.examples import examples_of
from livercad.ultrasound.training.grey_batches import GreyRecipe, draw_regions, draw_wholes, seen_of

NAME = "ultrasound-grey-phantom"
CODE = (
    "livercad.core.planar_roi", "livercad.networks.planar_features", "livercad.ultrasound.pooling",
    "livercad.ultrasound.sector", "livercad.ultrasound.training.grey_batches", "livercad.ultrasound.views", __name__,
)  # fmt: skip


class _Learner(nn.Module):
    """The network and its two questions."""

    def __init__(self, types: int) -> None:
        super().__init__()
        self.features = GreyFeatures()
        width = sum(self.features.widths)
        self.types = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, types))
        self.masses = nn.Sequential(nn.BatchNorm1d(len(WHOLE) * width), nn.Linear(len(WHOLE) * width, 2))
        self.places = nn.Sequential(nn.BatchNorm2d(width), nn.Conv2d(width, 1, 1))

    def forward(self, regions: Tensor, wholes: Tensor, sectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of types, masses and each place being in one; of a whole image what may count counts together."""
        maps = self.features(wholes)
        seen = torch.cat([pooled(maps, pooling, sectors) for pooling in WHOLE], dim=1)
        size = maps[-1].shape[2:]
        places = self.places(torch.cat([functional.adaptive_avg_pool2d(each, size) for each in maps], dim=1))
        return self.types(pooled(self.features(regions), Pooling.MEAN)), self.masses(seen), places[:, 0]


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
    seen = seen_of(collection, recipe.whole_pixels)
    learner.train()
    for step in range(start, recipe.steps):
        # What a step draws depends on its number only, so that a resumed training draws the same.
        rng = np.random.default_rng((recipe.seed, step))
        regions, kinds = draw_regions(collection, types, recipe, rng)
        (wholes, sectors, lesions), shown = draw_wholes(seen, masses, recipe, rng)
        types_told, masses_told, places = learner(regions, wholes, sectors)
        loss = loss_of(types_told, kinds) + loss_of(masses_told, shown) + _loss_of_places(places, sectors, lesions)
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


def _loss_of_places(logits: Tensor, sectors: Tensor, lesions: Tensor) -> Tensor:
    """Cross-entropy of each place of the sector being in a lesion: what is and what is not count as much."""
    size = (logits.shape[1], logits.shape[2])
    share, scanned = (functional.adaptive_avg_pool2d(each[:, None], size)[:, 0] for each in (lesions, sectors))
    inside, outside = share * scanned, (1 - share) * scanned
    loss = (functional.softplus(-logits) * inside).sum() / inside.sum().clamp(min=1)
    return loss + (functional.softplus(logits) * outside).sum() / outside.sum().clamp(min=1)


def _identity(collection: Collection, recipe: GreyRecipe) -> str:
    content = hashlib.sha256(f"{code_hash(*CODE)} {recipe}".encode())
    for listed, image in zip(collection.listed, collection.images, strict=True):
        content.update(f"{listed.name} {listed.kind} {listed.lesions}".encode() + image.array.tobytes())
    return content.hexdigest()
