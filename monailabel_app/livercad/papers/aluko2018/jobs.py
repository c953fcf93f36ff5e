"""Which networks are trained, what each training depends on, and how one is done in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from livercad.learning.hardware import give_back_freed_memory, keep_freed_memory
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.detector import LESION, DetectorTask
from livercad.papers.aluko2018.images import ImageData
from livercad.papers.aluko2018.one_box import OneBox, OneBoxTask, epochs_of, size_of, wanted
from livercad.papers.aluko2018.pixels import Pixels
from livercad.papers.aluko2018.plan import Plan
from livercad.papers.aluko2018.settings import Settings
from livercad.papers.aluko2018.training import Task, seed_weights, train
from livercad.papers.workers import tick
from livercad.studies.deeplesion.rows import Part

TRAININGS, TYPES = "trainings", "types"
COSTS = {
    OneBox.BASELINE: 1.0,
    OneBox.VGG: 17.0,
    OneBox.FRONT_2: 2.5,
    OneBox.FRONT_3: 14.0,
    OneBox.FRONT_4: 12.0,
    Backbone.RESNET50: 38.0,
    Backbone.VGG16: 23.0,
    Backbone.SMALL: 2.5,
}
"""Of an image at the default's sizes against the baseline's, as measured; for the order and the progress bar."""
TICKS = 100
"""Of the progress bar, for an epoch of a network that costs 1."""


@dataclass(frozen=True)
class Job:
    """A training with what it takes to begin it.

    Parameters
    ----------
    plan : Plan
        What it depends on, and where it is kept.
    pixels : Pixels
        Its images, in its size.
    make : callable
        ``make(pixels) -> Task``, of their array.
    cost : float
        Of an image and epoch, see `COSTS`.
    device : str
        Of torch: ``cpu`` or ``cuda``.
    """

    plan: Plan
    pixels: Pixels
    make: Callable[[Any], Task]
    cost: float
    device: str

    @property
    def ticks(self) -> int:
        """What `run_job` tells to the progress bar in all."""
        return round(TICKS * self.cost * self.plan.epochs)


def run_job(job: Job) -> None:
    """Train one network, in one thread on a CPU: the same to the last digit however many cores there are.

    Parameters
    ----------
    job : Job
        What to do; its ticks go to `livercad.papers.workers.tick`, also those of before a checkpoint.

    Raises
    ------
    InputError
        If it diverges: then nothing of it is kept.
    """
    told = 0

    def count(done: float, total: float, what: str) -> None:
        nonlocal told
        new = int(job.ticks * done / total) - told
        told += new
        tick(new)

    before = torch.get_num_threads()
    if job.device == "cpu":
        torch.set_num_threads(1)
    keep_freed_memory()
    try:
        seed_weights(job.plan)
        train(job.plan, job.make(job.pixels.array()), count)
        tick(job.ticks - told)
    finally:
        # What else runs in this process rounds otherwise in another number of threads.
        torch.set_num_threads(before)
        give_back_freed_memory()


def sizes_of(settings: Settings) -> list[int]:
    """Rows and columns that the trainings' images have, each once."""
    return sorted({*(size_of(kind, settings) for kind in wanted(settings)), settings.detector.size})


def jobs_of(
    data: ImageData, pixels: Mapping[int, Pixels], output: Path, settings: Settings, weights: Mapping[str, str]
) -> dict[str, Job]:
    """List the trainings that settings ask for.

    A training depends on what its network sees, by content: a copy of the data, or phantoms made again, leave it valid.

    Parameters
    ----------
    data : ImageData
        The images.
    pixels : mapping of int to Pixels
        Theirs, in each size of `sizes_of`.
    output : Path
        Of the reproduction.
    settings : Settings
        Which networks, and how they are trained.
    weights : mapping of str to str
        What first weights are, by the network's name (`livercad.networks.base_weights.weights_key`).

    Returns
    -------
    dict of str to Job
        By name.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    numbers = tuple(data.numbers(Part.TRAINING))

    def plan(name: str, epochs: int, size: int, with_kinds: bool, *told: object) -> Plan:
        seen = f"{pixels[size].sha256} {data.truth_hash(with_kinds=with_kinds)}"
        return Plan(name, f"{seen} {device} {told}", output / TRAININGS, epochs, numbers, settings.seed)

    jobs = {}
    for kind in wanted(settings):
        vgg = settings.vgg.model_dump(exclude={"front_ends", "epochs"})
        if kind is OneBox.BASELINE:
            own: tuple[object, ...] = (settings.one_box.model_dump(exclude={"epochs"}),)
        else:
            own = (settings.one_box.model_dump(include={"filters", "kernel", "pool"}), vgg, weights["vgg16"])
        size = size_of(kind, settings)
        jobs[kind.value] = Job(
            plan(kind.value, epochs_of(kind, settings), size, False, *own),
            pixels[size],
            partial(OneBoxTask, kind, data, settings=settings, device=device),
            COSTS[kind],
            device,
        )
    detectors: list[tuple[str, Backbone, tuple[str, ...]]]
    detectors = [(f"faster-rcnn-{each}", each, (LESION,)) for each in settings.detector.backbones]
    if settings.detector.types_backbone and len(data.kinds) > 1:
        detectors.append((TYPES, settings.detector.types_backbone, data.kinds))
    # What a training depends on, without what only says which trainings there are and how they are scored.
    group = settings.detector.model_dump(exclude={"backbones", "types_backbone", "threshold", "epochs"})
    for name, backbone, kinds in detectors:
        jobs[name] = Job(
            plan(
                name,
                settings.detector.epochs,
                settings.detector.size,
                kinds != (LESION,),
                group,
                backbone.value,
                kinds,
                weights.get(backbone.value, ""),
            ),
            pixels[settings.detector.size],
            partial(DetectorTask, backbone, data, settings=settings, kinds=kinds, device=device),
            COSTS[backbone],
            device,
        )
    return jobs
