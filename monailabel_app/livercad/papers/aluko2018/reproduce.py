"""The whole study: images, trainings, scores, the page, a model to serve."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from livercad import __version__
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.detector import LESION, DetectorTask
from livercad.papers.aluko2018.images import ImageData, load_images, pixels_of
from livercad.papers.aluko2018.one_box import OneBox, OneBoxTask, epochs_of, size_of, wanted
from livercad.papers.aluko2018.page import write_page
from livercad.papers.aluko2018.predictor import export_detector
from livercad.papers.aluko2018.results import DetectorResult, OneBoxResult, PartCount, Results
from livercad.papers.aluko2018.scoring import detector_result, mean_box_result, one_box_result, types_result
from livercad.papers.aluko2018.settings import ON_PHANTOMS, QUICK, Settings, deviations_of
from livercad.papers.aluko2018.training import Plan, Task, Training, seed_weights, train
from livercad.papers.base_weights import weights_key
from livercad.papers.workers import cores, run_all
from livercad.phantom.deeplesion import Options, write_patient, write_tables
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text
from livercad.studies.deeplesion.rows import Part

RESULTS = "results.json"
PHANTOMS, CACHE, TRAININGS, MODEL = "phantoms", "cache", "trainings", "model"
DATA_SHARE = 0.1
"""Of the time, for the progress bar: making phantoms and images."""
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
"""Of an image at the default's sizes against the baseline's, as measured on two cores; for the progress bar."""
TITLES = {Backbone.RESNET50: "ResNet50", Backbone.VGG16: "VGG-16", Backbone.SMALL: "small network"}
TYPES = "types"
MUCH = 2.0
"""“<<”: at least this many times as sensitive. Our choice."""


@dataclass(frozen=True)
class _Job:
    """A training with what it takes to begin it."""

    plan: Plan
    size: int
    make: Callable[[Any], Task]
    cost: float


def reproduce(
    folder: Path | None,
    output: Path,
    settings: Settings,
    *,
    quick: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> Results:
    """Do the study of Aluko et al. 2018; what an earlier call has finished is kept.

    Parameters
    ----------
    folder : Path or None
        A DeepLesion folder; None makes phantoms.
    output : Path
        Gets ``index.html``, ``results.json``, ``figures``, ``model``, ``trainings``, and ``phantoms``.
    settings : Settings
        Sizes and choices.
    quick : bool, default False
        Said on the page: a run too short to mean anything.
    workers : int, optional
        Processes that make phantoms; as many as there are cores if not given.
    progress : Progress
        May raise `Cancelled`: the next call goes on, trainings after their last whole epoch.

    Returns
    -------
    Results
        Also written to ``results.json``.

    Raises
    ------
    InputError
        If the data cannot be used.
    ModelError
        If weights that the settings name cannot be had.
    """
    told = {name: weights_key(where) for name, where in settings.weights}
    data = _data(folder, output, settings, workers or cores(), part(progress, 0, DATA_SHARE * 0.7))
    jobs = _jobs(data, output, settings, told)
    pixels = _pixels(data, output, settings, jobs, part(progress, DATA_SHARE * 0.7, DATA_SHARE))
    with _all_cores():
        trainings = _train(jobs, pixels, part(progress, DATA_SHARE, 0.97))
    progress(0.97, 1, "scores")
    results = _results(folder, data, settings, trainings, quick)
    first = settings.detector.backbones[0]
    export_detector(jobs[f"faster-rcnn-{first}"].plan.weights_path, first, results, output / MODEL)
    progress(0.98, 1, "writing tables and figures")
    write_page(results, data, trainings, output)
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _data(folder: Path | None, output: Path, settings: Settings, workers: int, progress: Progress) -> ImageData:
    if folder is None:
        options = Options(seed=settings.seed, **settings.phantoms.model_dump())
        folder = output / PHANTOMS
        numbers = range(1, options.patients + 1)
        run_all(partial(write_patient, folder, options), numbers, workers, len(numbers), progress, "making phantoms")
        write_tables(folder, options)
    return load_images(folder, settings.data, settings.seed)


def _jobs(data: ImageData, output: Path, settings: Settings, weights: dict[str, str]) -> dict[str, _Job]:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    numbers = tuple(data.numbers(Part.TRAINING))
    kept = f"{data.key} {device}"

    def plan(name: str, epochs: int, *told: object) -> Plan:
        return Plan(name, f"{kept} {told}", output / TRAININGS, epochs, numbers, settings.seed)

    jobs = {}
    for kind in wanted(settings):
        vgg = settings.vgg.model_dump(exclude={"front_ends", "epochs"})
        shape = settings.one_box.model_dump(exclude={"epochs"})
        own = (settings.data.window, shape, *(() if kind is OneBox.BASELINE else (vgg, weights["vgg16"])))
        jobs[kind.value] = _Job(
            plan(kind.value, epochs_of(kind, settings), *own),
            size_of(kind, settings),
            partial(OneBoxTask, kind, data, settings=settings, device=device),
            COSTS[kind],
        )
    detectors: list[tuple[str, Backbone, tuple[str, ...]]]
    detectors = [(f"faster-rcnn-{each}", each, (LESION,)) for each in settings.detector.backbones]
    if settings.detector.types_backbone and len(data.kinds) > 1:
        detectors.append((TYPES, settings.detector.types_backbone, data.kinds))
    # What a training depends on, without what only says which trainings there are and how they are scored.
    group = settings.detector.model_dump(exclude={"backbones", "types_backbone", "threshold", "epochs"})
    for name, backbone, kinds in detectors:
        jobs[name] = _Job(
            plan(
                name,
                settings.detector.epochs,
                settings.data.window,
                group,
                backbone.value,
                kinds,
                weights.get(backbone.value, ""),
            ),
            settings.detector.size,
            partial(DetectorTask, backbone, data, settings=settings, kinds=kinds, device=device),
            COSTS[backbone],
        )
    return jobs


def _pixels(
    data: ImageData, output: Path, settings: Settings, jobs: dict[str, _Job], progress: Progress
) -> dict[int, np.ndarray]:
    sizes = sorted({job.size for job in jobs.values()})
    arrays = {}
    for number, size in enumerate(sizes):
        within = part(progress, number / len(sizes), (number + 1) / len(sizes))
        arrays[size] = np.load(pixels_of(data, settings.data.window, size, output / CACHE, within), mmap_mode="r")
    return arrays


def _train(jobs: dict[str, _Job], pixels: dict[int, np.ndarray], progress: Progress) -> dict[str, Training]:
    costs = {name: job.cost * job.plan.epochs for name, job in jobs.items()}
    total, before = sum(costs.values()), 0.0
    trainings: dict[str, Training] = {}
    # The cheapest first: what is wrong shows soon.
    for name, job in sorted(jobs.items(), key=lambda item: costs[item[0]]):
        within = part(progress, before / total, (before + costs[name]) / total)
        result = job.plan.result()
        if result is None:
            seed_weights(job.plan)
            result = train(job.plan, job.make(pixels[job.size]), within)
        trainings[name] = result
        before += costs[name]
    return trainings


def _results(
    folder: Path | None, data: ImageData, settings: Settings, trainings: dict[str, Training], quick: bool
) -> Results:
    one_box = {kind.value: one_box_result(kind.heading, trainings[kind.value], data) for kind in wanted(settings)}
    threshold, seed = settings.detector.threshold, settings.seed
    detectors = {
        backbone.value: detector_result(TITLES[backbone], trainings[f"faster-rcnn-{backbone}"], data, threshold, seed)
        for backbone in settings.detector.backbones
    }
    types, backbone = None, settings.detector.types_backbone
    if backbone and TYPES in trainings:
        types = types_result(f"Faster R-CNN with types, {TITLES[backbone]}", trainings[TYPES], data, threshold, seed)
    examples = {each: [data.examples[n] for n in data.numbers(each)] for each in Part}
    return Results(
        livercad_version=__version__,
        data="digital phantoms laid out like DeepLesion" if folder is None else f"the DeepLesion folder {folder.name}",
        is_phantom=folder is None or data.is_complete,
        quick=quick,
        settings=settings,
        deviations=deviations_of(settings, QUICK if quick else ON_PHANTOMS),
        notes=list(data.notes),
        parts={
            each.title: PartCount(
                images=len(own),
                patients=len({example.patient for example in own}),
                lesions=sum(len(example.lesions) for example in own),
                unmarked=sum(len(example.unmarked) for example in own),
            )
            for each, own in examples.items()
        },
        one_box=one_box,
        mean_box=mean_box_result(data),
        detectors=detectors,
        types=types,
        order=_order(one_box, next(iter(detectors.values()))),
        seconds=round(sum(training.seconds for training in trainings.values()), 1),
    )


def _order(one_box: dict[str, OneBoxResult], detector: DetectorResult) -> str:
    base, vgg = (one_box[kind.value].test.sensitivity.value for kind in (OneBox.BASELINE, OneBox.VGG))
    point = detector.annotated.at_one
    return order_in_words(base, vgg, point.sensitivity if point else 0.0)


def order_in_words(base: float, vgg: float, found: float) -> str:
    """Say whether the paper's order shows.

    Parameters
    ----------
    base, vgg, found : float
        Sensitivities of the baseline, of the baseline with VGG-16's features, and of Faster R-CNN.

    Returns
    -------
    str
        A sentence or two.
    """
    told = f"baseline {base:.2f}, +VGG {vgg:.2f}, Faster R-CNN {found:.2f}"
    if not found or found < MUCH * max(base, vgg):
        return f"The paper's order, baseline < +VGG << Faster R-CNN, does not show here ({told})."
    if base < vgg:
        return f"The paper's order shows: baseline < +VGG << Faster R-CNN ({told})."
    return (
        f"Faster R-CNN is far ahead, as in the paper ({told}); that +VGG is ahead of the baseline does not show. "
        "In the paper it is by one hundredth, two of 203 images."
    )


@contextmanager
def _all_cores() -> Iterator[None]:
    """Train with as many threads as this process has cores, or was told to have."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or cores()))
    try:
        yield
    finally:
        # What else runs in this process rounds otherwise in another number of threads.
        torch.set_num_threads(before)
