"""What code does, as a hash."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import livercad
import livercad.code
from livercad.code import code_hash


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[str, Path]:
    """A package of one module, of a name of its own in each test."""
    name = f"made_{abs(hash(request.node.name))}"
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text('"""A package."""\n')
    (package / "one.py").write_text("WIDTH = 3\n\ndef width():\n    return WIDTH\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    code_hash.cache_clear()
    return name, package / "one.py"


def rewritten(name: str, path: Path, text: str) -> str:
    path.write_text(text)
    code_hash.cache_clear()
    return code_hash(name)


def test_another_number_gives_another_hash(module: tuple[str, Path]) -> None:
    name, path = module
    assert code_hash(name) != rewritten(name, path, "WIDTH = 4\n\ndef width():\n    return WIDTH\n")


def test_comments_docstrings_and_layout_do_not_count(module: tuple[str, Path]) -> None:
    name, path = module
    told = '"""One."""\nWIDTH = 3\n"""mm"""\n\n\ndef width():\n    """The width."""\n    return WIDTH  # mm\n'
    assert code_hash(name) == rewritten(name, path, told)


def test_a_module_more_in_a_package_gives_another_hash(module: tuple[str, Path]) -> None:
    name, path = module
    before = code_hash(name)
    path.with_name("two.py").write_text("HEIGHT = 1\n")
    code_hash.cache_clear()
    assert code_hash(name) != before


def test_a_single_module_does_not_count_its_package(module: tuple[str, Path]) -> None:
    name, path = module
    before = code_hash(f"{name}.one")
    path.with_name("two.py").write_text("HEIGHT = 1\n")
    code_hash.cache_clear()
    assert code_hash(f"{name}.one") == before


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"livercad\.nowhere"):
        code_hash("livercad.nowhere")


def test_a_package_that_counts_apart_leaves_the_hash_of_the_package_around_it(
    module: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path = module
    before = code_hash(name)
    inner = path.parent / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text("")
    (inner / "two.py").write_text("HEIGHT = 1\n")
    monkeypatch.setattr(livercad.code, "APART", (f"{name}.inner",))
    code_hash.cache_clear()
    assert code_hash(name) == before
    own = code_hash(f"{name}.inner")
    (inner / "two.py").write_text("HEIGHT = 2\n")
    code_hash.cache_clear()
    assert code_hash(name) == before and code_hash(f"{name}.inner") != own


def test_packages_that_count_apart_are_there_and_unused_by_the_packages_around_them() -> None:
    for name in livercad.code.APART:
        around, _, own = name.rpartition(".")
        folder = Path(livercad.__file__).parent.joinpath(*around.split(".")[1:])
        assert (folder / own / "__init__.py").is_file()
        others = [path for path in folder.rglob("*.py") if not path.is_relative_to(folder / own)]
        assert not [path.name for path in others if f"from {name}" in path.read_text(encoding="utf-8")]
