"""Studies, and a batch over them in one line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from batch_fakes import loader
from fakes import write_case
from livercad.batch import outputs, summary
from livercad.batch.display import Display
from livercad.batch.result import BatchResult
from livercad.batch.run import Ultrasound, run_batch
from livercad.batch.runner import Runner, SerialRunner
from livercad.settings import Settings

SHAPE = (40, 40, 24)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ray: starts Ray, which takes seconds")


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Three cases: ann, bob and cai."""
    folder = tmp_path / "studies"
    for seed, case in enumerate(("ann", "bob", "cai")):
        write_case(folder, case, seed, SHAPE)
    return folder


@pytest.fixture
def plain_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save the time that pages and pictures take, where a test is not about them."""
    monkeypatch.setattr(outputs, "render_case", lambda analysis: f"<html>{analysis.findings.case}</html>")
    monkeypatch.setattr(outputs, "thumbnail", lambda analysis: b"PNG")
    monkeypatch.setattr(summary, "render_index", lambda rows: "<html>" + ", ".join(row.case for row in rows))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the fake analyzer notes what it computes."""
    return tmp_path / "computed.txt"


@pytest.fixture
def batch(studies: Path, log: Path) -> Callable[..., BatchResult]:
    """Run a batch in this process: ``batch(out, force=..., settings=..., runner=..., bob="fail")``."""

    def run(
        out: Path,
        *,
        force: bool = False,
        settings: Settings | None = None,
        runner: Runner | None = None,
        text: io.StringIO | None = None,
        ultrasound: Ultrasound | None = None,
        **deeds: str,
    ) -> BatchResult:
        settings = settings or Settings()
        runner = runner or SerialRunner(loader(log, settings, **deeds))
        display = Display(Console(file=text or io.StringIO()))
        return run_batch(studies, out, runner, settings, display, ultrasound=ultrasound, force=force)

    return run
