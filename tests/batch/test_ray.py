"""Cases computed by actors on Ray. One Ray for all tests: it takes seconds to start."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from batch_fakes import PYTHONPATH, WatchedAnalyzer, computed, loader, wait_for
from livercad.batch import ray_runner, ray_session
from livercad.batch.folder import opened
from livercad.batch.outputs import RESULTS
from livercad.batch.ray_runner import RayRunner
from livercad.batch.ray_session import Share, share_of
from livercad.batch.result import BatchResult
from livercad.batch.run import Ultrasound
from livercad.batch.runner import Job, SerialRunner
from livercad.batch.worker import Worker
from livercad.errors import InputError, LiverCADError, ModelError
from livercad.pipeline.ultrasound_analyzer import UltrasoundAnalyzer
from livercad.settings import UltrasoundSettings
from ultrasound_fakes import FakeLesionModel, write_images

ray = pytest.importorskip("ray", reason="Ray is not installed (extra cluster)")
pytestmark = pytest.mark.ray
Batch = Callable[..., BatchResult]
CASES = ["ann", "bob", "cai"]


@pytest.fixture(scope="module", autouse=True)
def two_cores() -> Iterator[None]:
    """A Ray of the test's own, which the runner finds open and leaves open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="CRITICAL",
            object_store_memory=100 * 2**20,
        )
        yield
        ray.shutdown()


def without_times(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: without_times(item) for key, item in value.items() if key not in ("timings_s", "seconds", "finished")
        }
    return value


def test_two_workers_give_the_same_files_as_one_process(batch: Batch, tmp_path: Path, log: Path) -> None:
    batch(tmp_path / "serial")
    result = batch(tmp_path / "ray", runner=RayRunner(loader(log), 2))
    assert sorted(result.done) == CASES
    for case in CASES:
        for name in RESULTS:
            one, other = ((tmp_path / kind / case / name).read_bytes() for kind in ("serial", "ray"))
            if name.endswith(".json"):
                assert without_times(json.loads(one)) == without_times(json.loads(other))
            elif name != "report.html":  # which shows how long it took
                assert one == other, name
    assert (tmp_path / "ray" / "findings.csv").read_text() == (tmp_path / "serial" / "findings.csv").read_text()
    assert batch(tmp_path / "ray").kept == CASES, "one process goes on where workers have stopped"


def of_images() -> UltrasoundAnalyzer:
    return UltrasoundAnalyzer(FakeLesionModel(), UltrasoundSettings())


def test_workers_give_the_same_of_ultrasound_as_one_process(batch: Batch, studies: Path, tmp_path: Path) -> None:
    write_images(studies, {"eva": (0, 60), "fay": (110,)})
    kinds = {"serial": SerialRunner(of_images), "ray": RayRunner(of_images, 2)}
    for kind, runner in kinds.items():
        result = batch(tmp_path / kind, ultrasound=Ultrasound(runner, UltrasoundSettings()))
        assert sorted(result.done) == [*CASES, "eva", "fay"]
    for name in ("findings.json", "thumbnail.png", "saliency/1.png"):
        one, other = ((tmp_path / kind / "eva" / name).read_bytes() for kind in kinds)
        if name.endswith(".json"):
            assert without_times(json.loads(one)) == without_times(json.loads(other))
        else:
            assert one == other, name
    assert (tmp_path / "ray" / "ultrasound.csv").read_text() == (tmp_path / "serial" / "ultrasound.csv").read_text()


def test_the_case_of_a_killed_worker_runs_again_and_one_that_always_kills_is_given_up(
    batch: Batch, tmp_path: Path, log: Path
) -> None:
    deeds = {"ann": "die once", "bob": "die"}
    result = batch(tmp_path / "out", runner=RayRunner(loader(log, **deeds), 2))
    assert sorted(result.done) == ["ann", "cai"] and result.failed == ["bob"]
    assert sorted(computed(log)) == ["ann", "ann", "bob", "bob", "cai"]
    assert "2 workers died" in json.loads((tmp_path / "out" / "bob" / "error.json").read_text())["reason"]
    assert not (tmp_path / "out" / ".livercad" / "fresh").exists()


def test_stopping_cancels_the_cases_under_way(
    batch: Batch, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = RayRunner(loader(log, ann="wait", bob="wait"), 2)
    prepare = runner.prepare

    def then_stop(job: Job) -> object:
        def stop() -> None:
            wait_for(log, "ann")
            wait_for(log, "bob")
            job.stop.asked = True

        threading.Thread(target=stop).start()
        return prepare(job)

    monkeypatch.setattr(runner, "prepare", then_stop)
    result = batch(tmp_path / "out", runner=runner)
    assert result.cancelled and not result.done and sorted(computed(log)) == ["ann", "bob"]
    assert not any((tmp_path / "out" / case).exists() for case in CASES)


def load_nothing() -> WatchedAnalyzer:
    raise ModelError("liver", found="no weights", expected="weights", todo="Install them.")


def load_and_die() -> WatchedAnalyzer:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_an_error_while_a_worker_loads_its_models_reaches_the_user(batch: Batch, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="liver: found no weights"):
        batch(tmp_path / "out", runner=RayRunner(load_nothing, 2))


def test_workers_that_die_while_they_load_their_models_end_the_batch(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_runner, "FALSE_STARTS_ALLOWED", 2)
    with pytest.raises(LiverCADError, match="2 in a row died while loading"):
        batch(tmp_path / "out", runner=RayRunner(load_and_die, 2))


def test_a_worker_that_does_not_see_the_output_folder_says_so(studies: Path, tmp_path: Path, log: Path) -> None:
    with opened(tmp_path / "out") as token:
        Worker(loader(log), studies, tmp_path / "out", token).prepare()
        with pytest.raises(InputError, match="all machines share"):
            Worker(loader(log), studies, tmp_path / "out", "another batch's").prepare()


def test_cores_and_gpus_are_split_between_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    big, small = {"CPU": 16.0, "GPU": 2.0}, {"CPU": 9.0}
    nodes = [{"Alive": True, "Resources": each} for each in (big, small, {})] + [{"Alive": False, "Resources": big}]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    assert share_of(None, threads=None) == Share(workers=2, cpus=9, gpus=1.0, threads=9)
    assert share_of(4, threads=6) == Share(workers=4, cpus=4, gpus=0.5, threads=6)
    assert share_of(100, threads=None) == Share(workers=100, cpus=1, gpus=1 / 50, threads=1)


def load_and_tell(path: Path, log: Path) -> WatchedAnalyzer:
    path.write_text(os.environ["OMP_NUM_THREADS"])
    return loader(log)()


def test_networks_of_a_worker_run_in_as_many_threads_as_those_of_a_single_process(
    batch: Batch, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_session, "_own_threads", lambda: 7)
    batch(tmp_path / "out", runner=RayRunner(partial(load_and_tell, tmp_path / "threads", log), 1))
    assert (tmp_path / "threads").read_text() == "7"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense"])
def test_an_address_where_no_cluster_is_gives_an_error_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(InputError, match=f"--cluster {address}: found no Ray cluster"), RayRunner(object, 1, address):
        pass
