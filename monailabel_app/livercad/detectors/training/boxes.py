"""The training of the detectors that draw boxes, on the scenes that `rescored` learns from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.core.phases import Phase
from livercad.detectors.boxes import model_of, weights_of
from livercad.detectors.scene import STEP_MM
from livercad.detectors.training.lessons import Lesson, lessons_of
from livercad.detectors.training.recipe import PATIENTS, SEED, training_examples
from livercad.detectors.training.teachers import TEACHERS, Sample, Teacher, boxes_in
from livercad.evaluation.boxes.average_precision import average_precision
from livercad.evaluation.boxes.free_response import froc
from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes
from livercad.evaluation.boxes.settings import DetectionSettings
from livercad.learning.engine import train
from livercad.learning.job import Validation
from livercad.learning.log import read_log
from livercad.learning.plan import Plan
from livercad.models.shipping import Trained, write_trained
from livercad.progress import Progress, part, silent

CODE = (
    "livercad.detectors.boxes",
    "livercad.detectors.shown",
    "livercad.detectors.training.augmentation",
    "livercad.detectors.training.lessons",
    "livercad.detectors.training.teachers",
    "livercad.networks.faster_rcnn",
    "livercad.networks.retinanet",
    __name__,
)
"""What a training depends on, but for its lessons and plan."""
VALIDATION_PATIENTS = 6
"""Further phantoms of the same seed, on which weights are chosen."""
RATE = 1.0
"""False positives a scan at which the sensitivity of a validation is told."""


def train_boxes(
    name: str,
    work: Path,
    patients: int = PATIENTS,
    validation_patients: int = VALIDATION_PATIENTS,
    *,
    plan: Plan | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train a detector that draws boxes, from phantoms.

    Parameters
    ----------
    name : str
        ``faster-rcnn`` or ``retinanet``.
    work : Path
        For phantoms, scenes and checkpoints, the same as `recipe.train_detector`'s; a run that was stopped goes on
        where it was.
    patients : int
        How many phantoms are learnt from: those that `rescored` learns from.
    validation_patients : int
        Of how many others the weights are chosen on, in all phases.
    plan : Plan, optional
        That of the detector's `Teacher` where not given.
    progress : Progress
        Told of every phantom and step; may raise Cancelled.

    Returns
    -------
    Trained
        Weights, large ones in half precision, with losses and scores of the validation.
    """
    teacher = TEACHERS[name]()
    plan = plan or teacher.plan
    lessons = lessons_of(
        work / "scenes",
        range(1, patients + validation_patients + 1),
        lambda number: training_examples(work, number)[0],
        part(progress, 0, 0.3),
    )
    job = BoxJob(
        teacher,
        plan.seed,
        [lesson for lesson in lessons if lesson.patient <= patients],
        [lesson for lesson in lessons if lesson.patient > patients and len(lesson.phases) == len(Phase)],
    )
    folder = work / f"training-{name}"
    outcome = train(job, plan, folder, progress=part(progress, 0.3, 1))
    losses = [line["loss"] for line in read_log(folder) if "loss" in line]
    tenth = max(1, len(losses) // 10)
    record: dict[str, Any] = {
        "seed": SEED,
        "patients": patients,
        "scenes": len(job.lessons),
        "data_sha256": job.data_sha256,
        "plan": plan.as_dict(),
        "batch": teacher.batch,
        "steps": outcome.steps,
        "step_of_weights": outcome.best.step,
        "seconds": round(outcome.seconds),
        "loss": {"first_tenth": float(np.mean(losses[:tenth])), "last_tenth": float(np.mean(losses[-tenth:]))},
        "validation": {
            "patients": validation_patients,
            "at": [{"step": each.step, **each.validation.numbers} for each in outcome.history],
        },
    }
    return Trained(model_of(name), _tensors_of(outcome.network), record)


def install(name: str, trained: Trained) -> Path:
    """Put a detector's weights, with their record, where analyses look for them; returns their path."""
    return write_trained(trained, weights_of(name).parent)


class BoxJob:
    """A training of a detector that draws boxes, for `livercad.learning.engine`.

    Parameters
    ----------
    teacher : Teacher
        What is particular to the detector.
    seed : int
        Of its first weights and all that is drawn.
    lessons : sequence of Lesson
        To learn from; not empty.
    held_out : sequence of Lesson
        To choose weights on; may be empty.
    """

    def __init__(self, teacher: Teacher, seed: int, lessons: Sequence[Lesson], held_out: Sequence[Lesson]) -> None:
        self._teacher, self._seed, self.lessons, self.held_out = teacher, seed, lessons, held_out
        told = " ".join(lesson.digest for lesson in (*lessons, *held_out))
        self.data_sha256 = hashlib.sha256(told.encode()).hexdigest()

    def network(self) -> nn.Module:
        """Make the network."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed)
            return self._teacher.detector.make()

    def draw(self, step: int, rank: int, ranks: int) -> list[Sample]:
        """Draw scenes, each equally likely, and what is learnt from them."""
        rng = np.random.default_rng((self._seed, step, rank))
        chosen = rng.integers(len(self.lessons), size=self._teacher.batch)
        return [self._teacher.sample(self.lessons[place], rng) for place in chosen]

    def losses(self, network: nn.Module, drawn: Sequence[Sample]) -> Iterator[Tensor]:
        """The sum of the network's own losses."""
        device = next(network.parameters()).device
        targets = [
            {
                self._teacher.box_key: sample.boxes.to(device),
                self._teacher.label_key: torch.full(
                    (len(sample.boxes),), self._teacher.label, dtype=torch.int64, device=device
                ),
            }
            for sample in drawn
        ]
        losses: dict[str, Tensor] = network([sample.image.to(device) for sample in drawn], targets)
        yield torch.stack([loss.to(device).float() for loss in losses.values()]).sum()

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        """Average precision at an IoU of .1 over whole scenes, and with it the sensitivity at `RATE`."""
        if not self.held_out:
            return Validation(0.0)
        network = deepcopy(network).cpu()
        images = []
        for done, lesson in enumerate(self.held_out):
            found = self._teacher.detector.boxes(
                network, lesson.shown(), part(progress, done / len(self.held_out), (done + 1) / len(self.held_out))
            )
            images.append(_compared(lesson, found))
        settings = DetectionSettings(rates=(RATE,), ap_ious=(0.1,))
        precision = average_precision(images, settings).at[0.1].value
        numbers = {"average_precision": precision, "sensitivity": froc(images, settings).at[0].sensitivity.value}
        return Validation(precision, numbers, {"all": {"scenes": len(images)}})

    def identity(self) -> str:
        """Code, scenes and what is particular to the detector, hashed."""
        told = [code_hash(*CODE), self._teacher.detector.name, self._teacher.batch, self.data_sha256]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _compared(lesson: Lesson, found: Sequence[tuple[Sequence[float], float]]) -> ImageBoxes:
    """What was found in a scene against what is there, in mm of its block."""
    return ImageBoxes.from_arrays(
        lesson.path.stem,
        str(lesson.patient),
        BoxFrame.RAS,
        detected=[np.multiply(corners, STEP_MM) for corners, _ in found],
        scores=[score for _, score in found],
        true=[np.multiply(corners, STEP_MM) for _, corners in boxes_in(lesson.truth())],
    )


def _tensors_of(network: nn.Module) -> dict[str, Any]:
    """Weights as they are kept: kernels and matrices, which are nearly all, in half precision."""
    state = network.state_dict()
    return {
        name: (tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor).numpy()
        for name, tensor in state.items()
    }
