"""Outlines of lesions in the liver, learnt by a network of pixels from a study's slices at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from livercad.code import code_hash
from livercad.learning.plan import Plan
from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.segmentation.uncertainty import uncertainty_of
from livercad.simulation.fitting import fit, seeded_network
from livercad.simulation.pixels import FEATURES, pixels_of
from livercad.simulation.slices import SLICES, Slices, Studies
from livercad.simulation.task import Description, Score, Split

MODULES = ("segmentation.uncertainty", "simulation.fitting", "simulation.pixels", "simulation.slices")
"""Whose code makes the numbers."""
POOL_SHARE = 0.8
"""Of the pool's patients that a seed has, where the test cases are the same for all."""
TEST_SHARE = 0.3
"""Of the patients, where they are not."""
WIDTH, DROPOUT = 32, 0.2
PASSES = 4
"""With dropout, to see how unsure a network is (Gal and Ghahramani 2016)."""
PLAN = Plan(steps=300, learning_rate=1e-2, warm_up=0.05, weight_decay=0.01, clip=5.0)
BATCH = 1024
OF_LESIONS = 0.3
"""Share of a batch that is drawn from lesions."""
SMALLEST = 2
"""Pixels of a place that may be a lesion."""
LOOKS = {
    Strategy.UNCERTAINTY: f"entropy of the lesion probability (mean of {PASSES} passes with dropout): that of the most "
    "doubtful place, plus the mean over the liver; summed up by the server's code",
    Strategy.DIVERSITY: "distance in the network's last features, their means and largest values over the liver",
    Strategy.HYBRID: "uncertainty within clusters of these features",
}
LEARNER = (
    f"{SLICES} axial slices of each liver; each pixel is described by densities around it at several scales, and a "
    f"small network of three layers with dropout is trained from random weights in each round ({PLAN.steps} batches of "
    f"{BATCH} pixels). A U-Net learns next to nothing in the seconds that a training may take here. The liver is taken "
    "as found."
)
PHANTOM_DESCRIPTION = Description(
    name="lesion-outlines",
    title="Outlines of lesions",
    metric="Dice",
    data=(
        "Digital phantoms in the portal phase. A case is an examination; its slices are outlined together. The pool is "
        "made lopsided and redundant, as collections of real examinations are: a quarter of the patients have no "
        "lesion, two of five have cysts, few have carcinomas, and two of five were examined again, up to three times, "
        "with nothing changed. The test cases are other patients, each type of lesion alike."
    ),
    learner=LEARNER,
    looks=LOOKS,
    is_phantom=True,
    budget=2,  # from 12 cases on, this learner gets hardly better
)


@dataclass(frozen=True)
class SliceTask:
    """Learn outlines.

    Parameters
    ----------
    studies : Studies
        All that there are.
    description : Description
        What is said of them.
    plan : Plan
        Of every training.
    """

    studies: Studies
    description: Description = PHANTOM_DESCRIPTION
    plan: Plan = PLAN

    @cached_property
    def pixels(self) -> dict[str, npt.NDArray[np.float16]]:
        """Described pixels of each case's livers."""
        return {case: pixels_of(slices) for case, slices in self.studies.slices.items()}

    def identity(self) -> str:
        """See `Task`."""
        code = code_hash(__name__, *(f"livercad.{name}" for name in MODULES))
        digest = hashlib.sha256(repr((code, asdict(self.plan), self.studies.pool, self.studies.test)).encode())
        for case in sorted(self.studies.slices):
            digest.update(self.pixels[case].tobytes() + self.truth([case])[case].tobytes())
        return digest.hexdigest()

    def split(self, seed: int) -> Split:
        """See `Task`."""
        whose = self.studies.patients
        patients = np.random.default_rng((seed, 32)).permutation(sorted({whose[case] for case in self.studies.pool}))
        share = POOL_SHARE if self.studies.test else 1 - TEST_SHARE
        own = set(patients[: round(share * len(patients))].tolist())
        pool = tuple(case for case in self.studies.pool if whose[case] in own)
        others = (case for case in self.studies.pool if whose[case] not in own)
        return Split(pool, self.studies.test or tuple(case for case in others if self.truth([case])[case].any()))

    def kinds(self) -> Mapping[str, str]:
        """See `Task`."""
        return self.studies.kinds

    def truth(self, cases: Collection[str]) -> dict[str, npt.NDArray[np.bool_]]:
        """Which pixels of the cases' livers are lesions."""
        return {case: _lesions(self.studies.slices[case]) for case in cases}

    def learn(self, labels: Mapping[str, npt.NDArray[np.bool_]], seed: int) -> SliceModel:
        """See `Task`."""
        cases = sorted(labels)
        pixels = torch.from_numpy(np.concatenate([self.pixels[case] for case in cases])).float()
        lesions = np.concatenate([labels[case] for case in cases])
        truth = torch.from_numpy(lesions.astype(np.float32))
        sides = [torch.from_numpy(np.flatnonzero(lesions == side)) for side in (False, True)]
        shares = [BATCH - round(OF_LESIONS * BATCH), round(OF_LESIONS * BATCH)] if lesions.any() else [BATCH, 0]

        def loss_of(rng: torch.Generator) -> Tensor:
            drawn = [
                side[torch.randint(len(side), (share,), generator=rng)]
                for side, share in zip(sides, shares, strict=True)
                if share
            ]
            chosen = torch.cat(drawn)
            return functional.binary_cross_entropy_with_logits(network(pixels[chosen]).squeeze(1), truth[chosen])

        network = seeded_network(_new_network, seed)
        return SliceModel(self, fit(network, replace(self.plan, seed=seed), loss_of))


class SliceModel:
    """A trained network.

    Parameters
    ----------
    task : SliceTask
        Whose studies.
    network : nn.Sequential
        In evaluation mode.
    """

    def __init__(self, task: SliceTask, network: nn.Sequential) -> None:
        self._task, self._network = task, network

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """See `Model`."""
        uncertainty, embeddings = [], []
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # of dropout
            for case in cases:
                pixels = torch.from_numpy(self._task.pixels[case]).float()
                uncertainty.append(_uncertainty(self._with_dropout(pixels), self._task.studies.slices[case].livers))
                features = self._network[:-1](pixels)
                embeddings.append(torch.cat([features.mean(dim=0), features.amax(dim=0)]).numpy())
        known = np.array(embeddings, np.float32)
        unknown = np.full(len(cases), np.nan, np.float32)
        return Known(tuple(cases), np.array(uncertainty, np.float32), unknown, known, clusters_of(known, seed))

    def score(self, cases: Sequence[str]) -> Score:
        """Dice over a case's slices, averaged over cases; also by kind."""
        values: dict[str, list[float]] = {}
        for case, true in self._task.truth(cases).items():
            with torch.inference_mode():
                found = (self._network(torch.from_numpy(self._task.pixels[case]).float()) > 0).squeeze(1).numpy()
            dice = 2 * float((found & true).sum()) / float(found.sum() + true.sum())
            values.setdefault(self._task.kinds()[case], []).append(dice)
        mean = float(np.mean([value for own in values.values() for value in own]))
        return Score(mean, {kind: float(np.mean(values[kind])) for kind in sorted(values)})

    def _with_dropout(self, pixels: Tensor) -> npt.NDArray[np.float32]:
        self._network.train()
        try:
            passes = torch.stack([self._network(pixels).sigmoid().squeeze(1) for _ in range(PASSES)])
        finally:
            self._network.eval()
        return np.asarray(passes.mean(dim=0).numpy())


def _new_network() -> nn.Sequential:
    layers: list[nn.Module] = []
    for incoming in (FEATURES, WIDTH):
        layers += [nn.Linear(incoming, WIDTH), nn.ReLU(), nn.Dropout(DROPOUT)]
    return nn.Sequential(*layers, nn.Linear(WIDTH, 1))


def _uncertainty(probability: npt.NDArray[np.float32], livers: npt.NDArray[np.bool_]) -> float:
    """Sum the doubts of a case up; its slices lie too far apart for a place to go on from one to the next."""
    count, rows, columns = livers.shape
    spread, inside = np.zeros((2 * count, rows, columns), np.float32), np.zeros((2 * count, rows, columns), np.bool_)
    inside[::2] = livers
    spread[inside] = probability
    return uncertainty_of(spread, inside, SMALLEST)


def _lesions(slices: Slices) -> npt.NDArray[np.bool_]:
    return np.asarray(slices.lesions[slices.livers])
