"""A small study, done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from livercad.papers.yamakawa2020.reproduce import reproduce
from livercad.papers.yamakawa2020.results import Results
from tumour_discs import small_settings, write_discs


@pytest.fixture(scope="session")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_discs(tmp_path_factory.mktemp("discs"))


@pytest.fixture(scope="session")
def study(discs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """The folder of a study of two classes, and its results."""
    output = tmp_path_factory.mktemp("yamakawa")
    return output, reproduce(discs, output, small_settings(), workers=1)
