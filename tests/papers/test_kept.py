"""What a reproduction keeps holds only as long as the code that it depends on is the same."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from lesion_balls import BallSource
from livercad import code
from livercad.papers.yasaka2018 import arrays, folder, image_sets, masks, training
from livercad.papers.yasaka2018.arrays import training_arrays
from livercad.papers.yasaka2018.folder import FolderSource
from livercad.papers.yasaka2018.image_sets import make_image_sets
from livercad.papers.yasaka2018.settings import Model, Settings
from livercad.papers.yasaka2018.training import Job
from livercad.studies.study import Study

HERE = "livercad.papers.yasaka2018"
KEYED_BY_VALUE = {"livercad.core.taxonomy", f"{HERE}.settings", f"{HERE}.sources"}
"""Categories, settings and patients stand in the keys themselves."""
MAKES_NOTHING = {
    *("livercad.code", "livercad.errors", "livercad.progress", "livercad.studies.atomic", "livercad.papers.workers"),
    "livercad.papers.settings",  # their values stand in the keys
}
Change = Callable[[str], None]


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Change]:
    """Make the source of a module look as if it had another line."""
    sources = code._sources

    def changed(module: str) -> None:
        copy = tmp_path / "changed" / f"{module.rsplit('.', 1)[-1]}.py"
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(sources(module)[0].read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
        monkeypatch.setattr(code, "_sources", lambda name: [copy] if name == module else sources(name))
        code.code_hash.cache_clear()

    yield changed
    code.code_hash.cache_clear()


@pytest.mark.parametrize("module", image_sets.CODE)
def test_image_sets_are_made_again_where_their_code_has_changed(module: str, tmp_path: Path, change: Change) -> None:
    source, settings = BallSource(training=1, test=0, positions=1), Settings().capture
    make_image_sets(source, tmp_path, settings, 0, 1)
    file = next(tmp_path.rglob("*_arterial.jpg"))
    file.write_bytes(b"kept")
    make_image_sets(source, tmp_path, settings, 0, 1)
    assert file.read_bytes() == b"kept"
    change(module)
    make_image_sets(source, tmp_path, settings, 0, 1)
    assert file.read_bytes() != b"kept"


@pytest.mark.parametrize("module", arrays.CODE)
def test_arrays_are_made_again_where_their_code_has_changed(
    module: str, tmp_path: Path, small_settings: Settings, change: Change
) -> None:
    sets, _ = make_image_sets(BallSource(1, 0, 1), tmp_path, small_settings.capture, 0, 1)

    def made() -> str:
        capture, augmentation = small_settings.capture, small_settings.augmentation
        return training_arrays(sets, tmp_path, tmp_path / "cache", capture, augmentation, 0).name

    before = made()
    assert made() == before
    change(module)
    assert made() != before


@pytest.mark.parametrize("module", training.CODE)
def test_a_training_is_done_again_where_its_code_has_changed(module: str, change: Change) -> None:
    nowhere = Path("nowhere")
    job = Job(Model.ARTERIAL, 1, 0, Settings().training, (0,), nowhere, nowhere, nowhere, "", nowhere, 1, "cpu")
    before = job.key
    assert job.key == before
    change(module)
    assert job.key != before


@pytest.mark.parametrize("module", [folder.__name__, masks.__name__])
def test_patients_of_a_folder_are_captured_again_where_the_code_that_reads_them_has_changed(
    module: str, change: Change, tmp_path: Path
) -> None:
    patient = BallSource().patients[0]
    source = FolderSource(tmp_path, {patient.name: Study(patient.name, ())}, {}, {}, (), ())
    (tmp_path / "lesions.nii.gz").write_bytes(b"")
    before = source.key(patient)
    change(module)
    assert source.key(patient) != before


def imported(module: str) -> set[str]:
    """All modules of the package that one imports, directly or not."""
    found: set[str] = set()
    todo = [module]
    while todo:
        spec = find_spec(todo.pop())
        assert spec and spec.origin
        for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("livercad."):
                new = {node.module} - found
                found |= new
                todo += new
    return found


@pytest.mark.parametrize(
    ("module", "keyed"),
    [
        (image_sets, image_sets.CODE),
        (arrays, image_sets.CODE + arrays.CODE),
        (training, image_sets.CODE + arrays.CODE + training.CODE),
    ],
    ids=["image sets", "arrays", "trainings"],
)
def test_no_module_that_takes_part_is_forgotten(module: object, keyed: tuple[str, ...]) -> None:
    name = module.__name__
    assert {name, *imported(name)} - KEYED_BY_VALUE - MAKES_NOTHING == set(keyed)
