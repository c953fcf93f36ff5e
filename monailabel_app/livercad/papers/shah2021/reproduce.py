"""The whole study: images, both networks for both splits, their answers, tables, figures, the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image as Picture

from livercad import __version__
from livercad.networks.base_weights import weights_key
from livercad.papers.cases import liver_finder, studies_of
from livercad.papers.shah2021.answers import LesionAnswers, LesionTest, LiverAnswers, LiverTest
from livercad.papers.shah2021.cases import look_at
from livercad.papers.shah2021.images import hash_of
from livercad.papers.shah2021.jobs import WEIGHTS, Job, result_of
from livercad.papers.shah2021.leaks import leaks_of
from livercad.papers.shah2021.page import write_page
from livercad.papers.shah2021.predictor import ShahDetector, export_model
from livercad.papers.shah2021.results import NetworkResult, Results, SplitResult
from livercad.papers.shah2021.settings import Settings, Split
from livercad.papers.shah2021.sources import PatientSource
from livercad.papers.shah2021.splits import shared_share
from livercad.papers.shah2021.steps import Study
from livercad.papers.shah2021.summary import class_counts, lesion_part, liver_part
from livercad.papers.workers import cores
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text

RESULTS = "results.json"
SHARES = (0.2, 0.46, 0.98)
"""Where images, the first network, the second network end, for the progress bar."""


def reproduce(
    source: PatientSource,
    output: Path,
    settings: Settings | None = None,
    *,
    quick: bool = False,
    studies: Path | None = None,
    workers: int | None = None,
    progress: Progress = silent,
) -> Results:
    """Do the study of Shah 2021 on a source of patients; what an earlier call has finished is kept.

    Parameters
    ----------
    source : PatientSource
        Patients with marked livers and lesions.
    output : Path
        Gets ``index.html``, ``results.json``, ``figures``, ``model``, ``images``, ``trainings``, ``answers`` and
        ``cache``.
    settings : Settings, optional
        The defaults if not given.
    quick : bool, default False
        Said on the page: a run too short to mean anything.
    studies : Path, optional
        CT studies to be looked at with the trained network, with pictures on the page; there is no truth to them.
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
        If no patient's images can be used, or a side of a split has none; single patients are left out. If a training
        diverges. If there are no studies to look at: before anything is made.
    ModelError
        If first weights are asked for that are not there, or studies are to be looked at without the liver network.
    """
    settings = settings or Settings()
    weights_key(settings.lesions.weights)
    own_studies = studies_of(studies) if studies else ()
    find_liver = liver_finder() if own_studies else None
    study = Study.of(source, output, settings, workers or cores(), part(progress, 0, SHARES[0]))
    liver = study.liver_tests(part(progress, SHARES[0], SHARES[1]))
    lesions = study.lesion_tests(liver, part(progress, SHARES[1], SHARES[2]))
    progress(SHARES[2], 1, "writing tables and figures")
    results = _results(study, liver, lesions, quick)
    export_model(lesions[Split.PATIENT].job.folder / WEIGHTS, results, output / "model")
    pictures: dict[str, Picture] = {}
    if find_liver:
        detector = ShahDetector(output / "model")
        cases, pictures, left_out = look_at(own_studies, detector, find_liver, part(progress, SHARES[2], 0.99))
        results = results.model_copy(update={"cases": cases, "left_out": [*results.left_out, *left_out]})
    write_page(results, liver, lesions, pictures, output)
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _results(study: Study, liver: dict[Split, LiverTest], lesions: dict[Split, LesionTest], quick: bool) -> Results:
    """Sum everything up."""
    liver_answers = {split: _there(test).answers for split, test in liver.items()}
    lesion_answers = {split: _there(test).answers for split, test in lesions.items()}
    splits = {
        split: SplitResult(
            shared=shared_share(study.lesion_images, np.array(lesions[split].job.training)),
            liver_network=_network(liver[split].job),
            lesion_network=_network(lesions[split].job),
            liver_training=liver_part([each for each in liver_answers[split] if each.training]),
            liver_test=liver_part([each for each in liver_answers[split] if not each.training]),
            training=lesion_part([each for each in lesion_answers[split] if each.training]),
            test=lesion_part([each for each in lesion_answers[split] if not each.training]),
        )
        for split in Split
    }
    leaks = leaks_of(
        {split: [each for each in answers if not each.training] for split, answers in liver_answers.items()},
        {split: [each for each in answers if not each.training] for split, answers in lesion_answers.items()},
    )
    return Results(
        livercad_version=__version__,
        data=study.source.title,
        is_phantom=study.source.is_phantom,
        quick=quick,
        settings=study.settings,
        patients=class_counts([patient.kind for patient in study.patients]),
        liver_images=len(study.liver_images),
        lesion_images=class_counts([image.kind for image in study.lesion_images]),
        sha256=hash_of(study.records),
        splits=splits,
        leaks=leaks,
        cases=[],
        left_out=list(study.left_out),
    )


def _there(test: Any) -> Any:
    answers: LiverAnswers | LesionAnswers | None = test.kept()
    if answers is None:
        raise RuntimeError(f"{test.folder}: a network that was asked left no answers.")
    return answers


def _network(job: Job) -> NetworkResult:
    training = result_of(job)
    if training is None:
        raise RuntimeError(f"{job.folder}: a training that has ended left no result.")
    return NetworkResult(
        parameters=training.parameters, images=training.images, seconds=training.seconds, curve=training.curve
    )
