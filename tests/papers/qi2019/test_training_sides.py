"""What a training learns from, and what chooses its epoch: nothing of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from livercad.papers.qi2019 import training
from livercad.papers.qi2019.arrays import patch_of, stretched
from livercad.papers.qi2019.crops import scaled, uniform_crops
from livercad.papers.qi2019.data import folder_data
from livercad.papers.qi2019.jobs import WEIGHTS, Job, Rows, Training, result_of
from livercad.papers.qi2019.making import learner_of
from livercad.papers.qi2019.methods import TRAINED, Method, Question
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Side, Split, rows_of
from livercad.papers.qi2019.steps import Study
from livercad.papers.qi2019.training import run_training
from livercad.progress import silent


@pytest.fixture(scope="module")
def job(breast_images: Path, qi_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The quickest training, of the method that looks at its images before it learns, too: it standardises them."""
    output = tmp_path_factory.mktemp("sides")
    study = Study.of(folder_data(breast_images), output, qi_settings, 1)
    return study.jobs(study.sides, [Method.CHENG], silent)[Split.PATIENT][0]


@pytest.mark.parametrize("method", TRAINED)
def test_each_method_sees_its_own_view_of_an_image(method: Method, breast_images: Path, job: Job) -> None:
    images, settings, row = folder_data(breast_images).images, job.settings, 5
    grey, side = images[row].grey, settings.networks.side
    answers = {Question.MALIGNANT: job.answers[Question.MALIGNANT]}
    if method is Method.REM:
        answers[Question.SOLID] = answers[Question.MALIGNANT]
    learner: Any = learner_of(replace(job, method=method, answers=answers))
    if method is Method.CHENG:
        patch = patch_of(grey, images[row].box, settings.cheng.patch, settings.cheng.side)
        np.testing.assert_allclose(learner.values[row].numpy(), patch.grey.ravel() / 255, atol=1e-6)
        return
    expected = {
        Method.BASIC: [stretched(grey, side)],
        Method.HAN: [stretched(grey, settings.han.side)],
    }.get(method, uniform_crops(scaled(grey, side), side, settings.crops))
    np.testing.assert_array_equal(learner.views.fixed(row), expected)


def with_others(job: Job, sides: Sequence[Side], folder: Path) -> Job:
    """The same training where images of some sides, and their answers, are others."""
    rows, rng = rows_of(job.sides, *sides), np.random.default_rng(0)
    with np.load(job.arrays) as kept:
        arrays = dict(kept)
    arrays["patches"][rows] = rng.integers(256, size=arrays["patches"][rows].shape)
    arrays["numbers"][rows] *= rng.uniform(2, 3, arrays["numbers"][rows].shape)
    answers = np.array(job.answers[Question.MALIGNANT])
    answers[rows] = 1 - answers[rows]
    folder.mkdir()
    np.savez(folder / "arrays.npz", **arrays)
    told = {Question.MALIGNANT: tuple(answers.tolist())}
    return replace(job, arrays=folder / "arrays.npz", answers=told, folder=folder)


def trained(job: Job) -> tuple[Training, bytes]:
    run_training(job)
    result = result_of(job)
    assert result
    return result, (job.folder / WEIGHTS).read_bytes()


def test_nothing_is_learnt_from_validation_and_test(job: Job, tmp_path: Path) -> None:
    once = job.settings.changed({"cheng": {"epochs": 1}})
    alone = replace(job, settings=once, folder=tmp_path / "alone")
    (own, weights), *others = (
        trained(each)
        for each in (
            alone,
            with_others(alone, (Side.VALIDATION, Side.TEST), tmp_path / "others"),
            with_others(alone, (Side.TRAINING,), tmp_path / "learnt"),
        )
    )
    assert [weights == other for _, other in others] == [True, False]
    assert others[0][0].curves[Question.MALIGNANT].loss == own.curves[Question.MALIGNANT].loss
    assert others[0][0].probabilities != own.probabilities


def test_the_epoch_that_counts_is_chosen_without_the_test(job: Job, tmp_path: Path) -> None:
    alone = replace(job, folder=tmp_path / "alone")
    own, weights = trained(alone)
    other, same = trained(with_others(alone, (Side.TEST,), tmp_path / "tested"))
    assert (own.curves, own.best_epoch, weights) == (other.curves, other.best_epoch, same)
    validation, _ = trained(with_others(alone, (Side.VALIDATION,), tmp_path / "validated"))
    assert validation.curves[Question.MALIGNANT].f_beta != own.curves[Question.MALIGNANT].f_beta


def test_of_cross_training_the_highest_mean_of_both_networks_counts(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(job.sides, Side.VALIDATION)
    answers = {Question.MALIGNANT: np.arange(len(job.sides)) % 2, Question.SOLID: np.arange(len(job.sides)) // 2 % 2}
    both = replace(
        job, method=Method.REM, answers={question: tuple(each.tolist()) for question, each in answers.items()}
    )
    right = {question: each[rows].astype(float) for question, each in answers.items()}
    wrong = {question: 1 - each for question, each in right.items()}
    half = {question: np.ones(len(rows)) for question in right}  # every yes is found, and every no called so
    m, s = Question.MALIGNANT, Question.SOLID
    told = iter([{m: right[m], s: wrong[s]}, half, {m: wrong[m], s: right[s]}])
    monkeypatch.setattr(training, "_asked", lambda *_: next(told))
    learner: Any = SimpleNamespace(modules={})
    state = training._Progress(losses={m: [], s: []}, scores={m: [], s: []})
    for _ in range(3):
        state.sums = {m: 0.0, s: 0.0}
        training._end_epoch(both, learner, state)
    assert state.best_epoch == 2 and state.best[0] == pytest.approx((state.scores[m][1] + state.scores[s][1]) / 2)


def test_every_epoch_shows_all_training_images_in_another_order_and_every_step_draws_anew(job: Job) -> None:
    orders = [np.concatenate(training._batches(job, epoch)).tolist() for epoch in range(3)]
    assert all(sorted(order) == job.training.tolist() for order in orders) and len(set(map(tuple, orders))) == 3
    drawn: list[tuple[float, float]] = []

    def step(rows: Rows, rng: np.random.Generator) -> dict[Question, float]:
        drawn.append((float(rng.random()), float(torch.rand(()))))
        return {Question.MALIGNANT: 1.0}

    learner: Any = SimpleNamespace(step=step)
    for epoch, number in ((0, 0), (0, 1), (1, 0), (0, 0)):
        training._one_step(job, learner, training._Progress(epoch=epoch, step=number), job.training)
    assert drawn[3] == drawn[0] and len(set(drawn[:3])) == 3
    assert all(len({each[n] for each in drawn[:3]}) == 3 for n in range(2))
