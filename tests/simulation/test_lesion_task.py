from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from livercad.classification.doubts import doubt_of
from livercad.classification.recipe import CLASSES
from livercad.core.crops import PHASES
from livercad.learning.plan import Plan
from livercad.simulation.lesion_task import LesionModel, LesionTask
from livercad.simulation.phantom_lesions import Lesions


class Uncalibrated:
    def probabilities(self, logits: np.ndarray, present: np.ndarray) -> np.ndarray:
        return np.asarray(softmax(logits, axis=1))


@pytest.fixture(scope="module")
def task(lesions: Lesions) -> LesionTask:
    return LesionTask(lesions, plan=Plan(steps=14, learning_rate=3e-3, clip=5.0))


@pytest.fixture(scope="module")
def model(task: LesionTask) -> LesionModel:
    return task.learn(task.truth(task.lesions.pool), 0)


def test_classes_that_differ_in_density_are_learnt(task: LesionTask, model: LesionModel) -> None:
    score = model.score(task.split(0).test)
    assert score.value > 0.6  # a third by chance
    assert score.value == pytest.approx(np.mean(list(score.parts.values())))
    assert set(score.parts) == {kind.value for kind in CLASSES[:3]}


def test_the_same_labels_and_seed_give_the_same_model(task: LesionTask) -> None:
    short, cases = replace(task, plan=Plan(steps=2)), task.lesions.pool[:5]
    one, other = (short.learn(short.truth(cases), 4).look(cases, 0) for _ in range(2))
    assert np.array_equal(one.embeddings, other.embeddings) and np.array_equal(one.classification, other.classification)
    third = short.learn(short.truth(cases), 5).look(cases, 0)
    assert not np.array_equal(one.embeddings, third.embeddings)


def test_every_case_of_the_pool_is_known_by_all_that_strategies_go_by(task: LesionTask, model: LesionModel) -> None:
    pool = task.split(0).pool
    known = model.look(pool, 0)
    assert known.cases == pool
    assert ((known.uncertainty >= 0) & (known.uncertainty <= 1)).all()
    assert np.isfinite(known.classification).all() and np.isfinite(known.embeddings).all()
    assert known.embeddings.shape[0] == len(pool) and (known.clusters >= 0).all()


def test_a_case_is_as_uncertain_as_its_most_uncertain_lesion(task: LesionTask, model: LesionModel) -> None:
    # The same lesions as cases of their own.
    case = next(case for case in task.lesions.pool if task.lesions.case_of.count(case) == 2)
    own = tuple(f"{n}" if name == case else name for n, name in enumerate(task.lesions.case_of))
    apart = replace(task, lesions=replace(task.lesions, case_of=own))
    singles = tuple(str(n) for n, name in enumerate(task.lesions.case_of) if name == case)
    alone = LesionModel(apart, model._network).look(singles, 0)
    together = model.look((case, *task.lesions.pool[:2]), 0)
    assert together.uncertainty[0] == pytest.approx(alone.uncertainty.max(), abs=1e-5)
    assert together.embeddings[0] == pytest.approx(alone.embeddings.mean(axis=0), abs=1e-4)


def test_doubt_about_a_class_is_the_server_s(task: LesionTask, model: LesionModel) -> None:
    case = next(case for case in task.lesions.pool if task.lesions.case_of.count(case) == 1)
    row = task.lesions.case_of.index(case)
    crops = task.lesions.views[row].astype(np.float32)
    doubt = doubt_of(model._network, Uncalibrated(), crops, np.ones(len(PHASES), dtype=bool))
    assert model.look((case, *task.lesions.pool[-2:]), 0).classification[0] == pytest.approx(doubt.value, abs=1e-5)


def test_pools_of_seeds_differ_and_share_no_patient_with_the_test(task: LesionTask) -> None:
    one, other = task.split(0), task.split(1)
    assert one.pool != other.pool and one.test == other.test
    assert not set(one.pool) & set(one.test)


def test_the_truth_of_a_case_is_the_classes_of_its_lesions(task: LesionTask) -> None:
    case = task.lesions.case_of[3]
    wanted = [kind for name, kind in zip(task.lesions.case_of, task.lesions.classes, strict=True) if name == case]
    assert task.truth([case]) == {case: wanted}
