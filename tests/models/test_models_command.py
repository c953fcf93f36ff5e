"""`livercad models`."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from livercad.cli.models import app
from livercad.errors import ModelError
from livercad.models.registry import PublishedModel, load_registry


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


def test_list_tells_what_is_installed(fakes):
    run("install", "one", "--from", fakes.wheel)
    lines = {line.split()[0]: line.rstrip() for line in run("list").output.splitlines()}
    assert lines["one"].endswith("installed") and "Apache-2.0" in lines["one"] and "liver segmentation" in lines["one"]
    assert lines["two"].endswith("missing")


def test_install_takes_everything_from_a_wheel_and_tells_where_it_is(fakes):
    result = run("install", "--from", fakes.wheel)
    assert result.exit_code == 0
    for name in ("one", "two"):
        assert f"{name}: {fakes.folder / name / '1.safetensors'}" in result.output


def test_verify_fails_on_a_missing_or_damaged_model_and_names_the_command(fakes):
    run("install", "--from", fakes.wheel)
    assert run("verify").exit_code == 0
    (fakes.folder / "two" / "1.safetensors").write_bytes(b"rubbish")
    result = run("verify")
    assert result.exit_code == 1
    assert "one: installed" in result.output and "two: damaged" in result.output
    assert "livercad models install two" in result.output
    assert run("verify", "one").exit_code == 0


@pytest.mark.parametrize("entry", load_registry().values(), ids=load_registry().keys())
def test_show_prints_the_card_and_the_origin(entry):
    result = run("show", entry.name)
    origin = (
        (entry.source.package, entry.source.file_sha256)
        if isinstance(entry, PublishedModel)
        else (entry.made_by, "LiverCAD itself")
    )
    assert result.exit_code == 0
    for part in ("Intended use", "Training data", entry.weights.sha256, *origin):
        assert part in result.output


def test_shipped_weights_count_as_installed_and_are_not_fetched(shipped):
    assert "shipped" in run("list").output
    assert run("verify", "shipped").output == "shipped: installed\n"
    result = run("install", "shipped")
    assert result.exit_code == 0 and result.output == f"shipped: {shipped.path}\n"


def test_damaged_shipped_weights_are_told_with_what_to_do(shipped):
    shipped.path.write_bytes(b"rubbish")
    result = run("verify", "shipped")
    assert result.exit_code == 1 and "install LiverCAD again" in result.output
    assert isinstance(run("install", "shipped").exception, ModelError)


def test_the_command_line_does_not_load_heavy_packages_before_it_needs_them():
    code = "import sys, livercad.cli.models; print(sorted({'torch', 'h5py', 'numpy', 'pydantic'} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        ).stdout.strip()
        == "[]"
    )
