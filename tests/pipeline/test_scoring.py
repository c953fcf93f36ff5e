"""A case's score: what each model contributes, and what is left out where one is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes import LESION_HU, LIVER_HU, fake_analyzer, full_analyzer, synthetic_abdomen, write_case
from livercad.core.findings import ModelUsed
from livercad.errors import Cancelled, ImageContentError
from livercad.pipeline.scoring import name_models, score
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from livercad.studies.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_case(tmp_path, "patient_portal")
    return find_studies(tmp_path).studies[0]


def test_each_model_tells_its_part(study: Study) -> None:
    analyzer = full_analyzer()
    found, lesions = score(analyzer, study), analyzer(study).findings.lesions
    abdomen = synthetic_abdomen().array
    lesion, liver = (abdomen == LESION_HU).sum(), np.isin(abdomen, (LESION_HU, LIVER_HU)).sum()
    assert found.uncertainty == pytest.approx(lesion / liver)
    assert found.classification == pytest.approx(1 - 1 / max(one.diameter_mm for one in lesions))
    assert found.liver is not None and found.liver[0] == liver
    assert found.lesions == pytest.approx([np.mean([one.volume_ml for one in lesions])] * 3)


def test_a_case_without_lesions_has_no_doubtful_class(study: Study, tmp_path: Path) -> None:
    abdomen = synthetic_abdomen()
    whole = abdomen.like(np.where(abdomen.array == LESION_HU, LIVER_HU, abdomen.array).astype(np.int16))
    write_volume(whole, tmp_path / "healthy" / "healthy_portal.nii.gz")
    found = score(full_analyzer(), find_studies(tmp_path / "healthy").studies[0])
    assert (found.uncertainty, found.classification, found.lesions) == (0, 0, None)


def test_without_classifier_and_recogniser_the_outlines_are_scored(study: Study) -> None:
    found = score(fake_analyzer(), study)
    assert found.uncertainty > 0
    assert (found.classification, found.liver, found.lesions) == (None, None, None)


def test_progress_grows_and_can_cancel(study: Study) -> None:
    seen: list[float] = []
    score(full_analyzer(), study, lambda done, total, what: seen.append(done / total))
    assert min(np.diff(seen)) > -1e-9 and (seen[0], seen[-1]) == (0, 1)

    def stop(done: float, total: float, what: str) -> None:
        if done / total > 0.9:
            raise Cancelled

    with pytest.raises(Cancelled):
        score(full_analyzer(), study, stop)


def test_a_case_without_a_liver_is_refused_in_words(tmp_path: Path) -> None:
    abdomen = synthetic_abdomen()
    write_volume(abdomen.like(np.where(abdomen.array == LIVER_HU, 0, abdomen.array)), tmp_path / "odd.nii.gz")
    with pytest.raises(ImageContentError, match="no liver"):
        score(full_analyzer(), find_studies(tmp_path).studies[0])


def test_models_are_named_by_version_and_weights() -> None:
    def used(version: str, sha256: str) -> ModelUsed:
        return ModelUsed("lesions", version, sha256, "torch cpu fp32")

    names = {name_models([used(*each)]) for each in (("1", "a" * 64), ("1", "b" * 64), ("2", "b" * 64))}
    assert len(names) == 3
    assert name_models([used("1", "a" * 64)]) == "scores 1; lesions 1 aaaaaaaaaaaa"
