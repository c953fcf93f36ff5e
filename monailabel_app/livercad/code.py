"""What code does, as a hash: so that what other code made is not taken for this code's."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

DIGITS = 12
APART = ("livercad.phantom.ultrasound", "livercad.studies.ultrasound")
"""Packages that nothing else in the package around them uses: under its name they do not count, so that what they learn
leaves valid what it made of CT."""


@cache
def code_hash(*modules: str) -> str:
    """Hash what the source of modules does.

    Comments, docstrings and layout do not count, so that writing about the code leaves what it made valid.

    Parameters
    ----------
    *modules : str
        Full names; of a package all modules below it count, but for those `APART` from it.

    Returns
    -------
    str
        `DIGITS` hexadecimal digits of a SHA-256.
    """
    whole = hashlib.sha256()
    for module in modules:
        for path in _sources(module):
            tree = _WithoutTexts().visit(ast.parse(path.read_text(encoding="utf-8")))
            whole.update(f"{path.name}\n{ast.dump(tree)}\n".encode())
    return whole.hexdigest()[:DIGITS]


def _sources(module: str) -> list[Path]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    if not spec.submodule_search_locations:
        return [Path(spec.origin)]
    folder = Path(spec.origin).parent
    apart = [folder / name.rpartition(".")[2] for name in APART if name.rpartition(".")[0] == module]
    return sorted(path for path in folder.rglob("*.py") if not any(path.is_relative_to(each) for each in apart))


class _WithoutTexts(ast.NodeTransformer):
    """Leave out strings that stand alone: docstrings of modules, classes, functions and constants."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
