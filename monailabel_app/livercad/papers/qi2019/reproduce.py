"""The whole study: images, all trainings for both splits, tables, figures, the page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from livercad import __version__
from livercad.networks.base_weights import weights_key
from livercad.papers.qi2019.data import folder_data, phantom_data
from livercad.papers.qi2019.folds import folds_of
from livercad.papers.qi2019.frozen.compare import compare_views
from livercad.papers.qi2019.jobs import WEIGHTS, Job, Training
from livercad.papers.qi2019.methods import TRAINED, Method
from livercad.papers.qi2019.page import COMPARED, write_page
from livercad.papers.qi2019.predictor import export_model
from livercad.papers.qi2019.results import FoldsResult, Results
from livercad.papers.qi2019.settings import ON_TWO_CORES, PAPER, Settings
from livercad.papers.qi2019.splits import Split
from livercad.papers.qi2019.steps import Study, content_of
from livercad.papers.qi2019.summary import leaks_of, split_result
from livercad.papers.qi2019.tested_once import tested_once
from livercad.papers.settings import Deviations, deviations_of, with_deviations
from livercad.papers.workers import cores
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text

RESULTS, PHANTOMS, MODEL = "results.json", "phantoms", "model"
SHARES = (0.05, 0.98)
"""Where images and trainings end, for the progress bar."""
COMPARING = 0.25
"""Where a comparison with features of ImageNet ends, if there is one."""
ONCE = 0.4
"""Of the trainings, where those of folds begin, if there are any."""


def reproduce(
    output: Path,
    settings: Settings | None = None,
    *,
    data: Path | None = None,
    features: str | None = None,
    folds: bool = False,
    reasons: Deviations = ON_TWO_CORES,
    quick: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> Results:
    """Do the study of Qi 2019; what an earlier call has finished is kept.

    Parameters
    ----------
    output : Path
        Gets ``index.html``, ``results.json``, ``figures``, ``trainings``, ``model``, ``cache``, and ``phantoms`` if
        they are made.
    settings : Settings, optional
        The paper's but for `reasons` if not given.
    data : Path, optional
        Ultrasound images as `livercad.studies.ultrasound` reads them, with classes; phantoms if not given.
    features : str, optional
        Weights of a ResNet50 of ImageNet, see `livercad.papers.qi2019.frozen.compare`: the paper's ways to see an image
        are compared with its frozen features too, in OUT/features.
    folds : bool, default False
        BASIC, MIP and REM are also trained in folds over patients, so that every image is tested once.
    reasons : mapping of str to tuple
        Why settings are not the paper's, for the page.
    quick : bool, default False
        Said on the page: a run too short to mean anything.
    workers : int, optional
        Processes; as many as there are cores if not given. With a GPU, trainings run in one.
    progress : Progress
        May raise `Cancelled`: the next call goes on.

    Returns
    -------
    Results
        Also written to ``results.json``; those of the comparison to ``features/results.json``.

    Raises
    ------
    InputError
        If the images cannot be used or divided, or a training diverges.
    ModelError
        If weights are asked for that are not there.
    """
    settings = settings or with_deviations(PAPER, reasons)
    for weights in (settings.networks.mt_weights, settings.networks.sn_weights, settings.han.weights):
        weights_key(weights)
    reading = part(progress, 0, SHARES[0])
    images = (
        folder_data(data, reading)
        if data
        else phantom_data(output / PHANTOMS, settings.phantoms, settings.seed, reading)
    )
    # Before all that takes long: too few patients, and wrong weights, are told at once.
    study = Study.of(images, output, settings, workers or cores())
    divided = folds_of(images, settings.seed) if folds else None
    compared = None
    if features:
        compared = compare_views(
            data or output / PHANTOMS,
            features,
            output / COMPARED,
            settings.seed,
            is_phantom=images.is_phantom,
            progress=part(progress, SHARES[0], COMPARING),
        )
    training = part(progress, COMPARING if features else SHARES[0], SHARES[1])
    trained = study.train(study.sides, TRAINED, part(training, 0, ONCE if folds else 1))
    once = tested_once(study, divided, part(training, ONCE, 1)) if divided else None
    progress(SHARES[1], 1, "writing tables and figures")
    results = _results(study, trained, once, reasons, quick)
    enhanced = {split: _job(trained[split], Method.REM) for split in Split}
    export_model(enhanced[Split.PATIENT].folder / WEIGHTS, results, output / MODEL)
    write_page(results, study, enhanced, compared, output)
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _results(
    study: Study,
    trained: dict[Split, list[tuple[Job, Training]]],
    once: FoldsResult | None,
    reasons: Deviations,
    quick: bool,
) -> Results:
    """Sum everything up."""
    data, beta = study.data, study.settings.beta
    enhanced = {
        split: next(training for job, training in each if job.method is Method.REM) for split, each in trained.items()
    }
    splits = {
        split: split_result(data, study.sides[split], [(job.method, training) for job, training in each], beta)
        for split, each in trained.items()
    }
    return Results(
        livercad_version=__version__,
        data=data.title,
        is_phantom=data.is_phantom,
        quick=quick,
        settings=study.settings,
        deviations=deviations_of(study.settings, PAPER, reasons),
        second_question=data.second,
        kinds=dict(sorted(Counter(data.kinds).items())),
        patients=len(set(data.groups)),
        copies=data.copies,
        duplicates=[list(names) for names in data.duplicates],
        sha256=content_of(data),
        splits=splits,
        leaks=leaks_of(data, study.sides, enhanced, splits, beta),
        folds=once,
        left_out=list(data.left_out),
    )


def _job(trained: list[tuple[Job, Training]], method: Method) -> Job:
    return next(job for job, _ in trained if job.method is method)
