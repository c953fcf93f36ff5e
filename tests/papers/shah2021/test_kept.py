"""What a reproduction keeps holds only as long as the code that it depends on is the same."""

from __future__ import annotations

import ast
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from livercad import code
from livercad.papers.shah2021 import answers, asking, folder, lesions, liver, making
from livercad.papers.shah2021 import reproduce as reproduce_module
from livercad.papers.shah2021.answers import PERIMETERS, LiverTest
from livercad.papers.shah2021.lesions import LesionJob
from livercad.papers.shah2021.liver import LiverJob
from livercad.papers.shah2021.perimeter import read_perimeters, write_perimeters
from livercad.papers.shah2021.reproduce import reproduce
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.settings import Settings, Split
from shah_patients import SimpleSource

HERE = "livercad.papers.shah2021"
KEYED_BY_VALUE = {
    *("livercad.core.phases", "livercad.core.taxonomy"),
    *(f"{HERE}.{name}" for name in ("classes", "jobs", "settings", "sources")),
}
"""Phases, classes, settings, patients and what a training depends on stand in the keys themselves."""
MAKES_NOTHING = {
    *("livercad.code", "livercad.errors", "livercad.progress", "livercad.studies.atomic", "livercad.papers.workers"),
    *("livercad.learning.checkpoint", "livercad.learning.hardware", "livercad.papers.diverged"),
    "livercad.papers.settings",  # their values stand in the keys
}
TRAINING = liver.CODE + lesions.CODE


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
        (making.__name__, making.CODE),
        (liver.__name__, making.CODE + liver.CODE + answers.LIVER_CODE),
        (lesions.__name__, making.CODE + TRAINING + answers.LIVER_CODE),
        (asking.__name__, making.CODE + TRAINING + answers.LESION_CODE),
    ],
    ids=["images", "liver", "lesions", "answers"],
)
def test_no_module_that_takes_part_is_forgotten(module: str, keyed: tuple[str, ...]) -> None:
    assert {module, *imported(module)} - KEYED_BY_VALUE - MAKES_NOTHING <= set(keyed)


@pytest.mark.parametrize("module", sorted(set(TRAINING)))
def test_a_training_is_done_again_where_its_code_has_changed(
    module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere, settings, sources = Path("nowhere"), Settings(), code._sources
    jobs = [
        LiverJob(settings.liver, 0, nowhere, (True,), "", nowhere),
        LesionJob(settings.lesions, 0, nowhere, (True,), "", nowhere),
    ]
    before = [job.key for job in jobs]
    copy = tmp_path / f"{module.rsplit('.', 1)[-1]}.py"
    copy.write_text(sources(module)[0].read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
    monkeypatch.setattr(code, "_sources", lambda name: [copy] if name == module else sources(name))
    code.code_hash.cache_clear()
    try:
        changed = [job.key != key for job, key in zip(jobs, before, strict=True)]
    finally:
        code.code_hash.cache_clear()
    assert changed == [module in liver.CODE, module in lesions.CODE]


def test_images_of_a_folder_are_made_again_where_the_code_that_reads_them_has_changed() -> None:
    assert {"livercad.studies", folder.__name__} <= set(folder.CODE)


@pytest.mark.parametrize("module", [f"{HERE}.metrics", f"{HERE}.sections", answers.__name__])
def test_another_version_of_the_metrics_asks_again_and_trains_nothing(
    module: str,
    shah_study: tuple[Path, Results],
    shah_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = Path(shutil.copytree(shah_study[0], tmp_path / "out"))
    sources = code._sources
    copy = tmp_path / f"{module.rsplit('.', 1)[-1]}.py"
    copy.write_text(sources(module)[0].read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in output.glob("*/*/*") if path.is_file()}
    monkeypatch.setattr(code, "_sources", lambda name: [copy] if name == module else sources(name))
    monkeypatch.setattr(reproduce_module, "write_page", lambda *parts: None)
    code.code_hash.cache_clear()
    try:
        results = reproduce(SimpleSource(), output, shah_settings, workers=1)
    finally:
        code.code_hash.cache_clear()
    changed = {path.parent.parent.name for path, date in before.items() if path.stat().st_mtime_ns != date}
    assert changed == {"answers"}
    assert results == shah_study[1]


def test_the_second_network_s_training_depends_on_the_perimeters_that_are_drawn(
    shah_study: tuple[Path, Results], tmp_path: Path
) -> None:
    job = LiverJob(Settings().liver, 0, tmp_path, (True,), "", tmp_path)
    drawn = shah_study[0] / "answers" / Split.PATIENT
    test = LiverTest(job, [], [], tmp_path, tmp_path)
    shutil.copy(drawn / PERIMETERS, tmp_path)
    before = test.perimeters_hash()
    perimeters = read_perimeters(drawn / PERIMETERS)
    write_perimeters(tmp_path / PERIMETERS, perimeters)
    assert test.perimeters_hash() == before
    name = next(name for name, each in perimeters.items() if each.polygons)
    write_perimeters(tmp_path / PERIMETERS, {**perimeters, name: replace(perimeters[name], polygons=())})
    assert test.perimeters_hash() != before
