"""What a reproduction keeps holds only as long as the code that it depends on is the same."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from livercad import code
from livercad.papers.shah2021 import answers, folder, images, lesions, liver
from livercad.papers.shah2021.lesions import LesionJob
from livercad.papers.shah2021.liver import LiverJob
from livercad.papers.shah2021.settings import Settings

HERE = "livercad.papers.shah2021"
KEYED_BY_VALUE = {
    *("livercad.core.phases", "livercad.core.taxonomy"),
    *(f"{HERE}.{name}" for name in ("classes", "settings", "sources")),
}
"""Phases, classes, settings and patients stand in the keys themselves."""
MAKES_NOTHING = {
    *("livercad.code", "livercad.errors", "livercad.progress", "livercad.studies.atomic", "livercad.papers.workers"),
    *("livercad.learning.checkpoint", "livercad.learning.hardware"),
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
        (images.__name__, images.CODE),
        (liver.__name__, images.CODE + liver.CODE + answers.CODE),
        (lesions.__name__, images.CODE + TRAINING + answers.CODE),
        (answers.__name__, images.CODE + TRAINING + answers.CODE),
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
