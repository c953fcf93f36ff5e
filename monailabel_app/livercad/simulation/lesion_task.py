"""Classes of phantom lesions, learnt by the product's network from a patient's lesions at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livercad.classification.augmentation import Augmentation, augmented
from livercad.classification.doubts import ClassDoubt, divergence_bits
from livercad.classification.recipe import CLASSES
from livercad.code import code_hash
from livercad.core.crops import PHASES, PLANES
from livercad.learning.plan import Plan
from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.networks.phase_fusion import PhaseFusionNet
from livercad.simulation.fitting import fit, seeded_network
from livercad.simulation.looks import entropy, margin
from livercad.simulation.phantom_lesions import Lesions, shown
from livercad.simulation.task import Description, Score, Split

MODULES = (
    *("classification.augmentation", "classification.doubts", "classification.scaling", "networks.phase_fusion"),
    *("simulation.fitting", "simulation.looks"),
)
"""Whose code makes the numbers."""
POOL_SHARE = 0.8
"""Of the pool's patients that a seed has: seeds differ in what there is to choose from."""
SMOOTHING = 0.05
PLAN = Plan(steps=90, learning_rate=3e-3, warm_up=0.1, weight_decay=0.02, clip=5.0)
BATCH = 24
DESCRIPTION = Description(
    name="lesion-classes",
    title="Classes of lesions",
    metric="balanced accuracy",
    data=(
        "Digital phantoms. A case is an examination of a patient in four phases; all its lesions are labelled "
        "together, and are taken as found. The pool is made lopsided and redundant, as collections of real "
        "examinations are: cysts, metastases and hemangiomas are common, the other classes rare, and two of five "
        "patients were examined again, up to three times, with nothing changed. The test lesions are of other "
        "patients, each class alike."
    ),
    learner=(
        "The product's lesion classifier on crops half as fine, trained from random weights in each round "
        f"({PLAN.steps} batches of {BATCH} lesions, drawn evenly from the classes that are labelled, with the "
        "product's augmentation)."
    ),
    looks={
        Strategy.UNCERTAINTY: "entropy of the class probabilities, of the case's most uncertain lesion",
        Strategy.CLASSIFICATION: "narrow margin between the two likeliest classes, and disagreement between phases, "
        "of the case's most doubtful lesion; by the server's formula",
        Strategy.DIVERSITY: "distance in the network's features, averaged over the case's lesions",
        Strategy.HYBRID: "uncertainty within clusters of these features",
    },
    is_phantom=True,
    budget=12,
)


@dataclass(frozen=True)
class LesionTask:
    """Learn classes of lesions.

    Parameters
    ----------
    lesions : Lesions
        All that there are.
    plan : Plan
        Of every training.
    """

    lesions: Lesions
    plan: Plan = PLAN
    description: Description = DESCRIPTION

    def identity(self) -> str:
        """See `Task`."""
        code = code_hash(__name__, *(f"livercad.{name}" for name in MODULES))
        lesions = self.lesions
        seen = repr((code, lesions.folder.parts[-2:], lesions.case_of, lesions.classes, asdict(self.plan)))
        return hashlib.sha256(seen.encode()).hexdigest()

    def split(self, seed: int) -> Split:
        """See `Task`."""
        patients = sorted({case.split("-")[0] for case in self.lesions.pool})
        chosen = np.random.default_rng((seed, 31)).permutation(patients)[: round(POOL_SHARE * len(patients))]
        own = set(chosen.tolist())
        return Split(tuple(case for case in self.lesions.pool if case.split("-")[0] in own), self.lesions.test)

    def kinds(self) -> Mapping[str, str]:
        """See `Task`."""
        return self.lesions.kinds

    def truth(self, cases: Collection[str]) -> dict[str, list[int]]:
        """Classes of the cases' lesions, in their order."""
        wanted: dict[str, list[int]] = {case: [] for case in cases}
        for case, kind in zip(self.lesions.case_of, self.lesions.classes, strict=True):
            if case in wanted:
                wanted[case].append(kind)
        return wanted

    def learn(self, labels: Mapping[str, list[int]], seed: int) -> LesionModel:
        """See `Task`."""
        rows = self.rows_of(sorted(labels))
        squares = np.concatenate([self.lesions.squares[own] for own in rows])
        classes = torch.tensor([kind for case in sorted(labels) for kind in labels[case]])
        evenly = 1.0 / torch.bincount(classes, minlength=len(CLASSES))[classes].double()
        network = seeded_network(lambda: PhaseFusionNet(len(PHASES), PLANES, len(CLASSES)), seed)

        def loss_of(rng: torch.Generator) -> Tensor:
            chosen = torch.multinomial(evenly, BATCH, replacement=True, generator=rng)
            crops, present = augmented(torch.from_numpy(squares[chosen.numpy()]), Augmentation(), rng)
            logits = network(shown(crops), present).logits
            return functional.cross_entropy(logits, classes[chosen], label_smoothing=SMOOTHING)

        return LesionModel(self, fit(network, replace(self.plan, seed=seed), loss_of))

    def rows_of(self, cases: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        """Rows of each case's lesions."""
        case_of = np.array(self.lesions.case_of)
        order = np.argsort(case_of, kind="stable")
        first = np.searchsorted(case_of[order], cases, "left")
        last = np.searchsorted(case_of[order], cases, "right")
        return [np.sort(order[one:other]) for one, other in zip(first, last, strict=True)]


class LesionModel:
    """A trained classifier.

    Parameters
    ----------
    task : LesionTask
        Whose lesions.
    network : PhaseFusionNet
        In evaluation mode.
    """

    def __init__(self, task: LesionTask, network: PhaseFusionNet) -> None:
        self._task, self._network = task, network

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """See `Model`."""
        own = self._task.rows_of(cases)
        ends = np.cumsum([len(rows) for rows in own])[:-1]
        together, features, single = self._answers(np.concatenate(own), phases_alone=True)
        doubt = _doubt(together, features, single)
        embeddings = np.stack([part.mean(axis=0) for part in np.split(features, ends)]).astype(np.float32)
        return Known(
            cases=tuple(cases),
            uncertainty=_highest(entropy(together), ends),
            classification=_highest(doubt, ends),
            embeddings=embeddings,
            clusters=clusters_of(embeddings, seed),
        )

    def score(self, cases: Sequence[str]) -> Score:
        """Balanced accuracy, with the sensitivity for each class."""
        rows = np.concatenate(self._task.rows_of(cases))
        said = self._answers(rows)[0].argmax(axis=1)
        true = np.array(self._task.lesions.classes)[rows]
        return Score.balanced(said, true, [kind.value for kind in CLASSES])

    def _answers(
        self, rows: npt.NDArray[np.int64], phases_alone: bool = False, batch: int = 64
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Probabilities and features from all phases; probabilities from each alone, shape (phases, n, classes)."""
        sets = [torch.ones(len(PHASES), dtype=torch.bool)]
        if phases_alone:
            sets += list(torch.eye(len(PHASES), dtype=torch.bool))
        found: list[list[Tensor]] = [[] for _ in sets]
        features = []
        with torch.inference_mode():
            for first in range(0, len(rows), batch):
                views = self._task.lesions.views[rows[first : first + batch]].astype(np.float32)
                maps = self._network.encode(torch.from_numpy(views))
                for answers, present in zip(found, sets, strict=True):
                    output = self._network.fuse(maps, present.expand(len(views), -1))
                    answers.append(output.logits.softmax(dim=1))
                    if present.all():
                        features.append(output.features)
        whole, *single = (torch.cat(answers).numpy() for answers in found)
        return whole, torch.cat(features).numpy(), np.array(single)


def _doubt(
    together: npt.NDArray[np.float32], features: npt.NDArray[np.float32], single: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """The server's doubt of each lesion."""
    apart = [
        np.mean([divergence_bits(one, fused) for one in answers])
        for fused, answers in zip(together, single.swapaxes(0, 1), strict=True)
    ]
    parts = zip(margin(together), apart, features, strict=True)
    return np.array([ClassDoubt(float(m), float(d), own).value for m, d, own in parts])


def _highest(values: npt.NDArray, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    return np.array([part.max() for part in np.split(values, ends)], np.float32)
