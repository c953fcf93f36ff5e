"""From a study to Findings, with predictors that threshold a synthetic abdomen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes import AFFINE, LESION_HU, LIVER_HU, fake_analyzer, synthetic_abdomen, write_case
from livercad.core.findings import Caution, LiverFinding, PhaseRead
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import Cancelled, ImageContentError
from livercad.pipeline.cautions import cautions_of
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from livercad.studies.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_case(tmp_path, "patient_portal")
    return find_studies(tmp_path).studies[0]


def test_lesions_and_liver_are_measured_in_the_reference_phase(study: Study) -> None:
    analysis = fake_analyzer()(study)
    abdomen = synthetic_abdomen()
    findings = analysis.findings
    assert [lesion.mean_hu for lesion in findings.lesions] == [LESION_HU, LESION_HU]
    assert findings.liver.mean_hu == LIVER_HU
    true_ml = (abdomen.array == LESION_HU).sum() * abdomen.voxel_volume_ml
    assert sum(lesion.volume_ml for lesion in findings.lesions) == pytest.approx(true_ml)
    assert findings.reference.phase is Phase.PORTAL
    np.testing.assert_array_equal(analysis.lesions.array > 0, abdomen.array == LESION_HU)
    np.testing.assert_allclose(analysis.liver.affine, AFFINE)


def test_a_lesion_that_the_liver_left_out_becomes_part_of_it(study: Study) -> None:
    analyzer = fake_analyzer()
    find_liver = analyzer.find_liver

    class WithoutLesions:
        model = find_liver.model

        def __call__(self, ct: Volume, progress: object = None) -> Volume:
            liver = find_liver(ct)
            return liver.like(liver.array * (ct.array != LESION_HU).astype(np.uint8))

    class Everywhere:
        model = analyzer.find_lesions.model

        def __call__(self, ct: Volume, liver: Volume, progress: object = None) -> object:
            return analyzer_lesions(ct, find_liver(ct))

    analyzer_lesions = analyzer.find_lesions
    whole = analyzer(study)
    analyzer.find_liver, analyzer.find_lesions = WithoutLesions(), Everywhere()
    np.testing.assert_array_equal(analyzer(study).liver.array, whole.liver.array)


def test_the_same_study_gives_the_same_findings(study: Study) -> None:
    first, second = (replace(fake_analyzer()(study).findings, timings_s={}) for _ in range(2))
    assert first == second


def test_no_liver_is_told_with_the_file(tmp_path: Path) -> None:
    abdomen = synthetic_abdomen()
    write_volume(abdomen.like(np.where(abdomen.array == LIVER_HU, 0, abdomen.array)), tmp_path / "odd.nii.gz")
    with pytest.raises(ImageContentError, match=r"odd.nii.gz: found no liver"):
        fake_analyzer()(find_studies(tmp_path).studies[0])


def test_progress_grows_from_zero_to_one_and_can_cancel(study: Study) -> None:
    seen: list[float] = []
    fake_analyzer()(study, lambda done, total, what: seen.append(done / total))
    assert min(np.diff(seen)) > -1e-9
    assert (seen[0], seen[-1]) == (0, 1)

    def stop(done: float, total: float, what: str) -> None:
        if what == "lesions":
            raise Cancelled

    with pytest.raises(Cancelled):
        fake_analyzer()(study, stop)


def test_settings_reach_the_lesions(study: Study) -> None:
    assert fake_analyzer(Settings(minimum_score=0.95))(study).findings.lesions == ()
    assert fake_analyzer(Settings(minimum_volume_ml=1e6))(study).findings.lesions == ()


BOX = Box((0, 0, 0), (10, 10, 10), Frame.RAS)
LINE = Line((0, 0, 0), (9, 0, 0))
LIVER = LiverFinding(volume_ml=1500, mean_hu=110, sd_hu=15, box=BOX, is_cut=False)
LESION = Lesion(
    number=1,
    score=0.9,
    volume_ml=0.4,
    box=BOX,
    center=(5, 5, 5),
    diameter=LINE,
    short_diameter=LINE,
    diameter_mm=9.9,
    short_diameter_mm=9.0,
    mean_hu=40,
    sd_hu=9,
    liver_fraction=0.01,
    surface_distance_mm=4,
)


def codes(
    spacing: tuple[float, float, float] = (0.8, 0.8, 5.0),
    phase: Phase | None = Phase.PORTAL,
    liver: LiverFinding = LIVER,
    lesions: tuple[Lesion, ...] = (),
) -> set[Caution]:
    ct = Volume(np.zeros((2, 2, 2), dtype=np.int16), np.diag([*spacing, 1.0]))
    read = PhaseRead(phase, "name", "a.nii.gz", ct.shape, ct.spacing, True)
    return {warning.code for warning in cautions_of(ct, read, liver, lesions)}


def test_nothing_unusual_gives_no_warning() -> None:
    assert codes() == set()


def test_slices_of_5_mm_in_single_precision_are_not_thick() -> None:
    assert codes(spacing=(0.8, 0.8, 5.0000005)) == set()


def test_every_reason_for_caution_is_told() -> None:
    assert codes(spacing=(0.8, 0.8, 5.1)) == {Caution.THICK_SLICES}
    assert codes(phase=Phase.UNENHANCED) == {Caution.UNENHANCED}
    assert codes(phase=None) == {Caution.PHASE_ASSUMED}
    assert codes(phase=None, liver=replace(LIVER, mean_hu=60)) == {Caution.PHASE_ASSUMED, Caution.UNENHANCED}
    assert codes(liver=replace(LIVER, is_cut=True)) == {Caution.LIVER_CUT}
    assert codes(lesions=(LESION,)) == {Caution.TINY_LESION}
    assert codes(lesions=(replace(LESION, diameter_mm=10.0),)) == set()
