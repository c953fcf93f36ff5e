"""A champion is changed while the server answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fake_models import entry_of, keras_file
from fakes import FakeLesionFinder, fake_analyzer, write_case
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound
from livercad.errors import ModelError
from livercad.learning import release
from livercad.learning.audit import AuditLog
from livercad.learning.promotion import Decision
from livercad.models import registry
from livercad.models.champions import champion, crown, roll_back
from livercad.models.install import install, installed_weights
from livercad.models.version import ModelVersion, challenger
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.server.analyses import Analyses
from livercad.server.releases import Releases
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from livercad.studies.study import Study

NAME = "lesions-leuven"


class LesionFinderOfChampion(FakeLesionFinder):
    """Finds lesions with a score that depends on the champion's weights."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        weights = champion(NAME)
        self.model = weights.used("numpy")
        self.score = score_of(weights)

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        found = super().__call__(ct, liver, progress)
        return LesionsFound(found.instances, dict.fromkeys(found.scores, self.score))


def score_of(weights: ModelVersion) -> float:
    return 0.5 + 0.01 * float(next(iter(load_file(weights.path).values())).flat[0])


@dataclass
class Place:
    """Models, one study, and analyses whose loading can be held up."""

    folder: Path
    study: Study
    may_load: threading.Event = field(default_factory=threading.Event)
    loads: int = 0

    def __post_init__(self) -> None:
        self.may_load.set()
        self.analyses = Analyses(self.load, lambda study, reads: None)

    def load(self) -> Analyzer:
        self.loads += 1
        analyzer = fake_analyzer()
        analyzer.find_lesions = LesionFinderOfChampion(analyzer.settings)
        assert self.may_load.wait(20)
        return analyzer

    def version(self, number: int) -> ModelVersion:
        path = self.folder / f"{number}.safetensors"
        tensors = load_file(installed_weights(NAME))
        save_file({key: np.full_like(tensor, number) for key, tensor in tensors.items()}, path)
        trained = challenger(NAME, path)
        return replace(trained, number=number, version=f"1+{number}")

    def answer(self) -> tuple[str, float]:
        """Version that the findings name, and a score that its weights have given."""
        findings = self.analyses.analyse(self.study, silent).findings
        (version,) = (model.version for model in findings.models if model.name == NAME)
        return version, findings.lesions[0].score


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    data = keras_file()
    entries = {NAME: entry_of(NAME, data)}
    monkeypatch.setattr(registry, "load_registry", cache(lambda: entries))
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    (tmp_path / "weights.hdf5").write_bytes(data)
    install(NAME, tmp_path / "weights.hdf5")
    write_case(tmp_path / "studies", "one", shape=(32, 32, 24))
    (study,) = find_studies(tmp_path / "studies").studies
    return Place(tmp_path, study)


def test_a_new_champion_answers_from_the_moment_it_is_followed(place: Place) -> None:
    assert place.answer()[0] == "1"
    crown(place.version(3), "ann", "better")
    place.analyses.follow_champions()
    assert place.answer() == ("1+3", pytest.approx(0.53))
    assert [model.version for model in place.analyses.served() if model.name == NAME] == ["1+3"]


def test_a_result_of_the_former_champion_is_not_answered_for_the_new_one(place: Place) -> None:
    before = place.analyses.analyse(place.study, silent)
    assert place.analyses.at_hand(place.study) is before
    crown(place.version(3), "ann", "better")
    place.analyses.follow_champions()
    assert place.analyses.at_hand(place.study) is None
    place.answer()
    assert place.analyses.at_hand(place.study) is not None


def test_a_rollback_brings_the_old_answers_back_bit_for_bit(place: Place) -> None:
    before = place.analyses.analyse(place.study, silent)
    crown(place.version(3), "ann", "better")
    place.analyses.follow_champions()
    between = place.analyses.analyse(place.study, silent)
    roll_back(NAME, "ann")
    place.analyses.follow_champions()
    after = place.analyses.analyse(place.study, silent)
    assert between.findings.lesions != before.findings.lesions
    assert replace(after.findings, timings_s={}) == replace(before.findings, timings_s={})
    assert np.array_equal(after.analysis.lesions.array, before.analysis.lesions.array)


def test_a_champion_that_another_process_has_changed_is_followed_while_the_former_answers(place: Place) -> None:
    place.answer()
    crown(place.version(3), "ann", "better")
    place.may_load.clear()
    assert [place.answer()[0] for _ in range(5)] == ["1"] * 5  # the new one is being loaded, once
    place.may_load.set()
    for _ in range(200):
        if place.answer()[0] == "1+3":
            break
        threading.Event().wait(0.02)
    assert place.answer()[0] == "1+3" and place.loads == 2


def test_models_are_loaded_once_for_requests_that_come_together(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert {version for version, _ in pool.map(lambda _: place.answer(), range(16))} == {"1"}
    assert place.loads == 1


def test_under_parallel_requests_every_answer_is_of_the_version_that_it_names(place: Place) -> None:
    versions = {f"1+{number}": place.version(number) for number in (3, 7)}
    right = {"1": score_of(champion(NAME)), **{name: score_of(version) for name, version in versions.items()}}
    stop, seen = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            seen.append(place.answer())

    def ask_for_own() -> None:
        while not stop.is_set():
            marked = [{"center": [0.0, 0.0, 0.0], "diameter_mm": 20}]
            findings = place.analyses.classify({"study": place.study, "lesions": marked}, silent).findings
            assert len(findings.lesions) == 1

    with ThreadPoolExecutor(5) as pool:
        pending = [pool.submit(work) for work in (ask, ask, ask, ask_for_own)]
        for _ in range(6):
            for version in versions.values():
                crown(version, "ann", "better")
                place.analyses.follow_champions()
                # What is asked from now on is answered by the new one.
                assert place.answer()[0] == version.version
            roll_back(NAME, "ann")
            place.analyses.follow_champions()
        stop.set()
        for each in pending:
            each.result()
    assert len({version for version, _ in seen}) > 1 and {version for version, _ in seen} <= set(right)
    assert all(score == pytest.approx(right[version]) for version, score in seen)
    assert len(seen) > 20


def test_a_request_under_way_keeps_the_models_it_began_with(place: Place) -> None:
    place.answer()
    crowned = False

    def progress(done: float, total: float, what: str) -> None:
        nonlocal crowned
        if not crowned:
            crowned = True
            crown(place.version(3), "ann", "better")
            place.analyses.follow_champions()

    other = place.folder / "others"
    write_case(other, "two", seed=2, shape=(32, 32, 24))
    (study,) = find_studies(other).studies
    findings = place.analyses.analyse(study, progress).findings
    assert "1" in {model.version for model in findings.models if model.name == NAME}
    assert place.analyses.at_hand(study) is None
    assert {model.version for model in place.analyses.analyse(study, silent).findings.models if model.name == NAME} == {
        "1+3"
    }


def test_a_champion_that_cannot_be_loaded_leaves_the_former_in_use_and_tells_why(place: Place) -> None:
    place.answer()
    crowned = crown(place.version(3), "ann", "better")
    crowned.path.write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="livercad models rollback"):
        place.analyses.follow_champions()
    assert place.answer()[0] == "1" and "livercad models rollback" in place.analyses.problem
    loads = place.loads
    place.answer()
    assert place.loads == loads  # it is not tried again with every request
    roll_back(NAME, "ann")
    place.analyses.follow_champions()
    assert place.answer()[0] == "1" and place.analyses.problem == ""


def test_without_a_champion_that_is_whole_a_server_refuses_and_says_how_to_go_back(place: Place) -> None:
    crown(place.version(3), "ann", "better").path.unlink()
    with pytest.raises(ModelError, match="livercad models rollback"):
        place.answer()
    roll_back(NAME, "ann")
    assert place.answer()[0] == "1"


def test_a_version_is_promoted_also_where_another_model_keeps_the_server_from_loading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> Analyzer:
        raise ModelError("another model", found="damaged weights", expected="whole ones", todo="Install it.")

    decided = Decision(True, "Better.", 6, 6)
    monkeypatch.setattr(release, "consider", lambda *_: decided)
    releases = Releases(Analyses(refuse, lambda study, reads: None), lambda: AuditLog(tmp_path))
    assert releases.consider(NAME, 1, "ann") is decided and "another model" in caplog.text
