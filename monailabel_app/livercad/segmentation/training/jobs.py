"""The trainings of the two networks, for the training loop (`livercad.learning.engine`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from monai.losses import DiceCELoss
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.learning.cache import GridCache
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.learning.metrics import MEASURES
from livercad.models.shipping import Trained, write_trained
from livercad.models.version import ModelVersion, challenger
from livercad.networks.leuven_unet import LeuvenUNet, lesion_unet, liver_unet
from livercad.progress import Progress, part
from livercad.segmentation import lesion_grid, lesions, liver
from livercad.segmentation.training.crop_network import CropNetwork
from livercad.segmentation.training.lesion_views import draw_lesions, lesion_arrays
from livercad.segmentation.training.liver_views import draw_liver, liver_arrays
from livercad.segmentation.training.scores import Measure, lesion_measure, liver_measure, measure_all
from livercad.segmentation.training.views import View
from livercad.segmentation.training.weights import numbered
from livercad.segmentation.weights import load_weights
from livercad.settings import Settings

CODE = ("livercad.segmentation.training", "livercad.segmentation.lesion_grid", "livercad.segmentation.scaling",
        "livercad.segmentation.resampling", "livercad.networks.leuven_unet")  # fmt: skip

VALIDATED = "validation"
"""Folder, in the training's, of weights that are being validated."""


@dataclass(frozen=True)
class Kind:
    """What is particular to a network.

    Parameters
    ----------
    name : str
        As in the registry.
    network : callable
        Makes it, its weights random.
    background : float
        What it sees where there is nothing to see.
    arrays : callable
        Brings a case to its grid.
    draw : callable
        Draws a view of a case: arrays, crops, rng.
    measure : callable
        Makes what scores a version on a case.
    label : Label
        What is found, with all that lies in it.
    score : str
        The measure (`livercad.learning.metrics.MEASURES`) that weights are chosen by.
    numbers : tuple of str
        The measures that are told.
    """

    name: str
    network: Callable[[], LeuvenUNet]
    background: float
    arrays: Callable[[LabelledCase], dict[str, npt.NDArray[np.generic]]]
    draw: Callable[[Mapping[str, Any], int, np.random.Generator], View]
    measure: Callable[[ModelVersion, Settings], Measure]
    label: Label
    score: str
    numbers: tuple[str, ...]


LESIONS = Kind(
    lesions.NAME,
    lesion_unet,
    lesion_grid.BACKGROUND,
    lesion_arrays,
    draw_lesions,
    lesion_measure,
    Label.LESION,
    "lesion_dice",
    ("lesion_dice", "small_lesion_sensitivity", "false_positives_per_case"),
)
LIVER = Kind(liver.NAME, liver_unet, 0.0, liver_arrays, draw_liver, liver_measure, Label.LIVER,
             "liver_dice", ("liver_dice", "small_lesion_sensitivity"))  # fmt: skip


@dataclass(frozen=True)
class Amount:
    """How much a step looks at.

    Parameters
    ----------
    crops : int
        Crops of a case.
    at_once : int
        How many of these an update learns from: crops / at_once updates follow each other in a step, by statistics that
        are measured once.
    """

    crops: int = 8
    at_once: int = 2


class SegmentationJob:
    """The training of one of the two networks: a step draws a case.

    Parameters
    ----------
    kind : Kind
        `LESIONS` or `LIVER`.
    cases : sequence of LabelledCase
        To learn from; not empty.
    pool : sequence of LabelledCase
        To validate on; may be empty.
    start : ModelVersion or None
        Where to start from; None for random weights.
    folder : Path
        The training's, for weights under validation.
    cache : Path
        Folder for the cases on the network's grid.
    settings : Settings
        Of the predictor that validates.
    seed : int
        Of all that is drawn.
    amount : Amount
        How much a step looks at.
    """

    def __init__(
        self,
        kind: Kind,
        cases: Sequence[LabelledCase],
        pool: Sequence[LabelledCase],
        start: ModelVersion | None,
        folder: Path,
        cache: Path,
        settings: Settings,
        seed: int = 0,
        amount: Amount | None = None,
    ) -> None:
        self.kind, self.cases, self.pool, self.start = kind, list(cases), list(pool), start
        self.folder, self.settings, self.seed, self.amount = folder, settings, seed, amount or Amount()
        self.arrays = GridCache(self.cases, kind.arrays, cache, f"{kind.name} {code_hash(*CODE)}")
        # Overlap is computed over all crops of an update together: most crops of a healthy liver have no lesion.
        self._loss = DiceCELoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0)

    def prepare(self, progress: Progress) -> None:
        """Bring all cases to the network's grid."""
        for place, case in enumerate(self.cases):
            progress(place, len(self.cases), f"preparing {case.case}")
            self.arrays[place]

    def network(self) -> nn.Module:
        """Make the network as the training starts from it."""
        torch.manual_seed(self.seed)
        network = self.kind.network()
        started = CropNetwork(load_weights(network, self.start) if self.start else network, self.kind.background)
        return started.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def draw(self, step: int, rank: int, ranks: int) -> View:
        """Draw a view of a case; every case comes once before any comes again."""
        number = step * ranks + rank
        times, place = divmod(number, len(self.cases))
        order = np.random.default_rng((self.seed, 0, times)).permutation(len(self.cases))
        rng = np.random.default_rng((self.seed, 1, number))
        return self.kind.draw(self.arrays[int(order[place])], self.amount.crops, rng)

    def losses(self, network: nn.Module, drawn: View) -> Iterator[Tensor]:
        """Dice and cross entropy of some crops after the other."""
        bare = network if isinstance(network, CropNetwork) else network.module
        assert isinstance(bare, CropNetwork)
        device = next(bare.parameters()).device
        whole = drawn.whole.to(device, memory_format=torch.channels_last_3d)
        statistics, _ = bare.measure(whole, drawn.looked)
        count = self.amount.at_once
        for first in range(0, len(drawn.images), count):
            images, truths, counts = (
                all_crops[first : first + count].to(device) for all_crops in (drawn.images, drawn.truths, drawn.counts)
            )
            logits = network(images.contiguous(memory_format=torch.channels_last_3d), statistics).float()
            yield self._loss(logits[counts][None, None], truths[counts][None, None])

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        """Score by the product's own predictor."""
        assert isinstance(network, CropNetwork)
        if not self.pool:
            return Validation(0.0)
        trained = Trained(self.kind.name, dict(numbered(network.network)), {"under": "validation"})
        path = write_trained(trained, self.folder / VALIDATED)
        return self.measure(challenger(self.kind.name, path), progress)

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        """Score any version on the pool.

        Parameters
        ----------
        weights : ModelVersion
            Of this network.
        progress : Progress
            Told of every window; may raise Cancelled.

        Returns
        -------
        Validation
            Cases as `CaseMetrics` have them.
        """
        measured = measure_all(self.kind.measure(weights, self.settings), self.pool, progress)
        numbers = {}
        for name in self.kind.numbers:
            sums = MEASURES[name].sums_by_patient(measured.values())
            value = float(MEASURES[name].value(np.sum(list(sums.values()), axis=0))) if sums else float("nan")
            numbers[name] = None if np.isnan(value) else value
        cases = {case: metrics.model_dump(mode="json") for case, metrics in measured.items()}
        return Validation(numbers[self.kind.score] or 0.0, numbers, cases)

    def found(
        self, weights: ModelVersion, cases: Sequence[LabelledCase], progress: Progress
    ) -> Iterator[tuple[LabelledCase, Volume, Volume]]:
        """What a version finds in some cases, for pictures: case, true mask, predicted mask."""
        measure = self.kind.measure(weights, self.settings)
        for number, case in enumerate(cases):
            _, predicted = measure(case, part(progress, number / len(cases), (number + 1) / len(cases)))
            label = case.read_label()
            yield case, label.like((label.array >= self.kind.label).astype(np.uint8)), predicted

    def tensors(self, network: nn.Module) -> dict[str, npt.NDArray[np.generic]]:
        """Weights as files have them."""
        assert isinstance(network, CropNetwork)
        return dict(numbered(network.network))

    def identity(self) -> str:
        """All that the training depends on, hashed."""
        of_cases = [[case.fingerprint() for case in side] for side in (self.cases, self.pool)]
        start = self.start.sha256 if self.start else ""
        told = [
            self.kind.name,
            of_cases,
            start,
            self.seed,
            repr(self.amount),
            self.settings.model_dump(),
            code_hash(*CODE),
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
