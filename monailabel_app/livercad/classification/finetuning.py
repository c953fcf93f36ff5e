"""The training of the classifier on labelled cases, with phantom lesions among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.classification.augmentation import Augmentation, augmented, seeded
from livercad.classification.calibration import Calibration, all_sets, calibrate
from livercad.classification.case_examples import CutLesions, Lay, lesion_examples
from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.cross_fitting import Judged, cross_fitted, fitted, scored
from livercad.classification.examples import LesionExamples, load_examples
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES, new_network, predict
from livercad.classification.scaling import to_network
from livercad.classification.training import HELD_OUT_SEED, TRAINING_SEED, tensors_of
from livercad.code import code_hash
from livercad.core.crops import PHASES
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.learning.cache import GridCache
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.models.version import ModelVersion
from livercad.networks.phase_fusion import PhaseFusionNet
from livercad.progress import Progress, part, silent
from livercad.settings import Settings

CODE = ("livercad.classification", "livercad.core.crops", "livercad.core.diameters", "livercad.core.roi",
        "livercad.networks.phase_fusion")  # fmt: skip


@dataclass(frozen=True)
class Mixing:
    """How phantoms take part.

    Parameters
    ----------
    patients : int
        Phantom patients to learn from, of some four lesions each; 0 for none. They keep what cases have no example of
        from being forgotten, and calibrate what the pool is too small for.
    held_out : int
        Phantom patients to calibrate with.
    share : float
        Share of phantom lesions in a batch.
    batch : int
        Lesions in a batch.
    """

    patients: int = 60
    held_out: int = 20
    share: float = 0.5
    batch: int = 32


class ClassificationJob:
    """The training of the classifier.

    Parameters
    ----------
    lay : Lay
        Gives the images of a case, laid over each other.
    cases, pool : sequence of LabelledCase
        To learn from, not empty; to validate and calibrate on.
    start : ModelVersion or None
        Where to start from; None for random weights.
    cache : Path
        Folder for cut lesions.
    settings : Settings
        Of the classifier in use.
    seed : int
        Of all that is drawn.
    mixing : Mixing
        How phantoms take part; without them only weights that had a calibration can be trained.
    """

    def __init__(
        self,
        lay: Lay,
        cases: Sequence[LabelledCase],
        pool: Sequence[LabelledCase],
        start: ModelVersion | None,
        cache: Path,
        settings: Settings,
        seed: int = 0,
        mixing: Mixing | None = None,
    ) -> None:
        self.cases, self.pool, self.start, self.seed = list(cases), list(pool), start, seed
        self.cache, self.settings, self.mixing = cache, settings, mixing or Mixing()
        if start is None and not self.mixing.patients:
            raise ValueError("From scratch, only phantoms can calibrate a classifier.")
        self._key = f"{NAME} {code_hash(*CODE)} {lay.key}"
        self._arrays = GridCache([*self.cases, *self.pool], lambda case: lesion_examples(case, lay), cache, self._key)

    def prepare(self, progress: Progress) -> None:
        """Cut the lesions of all cases, and make the phantoms that take part.

        Raises
        ------
        InputError
            If no case has a lesion to learn from.
        """
        everyone = [*self.cases, *self.pool]
        for place, case in enumerate(everyone):
            progress(place / len(everyone) / 2, 1, f"preparing {case.case}")
            self._arrays[place]
        self._check_lesions()
        folder, watch = self.cache / "phantoms", part(progress, 0.5, 1.0)
        if self.mixing.patients:
            load_examples(folder, TRAINING_SEED, self.mixing.patients, progress=watch)
            load_examples(folder, HELD_OUT_SEED, self.mixing.held_out, progress=watch)

    def network(self) -> nn.Module:
        """Make the network as the training starts from it."""
        torch.manual_seed(self.seed)
        if self.start is None:
            return new_network()
        return LesionClassifier(self.settings, self.start).network.requires_grad_(True)

    def draw(self, step: int, rank: int, ranks: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw scaled crops, which phases they show, and classes; every class of cases as often as any other."""
        rng = np.random.default_rng((self.seed, step, rank))
        lesions, weights = self._lesions, self._weights
        from_phantoms = round(self.mixing.batch * self.mixing.share) if self.mixing.patients else 0
        own = rng.choice(len(weights), self.mixing.batch - from_phantoms, p=weights)
        squares, classes = [lesions.read("squares", own)], [lesions.classes[own]]
        present = [lesions.read("present", own)]
        if from_phantoms:
            chosen = rng.integers(len(self._phantoms.types), size=from_phantoms)
            squares.append(self._phantoms.squares[chosen])
            classes.append(CLASS_OF_TYPE[self._phantoms.types[chosen]])
            present.append(np.ones((from_phantoms, len(PHASES)), bool))
        crops, kept = augmented(
            torch.from_numpy(np.concatenate(squares)), Augmentation(), seeded(int(rng.integers(2**31)))
        )
        there = torch.from_numpy(np.concatenate(present))
        # Of what a lesion has, at least one phase stays.
        shown = torch.where((kept & there).any(1, keepdim=True), kept & there, there)
        scaled = torch.from_numpy(to_network(crops.numpy()))
        return scaled, shown, torch.from_numpy(np.concatenate(classes))

    def losses(self, network: nn.Module, drawn: tuple[Tensor, Tensor, Tensor]) -> Iterator[Tensor]:
        """Cross entropy of a batch."""
        device = next(network.parameters()).device
        crops, shown, classes = (tensor.to(device) for tensor in drawn)
        yield nn.functional.cross_entropy(network(crops, shown).logits.float(), classes, label_smoothing=0.05)

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        """Score on the pool, calibrated for every patient on the others; the highest score has the lowest log loss."""
        if not self.pool:
            return Validation(0.0)
        network = _on_cpu(network)
        pool = self._judged(network, progress)
        return scored(pool, cross_fitted(self._without_the_pool(network), pool).__getitem__)

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        """Score any version on the pool, as it is served."""
        classifier = LesionClassifier(self.settings, weights)
        return scored(self._judged(classifier.network, progress), lambda patient: classifier.calibration)

    def found(
        self, weights: ModelVersion, cases: Sequence[LabelledCase], progress: Progress
    ) -> list[tuple[LabelledCase, Volume, Volume]]:
        """Nothing: classes have no outlines."""
        return []

    def tensors(self, network: nn.Module) -> dict[str, npt.NDArray[np.generic]]:
        """Weights and calibration as files have them: temperatures of the whole pool."""
        network = _on_cpu(network)
        calibration = self._without_the_pool(network)
        return tensors_of(network, fitted(calibration, self._judged(network, silent)))

    def identity(self) -> str:
        """All that the training depends on, hashed."""
        of_cases = [[case.fingerprint() for case in side] for side in (self.cases, self.pool)]
        start = self.start.sha256 if self.start else ""
        told = [self._key, of_cases, start, self.seed, repr(self.mixing)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @cached_property
    def _lesions(self) -> CutLesions:
        return CutLesions([self._arrays[place] for place in range(len(self.cases))])

    @cached_property
    def _weights(self) -> npt.NDArray[np.float64]:
        classes = self._lesions.classes
        weights = 1 / np.bincount(classes, minlength=len(CLASSES))[classes]
        return np.asarray(weights / weights.sum())

    @cached_property
    def _phantoms(self) -> LesionExamples:
        return load_examples(self.cache / "phantoms", TRAINING_SEED, self.mixing.patients)

    @cached_property
    def _held_out(self) -> LesionExamples:
        return load_examples(self.cache / "phantoms", HELD_OUT_SEED, self.mixing.held_out)

    def _check_lesions(self) -> None:
        if not self._lesions.cases:
            raise InputError(
                f"the lesions to train {NAME} on",
                found=f"{len(self.cases)} labelled cases on the side of training, and in none a lesion that has a "
                "class, is outlined, and is shown by an image of a known phase",
                expected="at least one",
                todo="Tell the lesions' types under the numbers that they have in the label, and the images' phases.",
            )

    def _judged(self, network: PhaseFusionNet, progress: Progress) -> list[Judged]:
        """What a network says of the pool; cases without a lesion to tell of are left out."""
        judged = []
        for number, case in enumerate(self.pool):
            progress(number, len(self.pool), "classes")
            lesions = self._arrays[len(self.cases) + number]
            if len(lesions["classes"]):
                logits, _ = _outputs(network, lesions)
                judged.append(Judged(case, logits, lesions["present"].numpy(), lesions["classes"].numpy()))
        return judged

    def _without_the_pool(self, network: PhaseFusionNet) -> Calibration:
        """Fit a calibration on phantoms where they take part, else take that of the weights it began with."""
        if not self.mixing.patients:
            assert self.start is not None
            return LesionClassifier(self.settings, self.start).calibration
        ((_, features),) = predict(network, self._phantoms.squares, [np.ones(len(PHASES), bool)])
        own = [_outputs(network, case)[1] for case in self._lesions.cases]
        learnt = (
            np.concatenate([features, *own]),
            np.concatenate([CLASS_OF_TYPE[self._phantoms.types], self._lesions.classes]),
        )
        outputs = predict(network, self._held_out.squares, all_sets(len(PHASES)))
        return calibrate(learnt, outputs, CLASS_OF_TYPE[self._held_out.types])


def _on_cpu(network: nn.Module) -> PhaseFusionNet:
    """A copy that can be asked for outputs of crops; the one that is trained stays where it is."""
    assert isinstance(network, PhaseFusionNet)
    return deepcopy(network).cpu().eval()


def _outputs(
    network: PhaseFusionNet, lesions: Mapping[str, Tensor]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Logits and features of a case's lesions as they are cut in use."""
    with torch.inference_mode():
        output = network(torch.from_numpy(to_network(lesions["crops"].numpy())), lesions["present"])
    return output.logits.float().numpy(), output.features.float().numpy()
