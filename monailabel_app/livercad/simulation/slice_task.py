"""Outlines of lesions in the liver, learnt by a small network from a study's slices at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from torch import Tensor

from livercad.code import code_hash
from livercad.learning.plan import Plan
from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.simulation.fitting import fit, seeded_network
from livercad.simulation.looks import entropy
from livercad.simulation.slices import SLICES, Slices, Studies, to_network
from livercad.simulation.task import Description, Score, Split

POOL_SHARE = 0.8
"""Of the pool's patients that a seed has, where the test cases are the same for all."""
TEST_SHARE = 0.3
"""Of the patients, where they are not."""
WIDTHS = (8, 8, 16, 32, 32, 8)
PLAN = Plan(steps=70, learning_rate=6e-3, warm_up=0.1, weight_decay=0.01, clip=5.0)
BATCH = 12
WITH_LESION = 0.75
"""Share of a batch that is drawn from slices with lesions."""
GAIN, OFFSET = 0.1, 0.1
"""SD of a slice's gain and offset in training; its HU are scaled to [-1, 1]."""
MIRRORS: tuple[tuple[int, ...], ...] = ((), (2,), (3,), (2, 3))
LOOKS = {
    Strategy.UNCERTAINTY: "entropy of the lesion probability, averaged over four mirror images and then over the liver",
    Strategy.DIVERSITY: "distance in the network's deepest features, averaged over the slices",
    Strategy.HYBRID: "uncertainty within clusters of these features",
}
LEARNER = (
    f"A small U-Net on {SLICES} axial slices of each liver, trained from random weights in each round ({PLAN.steps} "
    f"batches of {BATCH} slices; mirror images, gain and offset as augmentation). The liver is taken as found."
)
PHANTOM_DESCRIPTION = Description(
    name="lesion-outlines",
    title="Outlines of lesions",
    metric="mean Dice",
    data=(
        "Digital phantoms in the portal phase. A case is an examination; its slices are outlined together. The pool is "
        "made lopsided and redundant, as collections of real examinations are: a quarter of the patients have no "
        "lesion, two of five have cysts, few have carcinomas, and two of five were examined again, up to three times, "
        "with nothing changed. The test cases are other patients, each type of lesion alike."
    ),
    learner=LEARNER,
    looks=LOOKS,
    is_phantom=True,
    budget=6,
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

    def identity(self) -> str:
        """See `Task`."""
        modules = ("fitting", "looks", "slices")
        code = code_hash(__name__, *(f"livercad.simulation.{name}" for name in modules))
        digest = hashlib.sha256(repr((code, asdict(self.plan), self.studies.pool, self.studies.test)).encode())
        for case in sorted(self.studies.slices):
            own = self.studies.slices[case]
            digest.update(own.images.tobytes() + own.livers.tobytes() + own.lesions.tobytes())
        return digest.hexdigest()

    def split(self, seed: int) -> Split:
        """See `Task`."""
        whose = self.studies.patients
        patients = np.random.default_rng((seed, 32)).permutation(sorted({whose[case] for case in self.studies.pool}))
        share = POOL_SHARE if self.studies.test else 1 - TEST_SHARE
        own = set(patients[: round(share * len(patients))].tolist())
        pool = tuple(case for case in self.studies.pool if whose[case] in own)
        test = self.studies.test or tuple(
            case for case in self.studies.pool if whose[case] not in own and self.studies.slices[case].lesions.any()
        )
        return Split(pool, test)

    def kinds(self) -> Mapping[str, str]:
        """See `Task`."""
        return self.studies.kinds

    def truth(self, cases: Collection[str]) -> dict[str, npt.NDArray[np.bool_]]:
        """Outlines in the cases' slices."""
        return {case: self.studies.slices[case].lesions for case in cases}

    def learn(self, labels: Mapping[str, npt.NDArray[np.bool_]], seed: int) -> SliceModel:
        """See `Task`."""
        cases = sorted(labels)
        images = torch.from_numpy(to_network([self.studies.slices[case] for case in cases]))
        outlines = torch.from_numpy(np.concatenate([labels[case] for case in cases]).astype(np.float32))[:, None]
        weights = _weights(outlines.flatten(1).any(dim=1))
        compute = DiceCELoss(include_background=False, softmax=True, to_onehot_y=True, batch=True)

        def loss_of(rng: torch.Generator) -> Tensor:
            chosen = torch.multinomial(weights, BATCH, replacement=True, generator=rng)
            mirror = MIRRORS[int(torch.randint(len(MIRRORS), (1,), generator=rng))]
            gain = 1 + GAIN * torch.randn(BATCH, 1, 1, 1, generator=rng)
            offset = OFFSET * torch.randn(BATCH, 1, 1, 1, generator=rng)
            shown = images[chosen] * gain + offset
            loss: Tensor = compute(network(shown.flip(mirror)), outlines[chosen].flip(mirror))
            return loss

        network = seeded_network(lambda: BasicUNet(2, 1, 2, WIDTHS), seed)
        fit(network, replace(self.plan, seed=seed), loss_of)
        return SliceModel(self.studies.slices, self.studies.kinds, network)


class SliceModel:
    """A trained network.

    Parameters
    ----------
    slices : mapping of str to Slices
        By case.
    kinds : mapping of str to str
        By case, for the parts of a score.
    network : BasicUNet
        In evaluation mode.
    """

    def __init__(self, slices: Mapping[str, Slices], kinds: Mapping[str, str], network: Any) -> None:
        self._slices, self._kinds, self._network = slices, kinds, network

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """See `Model`."""
        deepest: list[Tensor] = []
        hook = self._network.down_4.register_forward_hook(lambda _module, _given, made: deepest.append(made))
        try:
            uncertainty, embeddings = [], []
            for case in cases:
                deepest.clear()
                p = self._probability(case)
                unsure = entropy(np.stack([p, 1 - p], axis=-1))
                uncertainty.append(unsure[self._slices[case].livers].mean())
                embeddings.append(torch.stack(deepest).mean(dim=(0, 1, 3, 4)).numpy())
        finally:
            hook.remove()
        known = np.array(embeddings, np.float32)
        unknown = np.full(len(cases), np.nan, np.float32)
        return Known(tuple(cases), np.array(uncertainty, np.float32), unknown, known, clusters_of(known, seed))

    def score(self, cases: Sequence[str]) -> Score:
        """Dice over a case's slices, averaged over cases; also by kind."""
        values: dict[str, list[float]] = {}
        for case in cases:
            found, true = self._probability(case) >= 0.5, self._slices[case].lesions
            dice = 2 * float((found & true).sum()) / float(found.sum() + true.sum())
            values.setdefault(self._kinds[case], []).append(dice)
        mean = float(np.mean([value for own in values.values() for value in own]))
        return Score(mean, {kind: float(np.mean(values[kind])) for kind in sorted(values)})

    def _probability(self, case: str) -> npt.NDArray[np.float32]:
        """Of lesion, inside the liver; shape (slices, rows, columns)."""
        shown = torch.from_numpy(to_network([self._slices[case]]))
        with torch.inference_mode():
            answers = [self._network(shown.flip(mirror)).softmax(dim=1)[:, 1:].flip(mirror) for mirror in MIRRORS]
        mean = torch.stack(answers).mean(dim=0)[:, 0].numpy()
        return np.asarray(np.where(self._slices[case].livers, mean, 0), np.float32)


def _weights(has_lesion: Tensor) -> Tensor:
    """How often each slice is drawn: those with lesions for a fixed share, if there are both."""
    some = has_lesion.double()
    if some.min() == some.max():
        return torch.ones_like(some)
    return WITH_LESION * some / some.sum() + (1 - WITH_LESION) * (1 - some) / (1 - some).sum()
