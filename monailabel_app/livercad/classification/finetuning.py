"""The training of the classifier on labelled cases, with phantom lesions among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.classification.augmentation import Augmentation, augmented, seeded
from livercad.classification.calibration import Calibration, all_sets, calibrate, place_of, temperature_of
from livercad.classification.case_examples import Lay, lesion_examples
from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.examples import LesionExamples, load_examples
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES, new_network, predict
from livercad.classification.scaling import to_network
from livercad.classification.training import HELD_OUT_SEED, TRAINING_SEED, tensors_of
from livercad.code import code_hash
from livercad.core.crops import PHASES
from livercad.core.volume import Volume
from livercad.learning.cache import GridCache
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.learning.metrics import MEASURES, CaseMetrics
from livercad.models.version import ModelVersion
from livercad.networks.phase_fusion import PhaseFusionNet
from livercad.progress import Progress, part
from livercad.settings import Settings

CODE = ("livercad.classification", "livercad.core.crops", "livercad.core.roi", "livercad.networks.phase_fusion")
NUMBERS = ("log_loss", "balanced_accuracy", "calibration_error")
LEAST_LESIONS = 10
"""Lesions of the pool from which on they, too, say how sure the classifier is to be. Our choice."""


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
    lay : callable
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
        key = f"{NAME} {code_hash(*CODE)}"
        self._arrays = GridCache([*self.cases, *self.pool], lambda case: lesion_examples(case, lay(case)), cache, key)

    def prepare(self, progress: Progress) -> None:
        """Cut the lesions of all cases, and make the phantoms that take part."""
        everyone = [*self.cases, *self.pool]
        for place, case in enumerate(everyone):
            progress(place / len(everyone) / 2, 1, f"preparing {case.case}")
            self._arrays[place]
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
        squares, classes = [lesions["squares"][own]], [lesions["classes"][own]]
        present = [lesions["present"][own]]
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
        """Calibrate and score on the pool; the highest score has the lowest log loss."""
        if not self.pool:
            return Validation(0.0)
        assert isinstance(network, PhaseFusionNet)
        return self._score(network, self._calibrated(network), progress)

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        """Score any version on the pool, as it is calibrated."""
        classifier = LesionClassifier(self.settings, weights)
        return self._score(classifier.network, classifier.calibration, progress)

    def found(
        self, weights: ModelVersion, cases: Sequence[LabelledCase], progress: Progress
    ) -> list[tuple[LabelledCase, Volume, Volume]]:
        """Nothing: classes have no outlines."""
        return []

    def tensors(self, network: nn.Module) -> dict[str, npt.NDArray[np.generic]]:
        """Weights and calibration as files have them."""
        assert isinstance(network, PhaseFusionNet)
        return tensors_of(network, self._calibrated(network))

    def identity(self) -> str:
        """All that the training depends on, hashed."""
        of_cases = [[case.fingerprint() for case in side] for side in (self.cases, self.pool)]
        start = self.start.sha256 if self.start else ""
        told = [NAME, code_hash(*CODE), of_cases, start, self.seed, repr(self.mixing)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @cached_property
    def _lesions(self) -> dict[str, npt.NDArray[Any]]:
        return _joined([self._arrays[place] for place in range(len(self.cases))])

    @cached_property
    def _weights(self) -> npt.NDArray[np.float64]:
        classes = self._lesions["classes"]
        weights = 1 / np.bincount(classes, minlength=len(CLASSES))[classes]
        return np.asarray(weights / weights.sum())

    @cached_property
    def _phantoms(self) -> LesionExamples:
        return load_examples(self.cache / "phantoms", TRAINING_SEED, self.mixing.patients)

    @cached_property
    def _held_out(self) -> LesionExamples:
        return load_examples(self.cache / "phantoms", HELD_OUT_SEED, self.mixing.held_out)

    def _score(self, network: PhaseFusionNet, calibration: Calibration, progress: Progress) -> Validation:
        measured = {}
        for number, case in enumerate(self.pool):
            progress(number, len(self.pool), "classes")
            lesions = _arrays(self._arrays[len(self.cases) + number])
            logits, _ = _outputs(network, lesions)
            rows = [
                calibration.probabilities(row[None], shown)[0]
                for row, shown in zip(logits, lesions["present"], strict=True)
            ]
            measured[case.case] = CaseMetrics(
                patient=case.patient,
                truth=case.fingerprint(),
                classes=tuple(CLASSES[place] for place in lesions["classes"]),
                probabilities=tuple(dict(zip(CLASSES, map(float, row), strict=True)) for row in rows),
            )
        numbers: dict[str, float | None] = {}
        for name in NUMBERS:
            sums = list(MEASURES[name].sums_by_patient(measured.values()).values())
            numbers[name] = float(MEASURES[name].value(np.sum(sums, axis=0))) if sums else None
        score = -(numbers["log_loss"] or 0.0)
        return Validation(score, numbers, {case: told.model_dump(mode="json") for case, told in measured.items()})

    def _calibrated(self, network: PhaseFusionNet) -> Calibration:
        """Fit a calibration on phantoms where they take part, and on the pool where it has lesions enough."""
        network = network.eval()
        device = next(network.parameters()).device
        network.cpu()
        if self.mixing.patients:
            fitted = self._of_phantoms(network)
        else:
            assert self.start is not None
            fitted = LesionClassifier(self.settings, self.start).calibration
        temperatures = fitted.temperatures.copy()
        pool = _joined([self._arrays[len(self.cases) + place] for place in range(len(self.pool))])
        if pool and len(pool["classes"]) >= LEAST_LESIONS:
            logits, _ = _outputs(network, pool)
            for shown in np.unique(pool["present"], axis=0):
                same = (pool["present"] == shown).all(axis=1)
                if same.sum() >= LEAST_LESIONS:
                    temperatures[place_of(shown)] = temperature_of(logits[same], pool["classes"][same])
        network.to(device)
        return replace(fitted, temperatures=temperatures)

    def _of_phantoms(self, network: PhaseFusionNet) -> Calibration:
        lesions, everything = self._lesions, np.ones(len(PHASES), bool)
        ((_, features),) = predict(network, self._phantoms.squares, [everything])
        _, own = _outputs(network, lesions)
        learnt = (
            np.concatenate([features, own]),
            np.concatenate([CLASS_OF_TYPE[self._phantoms.types], lesions["classes"]]),
        )
        outputs = predict(network, self._held_out.squares, all_sets(len(PHASES)))
        return calibrate(learnt, outputs, CLASS_OF_TYPE[self._held_out.types])


def _outputs(
    network: PhaseFusionNet, lesions: Mapping[str, npt.NDArray[Any]]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Logits and features of lesions as they are cut in use."""
    with torch.inference_mode():
        output = network(torch.from_numpy(to_network(lesions["crops"])), torch.from_numpy(lesions["present"]))
    return output.logits.float().numpy(), output.features.float().numpy()


def _arrays(cached: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.array(tensor) for name, tensor in cached.items()}


def _joined(cached: Sequence[Mapping[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    parts = [_arrays(part) for part in cached]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
