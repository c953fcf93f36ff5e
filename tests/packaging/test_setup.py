"""What setup.py says agrees with what constraints.txt pins and with what the package imports and reads."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "monailabel_app" / "livercad"


def assigned(name: str):
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    values = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    return ast.literal_eval(values[name])


REQUIREMENTS = [Requirement(text) for text in assigned("REQUIREMENTS")]
EXTRAS = {extra: [Requirement(text) for text in texts] for extra, texts in assigned("EXTRAS").items()}
ALL = {str(each): each for each in [*REQUIREMENTS, *(each for extra in EXTRAS.values() for each in extra)]}
PINS = {
    canonicalize_name(each.name): next(iter(each.specifier)).version
    for each in map(Requirement, (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:])
}


@pytest.mark.parametrize("requirement", ALL.values(), ids=ALL.keys())
def test_the_tested_version_of_every_requirement_is_in_its_range(requirement):
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_constraints_name_no_file_and_no_place():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert [line for line in lines if "/" in line or "@" in line or "==" not in line] == []


def test_everything_that_the_package_imports_is_required():
    declared = {canonicalize_name(each.name) for each in [*REQUIREMENTS, *EXTRAS["cluster"]]}
    distributions = packages_distributions()
    undeclared = {}
    for path in PACKAGE.rglob("*.py"):
        for name in imported_by(path) - {"livercad"} - sys.stdlib_module_names:
            owners = {canonicalize_name(owner) for owner in distributions.get(name, [name])}
            if not owners & declared:
                undeclared.setdefault(name, str(path.relative_to(PACKAGE)))
    assert undeclared == {}


def test_nothing_is_required_that_the_package_does_not_import():
    declared = {canonicalize_name(each.name) for each in REQUIREMENTS}
    distributions = packages_distributions()
    imported = {name for path in PACKAGE.rglob("*.py") for name in imported_by(path)}
    owners = {canonicalize_name(owner) for name in imported for owner in distributions.get(name, [])}
    assert declared - owners == set()


def test_every_file_that_the_package_reads_at_run_time_is_packaged():
    present = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    packaged = {path for pattern in assigned("PACKAGE_DATA") for path in PACKAGE.glob(pattern)}
    assert {str(path.relative_to(PACKAGE)) for path in present - packaged} == set()
    assert packaged


def imported_by(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}
