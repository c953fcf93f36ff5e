"""Studies of several phases: recognised, laid over each other, their lesions one list."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fakes import (
    AFFINE,
    BODY_HU,
    LESION_HU,
    LIVER_HU,
    align_where_they_lie,
    fake_analyzer,
    full_analyzer,
    synthetic_abdomen,
    write_case,
)
from livercad.core.findings import Caution, Findings, Registration
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume, grid_difference
from livercad.errors import Cancelled, ImageContentError, InputError
from livercad.pipeline.analysis import Analysis
from livercad.registration.align import Aligned
from livercad.registration.mapping import IDENTITY, shifted
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from livercad.studies.study import Study

SHAPE = (48, 48, 30)


def warnings_of(analysis: Analysis, code: Caution) -> list[str]:
    return [warning.message for warning in analysis.findings.warnings if warning.code is code]


def study_of(folder: Path, **phases: Phase) -> Study:
    """A case folder with a synthetic abdomen for each name."""
    for name, phase in phases.items():
        write_case(folder / "patient", name, shape=SHAPE, phase=phase)
    return find_studies(folder).studies[0]


@pytest.fixture
def nameless(tmp_path: Path) -> Study:
    """Three phases whose names tell nothing."""
    return study_of(tmp_path, a1=Phase.PORTAL, q=Phase.UNENHANCED, x7=Phase.ARTERIAL)


def test_phases_that_no_name_tells_are_recognised(nameless: Study) -> None:
    findings = full_analyzer()(nameless).findings
    read = [(Path(phase.source).name, phase.phase, phase.told_by) for phase in findings.phases]
    assert read == [
        ("q.nii.gz", Phase.UNENHANCED, "image"),
        ("x7.nii.gz", Phase.ARTERIAL, "image"),
        ("a1.nii.gz", Phase.PORTAL, "image"),
    ]
    assert findings.reference.phase is Phase.PORTAL
    assert findings.phases[1].probabilities["arterial"] == 0.94
    assert findings.phases[1].organ_hu == {"aorta": 150.0}
    assert findings.warnings == ()


def test_every_phase_lies_on_the_grid_of_the_reference(nameless: Study) -> None:
    analysis = full_analyzer()(nameless)
    assert [image.phase for image in analysis.phases] == [phase.phase for phase in analysis.findings.phases]
    for image, read in zip(analysis.phases, analysis.findings.phases, strict=True):
        assert grid_difference(image.aligned, analysis.reference) == ""
        assert grid_difference(image.aligned_liver, analysis.reference) == ""
        assert (read.registration is None) == read.is_reference
        assert (image.aligned is image.original) == read.is_reference


def test_lesions_carry_their_phases_measurements_and_classes(nameless: Study) -> None:
    analysis = full_analyzer()(nameless)
    assert len(analysis.findings.lesions) == 2
    for lesion in analysis.findings.lesions:
        assert lesion.visible_in == (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL)
        assert [point.phase for point in lesion.enhancement] == [Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL]
        assert all(abs(point.lesion_hu - LESION_HU) < 1 for point in lesion.enhancement)
        assert lesion.signs
        expected = LesionClass.METASTASIS if lesion.diameter_mm > 30 else LesionClass.HEMANGIOMA
        assert lesion.classification is not None and lesion.classification.label is expected
        assert set(analysis.views[lesion.number].crops) == set(lesion.visible_in)
    assert [model.name for model in analysis.findings.models] == [
        "fake-liver",
        "fake-lesions",
        "fake-phases",
        "fake-classes",
    ]


def test_a_lesion_of_another_phase_and_grid_joins_the_list(tmp_path: Path) -> None:
    portal, arterial = synthetic_abdomen(phase=Phase.PORTAL), synthetic_abdomen(phase=Phase.ARTERIAL)
    lesions = arterial.array == LESION_HU
    second = ndimage.label(lesions)[0] == 2
    hidden = np.where(second, LIVER_HU, portal.array).astype(np.int16)
    thick = AFFINE.copy()
    thick[:, 2] *= 2
    write_volume(portal.like(hidden), tmp_path / "p" / "portal.nii.gz")
    write_volume(Volume(arterial.array[:, :, ::2], thick), tmp_path / "p" / "arterial.nii.gz")
    analysis = full_analyzer()(find_studies(tmp_path).studies[0])
    seen = {lesion.visible_in for lesion in analysis.findings.lesions}
    assert seen == {(Phase.ARTERIAL,), (Phase.ARTERIAL, Phase.PORTAL)}
    (one,) = [lesion for lesion in analysis.findings.lesions if lesion.visible_in == (Phase.ARTERIAL,)]
    found = analysis.lesions.array == one.number
    assert 2 * (found & second).sum() / (found.sum() + second.sum()) > 0.8
    assert grid_difference(analysis.lesions, portal) == ""


def test_a_phase_that_a_name_tells_stays_and_the_rest_is_recognised_beside_it(tmp_path: Path) -> None:
    study = study_of(tmp_path, arterial=Phase.ARTERIAL, x7=Phase.PORTAL)
    told = {(phase.phase, phase.told_by) for phase in full_analyzer()(study).findings.phases}
    assert told == {(Phase.ARTERIAL, "name"), (Phase.PORTAL, "image")}


def test_the_users_word_wins_over_the_image_and_the_contradiction_is_told(tmp_path: Path) -> None:
    analysis = full_analyzer()(study_of(tmp_path, arterial=Phase.DELAYED, portal=Phase.PORTAL))
    assert [phase.phase for phase in analysis.findings.phases] == [Phase.ARTERIAL, Phase.PORTAL]
    (message,) = warnings_of(analysis, Caution.PHASE_CONTRADICTED)
    assert "arterial.nii.gz is read as the arterial phase" in message and "delayed phase (probability 0.94)" in message


def test_a_phase_that_the_image_does_not_tell_for_sure_is_told(tmp_path: Path) -> None:
    abdomen = synthetic_abdomen(shape=SHAPE)
    write_volume(abdomen.like(np.where(abdomen.array == -20, -25, abdomen.array)), tmp_path / "x.nii.gz")
    analysis = full_analyzer()(find_studies(tmp_path).studies[0])
    (read,) = analysis.findings.phases
    assert (read.phase, read.told_by, read.is_unsure) == (Phase.PORTAL, "image", True)
    (message,) = warnings_of(analysis, Caution.PHASE_UNSURE)
    assert "portal 0.35, arterial 0.30" in message


def test_of_two_series_of_one_phase_one_is_left_out_with_a_warning(tmp_path: Path) -> None:
    analysis = full_analyzer()(study_of(tmp_path, portal=Phase.PORTAL, x=Phase.PORTAL, y=Phase.ARTERIAL))
    read = {Path(phase.source).name: phase.phase for phase in analysis.findings.phases}
    assert read["portal.nii.gz"] is Phase.PORTAL and read["y.nii.gz"] is Phase.ARTERIAL
    told = warnings_of(analysis, Caution.PHASE_LEFT_OUT) + warnings_of(analysis, Caution.PHASE_UNSURE)
    assert any("x.nii.gz" in message for message in told)


def test_of_two_nameless_series_of_one_phase_the_one_with_thinner_slices_is_read(tmp_path: Path) -> None:
    portal, thick = synthetic_abdomen(phase=Phase.PORTAL), AFFINE.copy()
    thick[:, 2] *= 2
    write_volume(Volume(portal.array[:, :, ::2], thick), tmp_path / "p" / "a.nii.gz")
    write_volume(portal, tmp_path / "p" / "b.nii.gz")
    analysis = full_analyzer()(find_studies(tmp_path).studies[0])
    assert [Path(phase.source).name for phase in analysis.findings.phases] == ["b.nii.gz"]
    (message,) = warnings_of(analysis, Caution.PHASE_LEFT_OUT)
    assert message.startswith("a.nii.gz was left out") and "which b.nii.gz stands for" in message
    assert "(slices: 20 of 10.0 mm here, 40 of 5.0 mm there)" in message


def test_a_poor_registration_is_told(nameless: Study) -> None:
    def poor(moving: Volume, *others: Any) -> Aligned:
        laid = align_where_they_lie(moving, *others)
        is_arterial = (moving.array == -40).any()
        quality = Registration("rigid", 0.4, 0.55, 0.1, 0.2, 5.0, 20.0, is_poor=bool(is_arterial))
        return replace(laid, quality=quality)

    analyzer = full_analyzer()
    analyzer.align = poor
    (message,) = warnings_of(analyzer(nameless), Caution.POOR_REGISTRATION)
    assert "arterial phase lies poorly over the portal phase" in message and "0.55 after" in message
    assert "similarity 0.10 and 0.20" in message


def without_liver(folder: Path, name: str) -> None:
    abdomen = synthetic_abdomen(shape=SHAPE)
    write_volume(abdomen.like(np.where(abdomen.array == LIVER_HU, 0, abdomen.array)), folder / f"{name}.nii.gz")


def test_a_phase_without_a_liver_is_dropped_with_a_warning(tmp_path: Path) -> None:
    without_liver(tmp_path / "patient", "portal")
    analysis = full_analyzer()(study_of(tmp_path, arterial=Phase.ARTERIAL))
    assert [phase.phase for phase in analysis.findings.phases] == [Phase.ARTERIAL]
    (message,) = warnings_of(analysis, Caution.PHASE_LEFT_OUT)
    assert message.startswith("portal.nii.gz (portal) was left out: found no liver")


def test_a_study_without_any_liver_fails_with_the_first_file(tmp_path: Path) -> None:
    for name in ("arterial", "portal"):
        without_liver(tmp_path / "patient", name)
    with pytest.raises(ImageContentError, match=r"arterial.nii.gz: found no liver"):
        full_analyzer()(find_studies(tmp_path).studies[0])


def test_a_damaged_file_of_a_named_phase_fails_the_study_with_its_name(tmp_path: Path) -> None:
    study = study_of(tmp_path, arterial=Phase.ARTERIAL, portal=Phase.PORTAL)
    study.series[0].files[0].write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"arterial.nii.gz"):
        full_analyzer()(study)


def test_a_file_that_nobody_named_a_phase_and_is_no_ct_is_left_out_with_a_warning(tmp_path: Path) -> None:
    study_of(tmp_path, portal=Phase.PORTAL)
    spleen = synthetic_abdomen(shape=SHAPE)
    write_volume(spleen.like((spleen.array > 0).astype(np.uint8)), tmp_path / "patient" / "spleen.nii.gz")
    analysis = full_analyzer()(find_studies(tmp_path).studies[0])
    assert [phase.phase for phase in analysis.findings.phases] == [Phase.PORTAL]
    (message,) = warnings_of(analysis, Caution.PHASE_LEFT_OUT)
    assert message.startswith("spleen.nii.gz was left out: found")


def test_a_single_damaged_file_fails_also_without_a_phase(tmp_path: Path) -> None:
    (tmp_path / "x.nii.gz").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"x.nii.gz"):
        full_analyzer()(find_studies(tmp_path).studies[0])


def test_without_a_recogniser_only_what_names_tell_is_read(tmp_path: Path) -> None:
    study = study_of(tmp_path, arterial=Phase.ARTERIAL, x7=Phase.PORTAL)
    analysis = fake_analyzer()(study)
    assert [phase.phase for phase in analysis.findings.phases] == [Phase.ARTERIAL]
    assert "x7.nii.gz" in warnings_of(analysis, Caution.PHASE_LEFT_OUT)[0]


def test_recognition_and_classes_do_not_change_liver_and_lesions_of_a_single_phase(tmp_path: Path) -> None:
    write_case(tmp_path, "x7")
    study = find_studies(tmp_path).studies[0]
    plain, full = fake_analyzer()(study), full_analyzer()(study)
    np.testing.assert_array_equal(full.lesions.array, plain.lesions.array)
    np.testing.assert_array_equal(full.liver.array, plain.liver.array)
    assert full.findings.reference.phase is Phase.PORTAL
    assert [lesion.visible_in for lesion in full.findings.lesions] == [(Phase.PORTAL,)] * 2
    assert [lesion.visible_in for lesion in plain.findings.lesions] == [()] * 2
    assert set(full.findings.timings_s) >= {"read", "liver", "phase", "lesions", "measure"}


def test_the_same_study_gives_the_same_findings(nameless: Study) -> None:
    first, second = (replace(full_analyzer()(nameless).findings, timings_s={}) for _ in range(2))
    assert first == second
    assert Findings.from_dict(first.to_dict()) == first


def test_the_mapping_of_each_phase_is_kept(nameless: Study) -> None:
    analyzer, mapping = full_analyzer(), shifted((0, 0, 5))

    def lay(*given: Any) -> Aligned:
        return replace(align_where_they_lie(*given), mapping=mapping)

    analyzer.align = lay
    analysis = analyzer(nameless)
    for read, image in zip(analysis.findings.phases, analysis.phases, strict=True):
        assert image.mapping is (IDENTITY if read.is_reference else mapping)


def test_times_are_told_by_step_and_phase(nameless: Study) -> None:
    timings = full_analyzer()(nameless).findings.timings_s
    steps = {
        f"{step} {phase}" for step in ("liver", "phase", "lesions") for phase in ("unenhanced", "arterial", "portal")
    }
    assert steps | {"read", "registration", "matching", "measure", "classification", "total"} == set(timings)


def test_work_beside_the_networks_is_timed_as_work_and_not_as_waiting(nameless: Study) -> None:
    analyzer, laid = full_analyzer(), threading.Semaphore(0)
    find_lesions = analyzer.find_lesions

    def slow(*given: Any) -> Aligned:
        time.sleep(0.05)
        try:
            return align_where_they_lie(*given)
        finally:
            laid.release()

    class AfterRegistration:
        model = find_lesions.model

        def __call__(self, ct: Volume, *given: Any) -> Any:
            if (ct.array == BODY_HU[Phase.UNENHANCED]).any():  # the first of the three
                assert laid.acquire(timeout=60)
                assert laid.acquire(timeout=60)
            return find_lesions(ct, *given)

    analyzer.align, analyzer.find_lesions = slow, AfterRegistration()
    timings = analyzer(nameless).findings.timings_s
    assert timings["registration"] >= 2 * 0.05
    assert timings["lesions unenhanced"] >= 0.05 and timings["total"] < sum(timings.values()) - timings["total"]


@pytest.mark.parametrize("moment", ["reading", "liver", "phase", "lesions", "registration", "classes"])
def test_it_can_be_cancelled_in_every_step(nameless: Study, moment: str) -> None:
    seen: list[float] = []

    def stop(done: float, total: float, what: str) -> None:
        seen.append(done / total)
        if what == moment and len(seen) > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        full_analyzer()(nameless, stop)
    assert min(np.diff(seen), default=0) > -1e-9


def test_work_in_the_background_ends_with_a_study_that_is_cancelled(nameless: Study) -> None:
    analyzer, begun, ended = full_analyzer(), threading.Semaphore(0), []

    def endless(*given: Any) -> Any:
        check = given[-1]
        begun.release()
        try:
            while True:
                check(0.5, 1.0, "registration")
        finally:
            ended.append(True)

    analyzer.align = endless

    def stop(done: float, total: float, what: str) -> None:
        if what == "registration":
            assert begun.acquire(timeout=30) and begun.acquire(timeout=30)
            raise Cancelled

    with pytest.raises(Cancelled):
        analyzer(nameless, stop)
    assert ended == [True, True]
