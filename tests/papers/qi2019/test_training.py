"""Trainings: the epoch that counts, going on after a stop, keys, and what diverges."""

from __future__ import annotations

import ast
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from livercad.errors import Cancelled, InputError
from livercad.papers import workers
from livercad.papers.qi2019 import jobs, training
from livercad.papers.qi2019.data import Data, folder_data
from livercad.papers.qi2019.jobs import RESULT, WEIGHTS, Job, result_of
from livercad.papers.qi2019.making import trained_learner
from livercad.papers.qi2019.methods import TRAINED, Method, Question
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Side, Split, rows_of
from livercad.papers.qi2019.steps import Study
from livercad.papers.qi2019.training import CHECKPOINT, run_training
from livercad.progress import silent

HERE = "livercad.papers.qi2019"
KEYED_BY_VALUE = {f"{HERE}.{name}" for name in ("answers", "arrays", "data", "methods", "settings", "splits")}
"""What these make stands in the keys themselves."""
MAKES_NOTHING = {
    *("livercad.code", "livercad.errors", "livercad.progress", "livercad.papers.diverged", "livercad.papers.workers"),
    *("livercad.learning.checkpoint", "livercad.learning.hardware", "livercad.studies.atomic"),
    "livercad.evaluation.intervals",  # for the tables' intervals alone
}


@pytest.fixture(scope="module")
def data(breast_images: Path) -> Data:
    return folder_data(breast_images)


@pytest.fixture
def all_jobs(data: Data, qi_settings: Settings, tmp_path: Path) -> list[Job]:
    study = Study.of(data, tmp_path, qi_settings, 1)
    return study.jobs(study.sides, TRAINED, silent)[Split.PATIENT]


def of_method(all_jobs: list[Job], method: Method) -> Job:
    return next(job for job in all_jobs if job.method is method)


def imported(module: str) -> set[str]:
    """Modules of papers and networks that one imports, directly or not, and others that these import."""
    found: set[str] = set()
    todo = [module]
    while todo:
        spec = find_spec(todo.pop())
        assert spec and spec.origin
        for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("livercad."):
                new = {node.module} - found - KEYED_BY_VALUE
                found |= new
                todo += new
    return found


def test_no_module_that_takes_part_in_a_training_is_forgotten() -> None:
    assert {training.__name__, *imported(training.__name__)} - MAKES_NOTHING <= set(jobs.CODE)


def test_cross_training_stopped_and_taken_up_again_ends_with_the_same_weights(
    all_jobs: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = all_jobs[0].settings
    longer = settings.model_copy(update={"training": settings.training.model_copy(update={"epochs": 2})})
    whole = replace(of_method(all_jobs, Method.REM), settings=longer, folder=tmp_path / "whole")
    run_training(whole)
    stopped = replace(whole, folder=tmp_path / "stopped")
    seen = 0

    def stop(amount: int) -> None:
        nonlocal seen
        seen += amount
        if seen > len(stopped.training) * 1.4:  # in the middle of the second epoch
            raise Cancelled

    monkeypatch.setattr(workers, "_tick", stop)
    with pytest.raises(Cancelled):
        run_training(stopped)
    assert (stopped.folder / CHECKPOINT).is_file() and result_of(stopped) is None
    monkeypatch.setattr(workers, "_tick", None)
    torch.manual_seed(99)
    run_training(stopped)
    one, other = (load_file(job.folder / WEIGHTS) for job in (whole, stopped))
    assert all(torch.equal(one[name], other[name]) for name in one)
    first, second = result_of(whole), result_of(stopped)
    assert first and second and first.curves == second.curves and first.probabilities == second.probabilities
    assert not (stopped.folder / CHECKPOINT).exists()


def test_the_epoch_with_the_highest_f_beta_of_validation_counts(
    all_jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = of_method(all_jobs, Method.CHENG)
    truth = np.array(job.answers[Question.MALIGNANT])[rows_of(job.sides, Side.VALIDATION)]
    told = iter([1.0 - truth, truth * 0.6 + 0.2, truth * 0.9 + 0.05, 0.9 * np.ones(len(truth))])
    asked = training._asked

    def pretend(own: Job, learner, rows, method):
        if len(rows) == len(truth):  # validation alone
            return {Question.MALIGNANT: next(told)}
        return asked(own, learner, rows, method)

    monkeypatch.setattr(training, "_asked", pretend)
    run_training(job)
    result = result_of(job)
    assert result and len(result.curves[Question.MALIGNANT].f_beta) == job.epochs == 4
    # Epochs 2 and 3 are right in everything; of equals the surer one.
    assert result.curves[Question.MALIGNANT].f_beta[1:3] == [1.0, 1.0]
    assert result.best_epoch == 3


def test_the_weights_that_are_kept_give_the_probabilities_that_are_told(all_jobs: list[Job]) -> None:
    job = of_method(all_jobs, Method.CHENG)
    run_training(job)
    result = result_of(job)
    assert result and result.rows == rows_of(job.sides, Side.VALIDATION, Side.TEST).tolist()
    told = trained_learner(job).ask(np.array(result.rows), Method.CHENG)[Question.MALIGNANT]
    np.testing.assert_allclose(told, result.probabilities[Method.CHENG][Question.MALIGNANT], atol=1e-5)


def test_a_training_depends_on_its_own_settings_and_images_alone(all_jobs: list[Job]) -> None:
    def changed(**update: object) -> set[str]:
        others = [replace(job, settings=job.settings.model_copy(update=update)) for job in all_jobs]
        return {job.method.value for job, other in zip(all_jobs, others, strict=True) if job.key != other.key}

    settings = all_jobs[0].settings
    assert changed(cheng=settings.cheng.model_copy(update={"noise": 0.1})) == {"Cheng"}
    assert changed(han=settings.han.model_copy(update={"divisor": 4})) == {"Han"}
    assert changed(networks=settings.networks.model_copy(update={"keep": 0.7})) == {"BASIC", "MIP", "REM"}
    assert changed(training=settings.training.model_copy(update={"rho": 0.8})) == {"BASIC", "MIP", "REM", "Han"}
    assert changed(crops=3) == {"MIP", "REM"}
    assert changed(phantoms=settings.phantoms.model_copy(update={"columns": 300})) == set()
    assert len({job.key for job in all_jobs}) == len(all_jobs)
    job = all_jobs[0]
    assert replace(job, data_key="other").key != job.key != replace(job, sides=job.sides[::-1]).key


def test_a_training_that_diverges_is_one_clear_error_and_leaves_nothing(
    all_jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = of_method(all_jobs, Method.CHENG)
    monkeypatch.setattr(training, "is_finite", lambda module: False)
    with pytest.raises(InputError, match=r"epoch 1 of 4: found weights that are not finite.*cheng\.learning_rate"):
        run_training(job)
    assert not any((job.folder / name).exists() for name in (CHECKPOINT, RESULT, WEIGHTS))
