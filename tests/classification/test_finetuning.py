"""The classifier learns from labelled cases: cut as in use, calibrated, its file like the shipped one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from liver_cases import liver_cases
from livercad.classification.case_examples import lesion_examples
from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.finetuning import ClassificationJob, Mixing
from livercad.classification.recipe import CLASSES
from livercad.core.crops import PHASES, crops_of
from livercad.core.findings import Lesion
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase
from livercad.learning.engine import train
from livercad.learning.plan import Plan
from livercad.models.shipping import Trained, weights_file
from livercad.models.version import base, challenger
from livercad.settings import Settings

ALONE = Mixing(patients=0, held_out=0, batch=8)
PORTAL = PHASES.index(Phase.PORTAL)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCase]:
    found = liver_cases(tmp_path_factory.mktemp("cases"), 4)
    kinds = (LesionClass.CYST, LesionClass.METASTASIS)
    return [replace(case, classes={1: kinds[number % 2]}) for number, case in enumerate(found)]


def portal_only(case: LabelledCase) -> Mapping[Phase, Volume]:
    return {Phase.PORTAL: case.read_image()}


def test_lesions_are_cut_as_the_classifier_cuts_them(cases: list[LabelledCase]) -> None:
    arrays = lesion_examples(cases[1], portal_only(cases[1]))
    assert arrays["classes"].tolist() == [CLASSES.index(LesionClass.METASTASIS)]
    assert np.flatnonzero(arrays["present"][0]).tolist() == [PORTAL]
    lesion = np.argwhere(cases[1].read_instances().array == 1).mean(axis=0)
    affine = cases[1].read_image().affine
    center = tuple(float(value) for value in affine[:3, :3] @ lesion + affine[:3, 3])
    expected, _ = crops_of(portal_only(cases[1]), center, 12.0)
    assert abs(arrays["crops"][0, PORTAL, 1, 20:28, 20:28].mean() - expected[PORTAL, 1, 20:28, 20:28].mean()) < 8
    middle = arrays["squares"][0, PORTAL, 2]
    assert middle[38:46, 38:46].mean() < middle[20:64, 20:64].mean(), "the dark lesion is in the middle"


def test_a_lesion_of_which_nothing_is_told_is_left_out(cases: list[LabelledCase]) -> None:
    arrays = lesion_examples(replace(cases[0], classes={7: LesionClass.CYST}), portal_only(cases[0]))
    assert all(len(array) == 0 for array in arrays.values())


def test_training_starts_from_a_version_and_ends_in_a_file_that_the_classifier_loads(
    cases: list[LabelledCase], tmp_path: Path
) -> None:
    job = ClassificationJob(portal_only, cases[:2], cases[2:], base(NAME), tmp_path / "cache", Settings(), 1, ALONE)
    plan = Plan(steps=4, learning_rate=1e-3, validate_every=2, precision="float32")
    outcome = train(job, plan, tmp_path / "run", "cpu")
    before = outcome.history[0].validation
    assert before.cases == job.measure(base(NAME), lambda *_: None).cases, "the first validation is the champion's"
    own = Trained(NAME, job.tensors(outcome.network), {})
    (tmp_path / "own.safetensors").write_bytes(weights_file(own))
    shipped = load_file(base(NAME).path)
    assert {name: array.shape for name, array in load_file(tmp_path / "own.safetensors").items()} == {
        name: array.shape for name, array in shipped.items()
    }
    after = job.measure(challenger(NAME, tmp_path / "own.safetensors"), lambda *_: None)
    assert after.score == pytest.approx(outcome.best.validation.score, abs=1e-4)
    assert set(after.cases) == {"liver-2", "liver-3"}


def test_what_is_validated_is_what_the_classifier_says(cases: list[LabelledCase], tmp_path: Path) -> None:
    from livercad.classification.examples import measured

    job = ClassificationJob(portal_only, cases[:1], cases[2:3], base(NAME), tmp_path, Settings(), 0, ALONE)
    told = job.measure(base(NAME), lambda *_: None).cases["liver-2"]["probabilities"][0]
    center, diameter = measured(cases[2].read_instances())
    lesion = Lesion.__new__(Lesion)
    for name, value in (("number", 1), ("center", center), ("diameter_mm", diameter)):
        object.__setattr__(lesion, name, value)
    said = LesionClassifier(Settings())(portal_only(cases[2]), [lesion])[1].classification.probabilities
    assert told == pytest.approx({LesionClass(name): value for name, value in said.items()}, abs=1e-5)


def test_draws_show_only_phases_that_there_are(cases: list[LabelledCase], tmp_path: Path) -> None:
    job = ClassificationJob(portal_only, cases[:2], [], base(NAME), tmp_path, Settings(), 0, ALONE)
    crops, shown, classes = job.draw(0, 0, 1)
    assert shown.nonzero()[:, 1].unique().tolist() == [PORTAL]
    assert shown.any(1).all()
    assert len(classes.unique()) == 2
    again, *_ = job.draw(0, 0, 1)
    assert torch.equal(crops, again)
