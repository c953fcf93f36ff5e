"""The pipeline with a detector that decides which lesions there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from fakes import LIVER_HU, FakeLesionFinder, FakeLiverFinder, fake_analyzer, full_analyzer, write_case
from livercad.batch.manifest import provenance_of
from livercad.core.findings import ModelUsed
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound
from livercad.detection.matching import Matched
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.server.options import read_options
from livercad.settings import Settings
from livercad.studies.discover import find_studies


class KeepsTheSmallest:
    """A detector that keeps one lesion and is sure of it."""

    model = ModelUsed(name="smallest", version="1", sha256="9" * 64, runtime="numpy")

    def __init__(self) -> None:
        self.phases: tuple[Phase, ...] = ()
        self.lesions_in_liver = False

    def __call__(
        self, images: Mapping[Phase, Volume], liver: Volume, found: Matched, progress: Progress = silent
    ) -> Matched:
        self.phases = tuple(images)
        assert all(image.shape == liver.shape == found.instances.shape for image in images.values())
        self.lesions_in_liver = bool(liver.array[found.instances.array > 0].all())
        progress(1, 1, "deciding")
        smallest = max(found.scores)
        instances = found.instances.like((found.instances.array == smallest).astype(np.uint16))
        return Matched(instances, {1: 0.97}, {1: (Phase.ARTERIAL,)})


def with_detector(analyzer: Analyzer) -> tuple[Analyzer, KeepsTheSmallest]:
    detector = KeepsTheSmallest()
    analyzer.detect = detector
    return analyzer, detector


def test_the_detector_decides_and_what_it_lists_is_measured(tmp_path: Path) -> None:
    for phase in (Phase.ARTERIAL, Phase.PORTAL):
        write_case(tmp_path / "ann", phase.value, phase=phase)
    (study,) = find_studies(tmp_path).studies
    before = full_analyzer()(study)
    analyzer, detector = with_detector(full_analyzer())
    after = analyzer(study)
    assert len(before.findings.lesions) == 2 and detector.phases == (Phase.ARTERIAL, Phase.PORTAL)
    (lesion,) = after.findings.lesions
    assert lesion.volume_ml == pytest.approx(before.findings.lesions[1].volume_ml)
    assert (lesion.score, lesion.visible_in) == (0.97, (Phase.ARTERIAL,))
    assert "smallest" in [model.name for model in after.findings.models] and "detection" in after.findings.timings_s
    assert (after.lesions.array > 0).sum() == (before.lesions.array == 2).sum()


class LeavesLesionsOut(FakeLiverFinder):
    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        return ct.like((ct.array == LIVER_HU).astype(np.uint8))


class FindsThemAllTheSame(FakeLesionFinder):
    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        return super().__call__(ct, ct.like(np.ones(ct.shape, np.uint8)), progress)


def test_the_detector_sees_the_liver_with_the_lesions_that_its_outline_left_out(tmp_path: Path) -> None:
    for phase in (Phase.ARTERIAL, Phase.PORTAL):
        write_case(tmp_path / "ann", phase.value, phase=phase)
    (study,) = find_studies(tmp_path).studies
    analyzer, detector = with_detector(full_analyzer())
    analyzer.find_liver, analyzer.find_lesions = LeavesLesionsOut(), FindsThemAllTheSame(analyzer.settings)
    assert analyzer(study).findings.lesions
    assert detector.lesions_in_liver


def test_where_nobody_knows_the_phase_the_list_stays_as_it_is(tmp_path: Path) -> None:
    write_case(tmp_path, "ann")
    (study,) = find_studies(tmp_path).studies
    analyzer, _ = with_detector(fake_analyzer())
    assert len(analyzer(study).findings.lesions) == 2


def test_another_detector_computes_every_result_again(tmp_path: Path) -> None:
    write_case(tmp_path, "ann")
    (study,) = find_studies(tmp_path).studies
    models = fake_analyzer().models
    prints = {
        provenance_of(study, (), models, Settings(detector=name)).fingerprint() for name in ("components", "rescored")
    }
    assert len(prints) == 2
    assert json.loads(Settings().model_dump_json())["detector"] == Settings().detector


def test_a_server_takes_a_detector_by_name() -> None:
    assert read_options({"detector": "components"}).settings.detector == "components"
    with pytest.raises(Exception, match="option detector: found 'magic'; expected components, rescored"):
        read_options({"detector": "magic"})
