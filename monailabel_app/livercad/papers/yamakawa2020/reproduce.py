"""The whole study: images, regions of interest, trainings, scores, the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from livercad import __version__
from livercad.core.class_names import in_a_sentence
from livercad.errors import InputError
from livercad.papers.settings import Deviations, deviations_of
from livercad.papers.workers import cores, run_all
from livercad.papers.yamakawa2020.answers import Answers, averages, case_groups, case_labels, pooled
from livercad.papers.yamakawa2020.crops import make_all_crops
from livercad.papers.yamakawa2020.dataset import Dataset, read_dataset
from livercad.papers.yamakawa2020.page import write_page
from livercad.papers.yamakawa2020.plan import MULTI_SCALE, Plan, Training, plans_of
from livercad.papers.yamakawa2020.predictor import export_model
from livercad.papers.yamakawa2020.results import ClassCount, Example, Results
from livercad.papers.yamakawa2020.settings import PAPER, CropSet, Settings
from livercad.papers.yamakawa2020.summary import best_ratio, overlap_of, scores_of
from livercad.papers.yamakawa2020.tables import ratios_of
from livercad.papers.yamakawa2020.training import run_training
from livercad.papers.yamakawa2020.verdict import verdict_of
from livercad.phantom.ultrasound.cohort import counts
from livercad.phantom.ultrasound.making import Options, write_ultrasound
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.phantoms import is_phantom as is_phantom_folder

RESULTS = "results.json"
PHANTOMS, CACHE, TRAININGS, MODEL = "phantoms", "cache", "trainings", "model"
PHANTOM_SHARE, READ_SHARE, CROP_SHARE = 0.05, 0.07, 0.15
"""Of the time, for the progress bar: until phantoms, images and regions of interest are there."""


def reproduce(
    folder: Path | None,
    output: Path,
    settings: Settings,
    *,
    reasons: Deviations | None = None,
    quick: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> Results:
    """Do the study of Yamakawa et al. 2020; what an earlier call has finished is kept.

    Parameters
    ----------
    folder : Path or None
        Ultrasound images (docs/ultrasound.md); None makes phantoms.
    output : Path
        Gets ``index.html``, ``results.json``, ``figures``, ``trainings``, ``model``, ``cache`` and ``phantoms``.
    settings : Settings
        Sizes and choices.
    reasons : dict, optional
        Why settings are not the paper's, by name, with the value that each reason is for.
    quick : bool, default False
        Said on the page: a run too short to mean anything.
    workers : int, optional
        Processes; as many as there are cores if not given. With a GPU, trainings run in one.
    progress : Progress
        May raise `Cancelled`: the next call goes on with the training that was stopped, after its last whole start.

    Returns
    -------
    Results
        Also written to ``results.json``.

    Raises
    ------
    InputError
        If the images cannot be used, a class has too few cases, or a training diverges.
    """
    if folder is None:
        _check_phantoms(settings)
    workers = workers or cores()
    title = f"the images in {folder.name}" if folder else "digital phantoms"
    is_phantom = folder is None or is_phantom_folder(folder)
    if folder is None:
        folder = output / PHANTOMS
        write_ultrasound(
            folder, Options(seed=settings.seed, **settings.phantoms.model_dump()), part(progress, 0, PHANTOM_SHARE)
        )
    dataset = read_dataset(folder, part(progress, PHANTOM_SHARE, READ_SHARE))
    folds = dataset.folds(settings.study.folds, settings.seed)
    wanted = (*settings.centred, *settings.shifted)
    crops = make_all_crops(
        dataset, wanted, settings.crops, output / CACHE, workers, part(progress, READ_SHARE, CROP_SHARE)
    )
    plans = plans_of(dataset, folds, crops, output / TRAININGS, settings)
    trainings = _train(plans, settings, workers, part(progress, CROP_SHARE, 0.97))
    progress(0.97, 1, "scores")
    told = partial(Results, data=title, is_phantom=is_phantom, quick=quick)
    results, reference = _results(dataset, settings, trainings, told, reasons or {})
    export_model(trainings[CropSet(settings.study.reference).name], results, output / MODEL)
    progress(0.99, 1, "writing tables and figures")
    write_page(results, dataset, reference, output)
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _check_phantoms(settings: Settings) -> None:
    """Refuse fewer phantoms than the folds need before any is made; patients' cases are counted when they are read."""
    asked, folds = settings.phantoms.cases, settings.study.folds
    if min(counts(asked)[0].values()) >= folds:
        return
    found = ", ".join(f"{number} of {in_a_sentence(kind.value)}" for kind, number in counts(asked)[0].items())
    enough = next(cases for cases in count(asked) if min(counts(cases)[0].values()) >= folds)
    raise InputError(
        "phantoms.cases",
        found=f"{asked} ({found})",
        expected=f"a case of each type for each of study.folds = {folds}, as {enough} cases have",
        todo=f"Set phantoms.cases to {enough} or study.folds lower in the file of --settings.",
    )


def _train(
    plans: Sequence[Plan], settings: Settings, workers: int, progress: Progress
) -> dict[str, list[tuple[Plan, Training]]]:
    """Do all trainings that are not done; by network."""
    todo = [plan for plan in plans if plan.result() is None]
    run_all(
        run_training,
        todo,
        1 if plans[0].device == "cuda" else workers,
        len(todo) * settings.training.starts * max(settings.training.epochs),
        progress,
        f"training {len(todo)} of {len(plans)} folds",
        ticks=True,
    )
    done: dict[str, list[tuple[Plan, Training]]] = {}
    for plan in plans:
        training = plan.result()
        assert training is not None  # what is not done has raised an error
        done.setdefault(plan.network_name, []).append((plan, training))
    return done


def _results(
    dataset: Dataset,
    settings: Settings,
    trainings: Mapping[str, list[tuple[Plan, Training]]],
    told: partial[Results],
    reasons: Deviations,
) -> tuple[Results, Answers]:
    def answers_of(crop: CropSet) -> Answers:
        where = f", tumour {crop.down:g} L above the middle" if crop.down else ""
        return pooled(dataset, trainings[crop.name], f"D/L {crop.ratio:g}{where}", crop.ratio, crop.down)

    study = settings.study
    sweep = {crop.ratio: answers_of(crop) for crop in sorted(settings.centred)}
    reference, people = sweep[study.reference], case_groups(dataset)
    together = [
        *averages(sweep, study.scales),
        pooled(dataset, trainings[MULTI_SCALE], f"one network that sees {ratios_of(study.scales)}"),
    ]
    scores = [scores_of(answers, reference) for answers in sweep.values()]
    best = best_ratio(list(sweep), [answers.correct_cases for answers in sweep.values()], people)
    labels = case_labels(dataset)
    first = trainings[CropSet(study.reference).name][0]
    results = told(
        livercad_version=__version__,
        settings=settings,
        deviations=deviations_of(settings, PAPER, reasons),
        notes=list(dataset.notes),
        duplicates=[list(names) for names in dataset.duplicates],
        groups=len(set(dataset.groups.tolist())),
        classes={
            name: ClassCount(cases=int((labels == n).sum()), images=int((dataset.labels == n).sum()))
            for n, name in enumerate(dataset.classes)
        },
        diameters=[round(circle.diameter, 2) for circle in dataset.circles],
        positive=None if dataset.positive is None else dataset.classes[dataset.positive],
        sweep=scores,
        multi_scale=[scores_of(answers, reference) for answers in together],
        off_centre=[scores_of(answers_of(crop), reference, sweep.get(crop.ratio)) for crop in settings.shifted],
        best_cases=best,
        best_images=best_ratio(
            list(sweep),
            [answers.correct_images for answers in sweep.values()],
            [str(group) for group in dataset.groups],
        ),
        best_by_class={
            name: best_ratio(
                list(sweep),
                [answers.correct_cases[labels == n] for answers in sweep.values()],
                [person for person, label in zip(people, labels, strict=True) if label == n],
            )
            for n, name in enumerate(dataset.classes)
        },
        overlap=overlap_of(
            study.scales, [sweep[ratio].correct_cases for ratio in study.scales], reference.correct_cases, people
        ),
        verdict=verdict_of(scores, best, study.reference),
        example=Example(title=reference.title, fold=1, epoch=first[1].epoch, curve=first[1].curve),
        seconds=round(sum(training.seconds for each in trainings.values() for _, training in each), 1),
    )
    return results, reference
