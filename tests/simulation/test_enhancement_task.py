from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livercad.classification.examples import MARGIN
from livercad.core.crops import PHASES, PLANES
from livercad.core.roi import DEFAULT_RATIO
from livercad.simulation.enhancement_task import NAMES, EnhancementModel, EnhancementTask, measured
from livercad.simulation.lesion_task import LesionTask
from livercad.simulation.phantom_lesions import Lesions

STORED = 84


@pytest.fixture(scope="module")
def task(lesions: Lesions) -> EnhancementTask:
    return EnhancementTask(LesionTask(lesions))


@pytest.fixture(scope="module")
def model(task: EnhancementTask) -> EnhancementModel:
    return task.learn(task.truth(task.split(0).pool), 0)


def test_densities_are_those_of_a_round_lesion_s_parts() -> None:
    rows, columns = np.indices((STORED, STORED)) - (STORED - 1) / 2
    radii = np.hypot(rows, columns) / (DEFAULT_RATIO * STORED / MARGIN / 2)
    square = np.select([radii < 0.4, radii < 0.75, radii < 1.1], [20, 50, 80], 110).astype(np.int16)
    squares = np.broadcast_to(square, (1, len(PHASES), PLANES, STORED, STORED)).copy()
    squares[:, 1] += 30
    found = measured(squares).reshape(len(PHASES), 10)
    assert found[0, :4] == pytest.approx([20, 50, 80, 110], abs=5)  # core, middle, rim, liver; edges are blurred
    assert found[0, 4:7] == pytest.approx([-90, -60, -30], abs=5)
    assert (found[0, 7:] < 12).all()
    assert found[1, :4] - found[0, :4] == pytest.approx(30) and found[1, 4:] == pytest.approx(found[0, 4:])


def test_classes_that_differ_in_density_are_learnt(task: EnhancementTask, model: EnhancementModel) -> None:
    score = model.score(task.split(0).test)
    assert score.value > 0.7  # a third by chance
    assert score.value == pytest.approx(np.mean(list(score.parts.values())))
    assert set(score.parts) == set(NAMES[:3])


def test_a_case_is_as_doubtful_as_its_most_doubtful_lesion(task: EnhancementTask, model: EnhancementModel) -> None:
    lesions = task.cases.lesions
    case = next(case for case in lesions.pool if lesions.case_of.count(case) == 2)
    own = tuple(f"{n}" if name == case else name for n, name in enumerate(lesions.case_of))
    apart = EnhancementTask(LesionTask(replace(lesions, case_of=own)))
    singles = tuple(str(n) for n, name in enumerate(lesions.case_of) if name == case)
    alone = EnhancementModel(apart, task.places(0), model._regression).look(singles, 0)
    together = model.look((case, *lesions.pool[:2]), 0)
    assert together.uncertainty[0] == pytest.approx(alone.uncertainty.max())
    assert together.classification[0] == pytest.approx(alone.classification.max())
    assert together.embeddings[0] == pytest.approx(alone.embeddings.mean(axis=0), abs=1e-5)


def test_features_are_standardised_without_the_test_cases(task: EnhancementTask) -> None:
    own = task.places(0)[task.rows_of(task.split(0).pool)]
    assert own.mean(axis=0) == pytest.approx(np.zeros(own.shape[1]), abs=1e-6)
    assert own.std(axis=0) == pytest.approx(np.ones(own.shape[1]), abs=1e-6)
    assert not np.allclose(task.places(0), task.places(1))
