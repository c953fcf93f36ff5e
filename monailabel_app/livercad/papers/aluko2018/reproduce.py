"""The whole study: images, trainings, scores, the page, a model to serve."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PIL.Image import Image as Picture

from livercad import __version__
from livercad.networks.base_weights import weights_key
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.cases import look_at
from livercad.papers.aluko2018.images import ImageData, load_images
from livercad.papers.aluko2018.jobs import TYPES, Job, jobs_of, run_job, sizes_of
from livercad.papers.aluko2018.one_box import OneBox, wanted
from livercad.papers.aluko2018.one_box_scores import mean_box_result, one_box_result
from livercad.papers.aluko2018.page import write_page
from livercad.papers.aluko2018.pixels import Pixels, pixels_of
from livercad.papers.aluko2018.plan import Training
from livercad.papers.aluko2018.predictor import AlukoDetector, export_detector
from livercad.papers.aluko2018.results import PartCount, Results
from livercad.papers.aluko2018.scoring import detector_result, types_result
from livercad.papers.aluko2018.settings import ON_PHANTOMS, QUICK, Settings
from livercad.papers.cases import liver_finder, studies_of
from livercad.papers.settings import deviations_of
from livercad.papers.workers import cores, run_all
from livercad.phantom.deeplesion import Options, write_patient, write_tables
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text
from livercad.studies.deeplesion.rows import Part

RESULTS = "results.json"
PHANTOMS, CACHE, MODEL = "phantoms", "cache", "model"
DATA_SHARE = 0.1
"""Of the time, for the progress bar: making phantoms and images."""
TITLES = {Backbone.RESNET50: "ResNet50", Backbone.VGG16: "VGG-16", Backbone.SMALL: "small network"}
MUCH = 2.0
"""“<<”: at least this many times as sensitive. Our choice."""


def reproduce(
    folder: Path | None,
    output: Path,
    settings: Settings,
    *,
    quick: bool = False,
    studies: Path | None = None,
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
    studies : Path, optional
        CT studies to be looked at with the first detector, with pictures on the page; there is no truth to them.
    workers : int, optional
        Processes that make phantoms and train, with a thread each; as many as there are cores if not given. With a GPU
        one network is trained after the other.
    progress : Progress
        May raise `Cancelled`: the next call goes on, trainings after their last whole epoch.

    Returns
    -------
    Results
        Also written to ``results.json``.

    Raises
    ------
    InputError
        If the data cannot be used, a training diverges, or there are no studies to look at: the latter before anything
        is made.
    ModelError
        If weights that the settings name cannot be had, or studies are to be looked at without the liver network.
    """
    workers = workers or cores()
    own_studies = studies_of(studies) if studies else ()
    find_liver = liver_finder() if own_studies else None
    told = {name: weights_key(where) for name, where in settings.weights}
    data = _data(folder, output, settings, workers, part(progress, 0, DATA_SHARE * 0.7))
    pixels = _pixels(data, output, settings, part(progress, DATA_SHARE * 0.7, DATA_SHARE))
    jobs = jobs_of(data, pixels, output, settings, told)
    trainings = _train(jobs, workers, part(progress, DATA_SHARE, 0.97))
    progress(0.97, 1, "scores")
    results = _results(folder, data, settings, trainings, quick)
    first = settings.detector.backbones[0]
    export_detector(jobs[f"faster-rcnn-{first}"].plan.weights_path, first, results, output / MODEL)
    pictures: dict[str, Picture] = {}
    if find_liver:
        detector = AlukoDetector(output / MODEL)
        cases, pictures, left_out = look_at(own_studies, detector, find_liver, part(progress, 0.97, 0.99))
        results = results.model_copy(update={"cases": cases, "notes": [*results.notes, *left_out]})
    progress(0.99, 1, "writing tables and figures")
    write_page(results, data, trainings, pictures, output)
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


def _pixels(data: ImageData, output: Path, settings: Settings, progress: Progress) -> dict[int, Pixels]:
    sizes = sizes_of(settings)
    found = {}
    for number, size in enumerate(sizes):
        within = part(progress, number / len(sizes), (number + 1) / len(sizes))
        found[size] = pixels_of(data, settings.data.window, size, output / CACHE, within)
    return found


def _train(jobs: dict[str, Job], workers: int, progress: Progress) -> dict[str, Training]:
    todo = [job for job in jobs.values() if job.plan.result() is None]
    # The longest first: no process is left alone with it at the end.
    todo.sort(key=lambda job: job.ticks, reverse=True)
    on_gpu = any(job.device == "cuda" for job in todo)
    total = sum(job.ticks for job in todo)
    what = f"training {len(todo)} of {len(jobs)} networks"
    run_all(run_job, todo, 1 if on_gpu else workers, total, progress, what, ticks=True)
    trainings = {}
    for name, job in jobs.items():
        result = job.plan.result()
        assert result is not None  # what is not done has raised an error
        trainings[name] = result
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
    mean_box = mean_box_result(data)
    base, vgg = (one_box[kind.value].test.sensitivity for kind in (OneBox.BASELINE, OneBox.VGG))
    point = next(iter(detectors.values())).annotated.at_one
    found = point.sensitivity if point else 0.0
    examples = {each: [data.examples[n] for n in data.numbers(each)] for each in Part}
    return Results(
        livercad_version=__version__,
        data="digital phantoms laid out like DeepLesion" if folder is None else f"the DeepLesion folder {folder.name}",
        is_phantom=folder is None or data.is_complete,
        quick=quick,
        settings=settings,
        deviations=deviations_of(settings, Settings(), QUICK if quick else ON_PHANTOMS),
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
        mean_box=mean_box,
        detectors=detectors,
        types=types,
        order=order_in_words(base.value, vgg.value, found, mean_box.test.sensitivity.value, base.n),
        seconds=round(sum(training.seconds for training in trainings.values()), 1),
    )


def order_in_words(base: float, vgg: float, found: float, mean: float, images: int) -> str:
    """Say whether the paper's order shows, and how much that tells.

    Parameters
    ----------
    base, vgg, found : float
        Sensitivities of the baseline, of the baseline with VGG-16's features, and of Faster R-CNN.
    mean : float
        That of the mean box of the training images.
    images : int
        Of the test.

    Returns
    -------
    str
        Some sentences.
    """
    told = f"baseline {base:.2f}, +VGG {vgg:.2f}, Faster R-CNN {found:.2f}"
    ahead = round((vgg - base) * images)
    if not found or found < MUCH * max(base, vgg):
        words = f"The paper's order, baseline < +VGG << Faster R-CNN, does not show here ({told})."
    elif ahead > 0:
        words = (
            f"The paper's order shows: baseline < +VGG << Faster R-CNN ({told}). +VGG is ahead of the baseline by "
            f"{ahead} of {images} images, in the paper by two of 203: too few to tell much."
        )
    else:
        words = (
            f"Faster R-CNN is far ahead, as in the paper ({told}); that +VGG is ahead of the baseline does not show. "
            "In the paper it is by one hundredth, two of 203 images."
        )
    if max(base, vgg) <= mean:
        words += f" Neither the baseline nor +VGG is ahead of the mean box of the training images ({mean:.2f})."
    return words
