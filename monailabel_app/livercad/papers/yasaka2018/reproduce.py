"""The whole study: image sets, twenty-five trainings, the test, tables, figures, the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livercad import __version__
from livercad.errors import InputError
from livercad.papers.workers import cores, run_all
from livercad.papers.yasaka2018.arrays import categories_of, images_of, training_arrays
from livercad.papers.yasaka2018.datasets import paper_scanners_p, part_result, scanners_of
from livercad.papers.yasaka2018.image_sets import FOLDER, ImageSet, hash_of, make_image_sets
from livercad.papers.yasaka2018.page import write_page
from livercad.papers.yasaka2018.predictor import export_model
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import Model, Settings
from livercad.papers.yasaka2018.sources import LesionSource, Part, check_split
from livercad.papers.yasaka2018.summary import compare_models, misdiagnoses
from livercad.papers.yasaka2018.training import Job, Training, run_training, steps_of
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import replacing, write_text

RESULTS = "results.json"
TRAININGS, CACHE = "trainings", "cache"
DATA_SHARE = 0.25
"""Of the time, for the progress bar: making and augmenting image sets."""
NAMED = 3
"""Reasons that an error tells."""


def reproduce(
    source: LesionSource,
    output: Path,
    settings: Settings | None = None,
    *,
    quick: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> Results:
    """Do the study of Yasaka 2018 on a source of lesions; what an earlier call has finished is kept.

    Parameters
    ----------
    source : LesionSource
        Patients with labelled lesions.
    output : Path
        Gets ``index.html``, ``results.json``, ``figures``, ``model``, ``image_sets`` and ``trainings``.
    settings : Settings, optional
        The defaults if not given.
    quick : bool, default False
        Said on the page: a run too short to mean anything.
    workers : int, optional
        Processes; as many as there are cores if not given. With a GPU, trainings run in one.
    progress : Progress
        May raise `Cancelled`: the next call goes on.

    Returns
    -------
    Results
        Also written to ``results.json``.

    Raises
    ------
    InputError
        If no patient's images can be used; single ones are left out.
    ValueError
        If the source has a patient in training and in test.
    """
    settings = settings or Settings()
    workers = workers or cores()
    check_split(source.patients)
    sets, problems = _image_sets(source, output, settings, workers, part(progress, 0, DATA_SHARE * 0.9))
    jobs = _jobs(sets, output, settings, workers, part(progress, DATA_SHARE * 0.9, DATA_SHARE))
    todo = [job for job in jobs if job.result() is None]
    copies = len(jobs[0].arrays())
    steps = steps_of(settings.training, copies)
    run_all(
        run_training,
        todo,
        1 if jobs[0].device == "cuda" else workers,
        len(todo) * steps * settings.training.batch,
        part(progress, DATA_SHARE, 0.98),
        f"training {len(jobs)} networks",
        ticks=True,
    )
    trainings = _results(jobs)
    test = [each for each in sets if each.part is Part.TEST]
    p, models = compare_models(trainings, test)
    results = Results(
        livercad_version=__version__,
        data=source.title,
        is_phantom=source.is_phantom,
        quick=quick,
        settings=settings,
        augmented_sets=copies,
        steps=steps,
        training=part_result(sets, Part.TRAINING, source.patients),
        test=part_result(sets, Part.TEST, source.patients),
        kruskal_wallis_p=p,
        scanners=scanners_of(sets),
        paper_scanners_fisher_p=paper_scanners_p(),
        models=models,
        misdiagnoses=misdiagnoses(models),
        left_out=[*source.left_out, *problems],
    )
    progress(0.98, 1, "writing tables and figures")
    best = next(job for job in jobs if (job.model, job.run) == (Model.TRIPHASIC, models[Model.TRIPHASIC].median_run))
    export_model(best.weights_path, results, output / "model")
    write_page(results, sets, output)
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _image_sets(
    source: LesionSource, output: Path, settings: Settings, workers: int, progress: Progress
) -> tuple[list[ImageSet], list[str]]:
    sets, problems = make_image_sets(source, output / FOLDER, settings.capture, settings.seed, workers, progress)
    header = "patient,part,lesion,position,category,hypervascular,kind,scanner,diameter_mm"
    names = header.split(",")
    rows = [",".join(_cell(getattr(each, name)) for name in names) for each in sets]
    write_text(output / FOLDER / "image_sets.csv", "\n".join([header, *rows]) + "\n")
    _check_parts(source, sets, problems)
    return sets, problems


def _check_parts(source: LesionSource, sets: Sequence[ImageSet], problems: Sequence[str]) -> None:
    reasons = [*problems, *source.left_out]
    named = "; ".join(reason.rstrip(".") for reason in reasons[:NAMED])
    more = f"; {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    for each_part in Part:
        if not any(each.part is each_part for each in sets):
            raise InputError(
                source.title,
                found=f"no usable image set for {each_part}" + (f" ({named}{more})" if reasons else ""),
                expected="image sets for training and for test",
                todo="Mend what is named there.",
            )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n') else text


def _jobs(sets: Sequence[ImageSet], output: Path, settings: Settings, workers: int, progress: Progress) -> list[Job]:
    import torch

    training = [each for each in sets if each.part is Part.TRAINING]
    test = [each for each in sets if each.part is Part.TEST]
    folder, cache = output / FOLDER, output / CACHE
    variants = training_arrays(
        training, folder, cache, settings.capture, settings.augmentation, settings.seed, progress
    )
    _write_array(cache / "training_categories.npy", categories_of(training))
    _write_array(cache / "test.npy", images_of(test, folder, settings.capture))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    turns = settings.augmentation.quarter_turns
    # Runs outside, models inside: after an interruption all models have nearly as many trainings.
    return [
        Job(
            model=model,
            run=run,
            seed=settings.seed,
            settings=settings.training,
            quarter_turns=turns,
            variants=variants,
            categories=cache / "training_categories.npy",
            test=cache / "test.npy",
            data_key=f"{variants.name} {turns} {hash_of(test)}",
            folder=output / TRAININGS,
            threads=cores() if device == "cuda" else 1,
            device=device,
        )
        for run in range(1, settings.runs + 1)
        for model in Model
    ]


def _results(jobs: Sequence[Job]) -> dict[Model, list[Training]]:
    trainings: dict[Model, list[Training]] = {model: [] for model in Model}
    for job in jobs:
        result = job.result()
        if result is None:
            raise RuntimeError(f"{job.result_path}: a training that has ended left no result.")
        trainings[job.model].append(result)
    return trainings


def _write_array(path: Path, array: np.ndarray) -> None:
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, array)
