"""The `livercad` command as a whole; the commands' own behaviour is tested in their rooms."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import livercad
from livercad.cli import main as command_line
from livercad.errors import InputError

COMMANDS = ("analyze", "deeplesion", "evaluate", "models", "phantom", "serve", "ultrasound")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(livercad.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False, env=environment
    )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "livercad", *arguments)


def test_the_help_names_every_command_with_a_sentence():
    shown = CliRunner().invoke(command_line.app, ["--help"], env={"COLUMNS": "120"})
    assert shown.exit_code == 0
    for command in COMMANDS:
        rows = [line for line in shown.stdout.splitlines() if line.strip("│ ").startswith(f"{command} ")]
        assert rows and len(rows[0].split()) > 4, f"{command} has no row with a sentence in the help"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_needs_no_weights(command):
    shown = CliRunner().invoke(command_line.app, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.stdout


def test_the_version_is_the_packages():
    shown = run("--version")
    assert (shown.returncode, shown.stdout.strip()) == (0, f"livercad {livercad.__version__}")


def test_without_a_command_the_help_is_shown():
    shown = run()
    assert "Usage: python -m livercad" in shown.stdout + shown.stderr


def test_the_help_loads_nothing_heavy():
    program = "import sys, livercad.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(python("-c", program).stdout.split())
    assert "typer" in loaded
    assert not {"torch", "monai", "monailabel", "SimpleITK", "matplotlib", "openvino", "ray"} & loaded


def test_an_error_of_the_users_is_one_message_on_stderr_and_status_2(tmp_path):
    absent = tmp_path / "absent"
    shown = run("evaluate", str(absent), "--truth", str(tmp_path))
    assert shown.returncode == command_line.USER_ERROR_STATUS == 2
    assert shown.stdout == ""
    assert shown.stderr.startswith("livercad: ") and str(absent) in shown.stderr
    assert "Traceback" not in shown.stderr


def test_an_output_that_the_system_refuses_is_one_message(tmp_path):
    (tmp_path / "file").write_text("in the way")
    shown = run("phantom", "ct", str(tmp_path / "file"), "-n", "1")
    assert shown.returncode == command_line.USER_ERROR_STATUS
    assert shown.stderr.startswith(f"livercad: {tmp_path / 'file'}")
    assert "Not a directory" in shown.stderr and "Traceback" not in shown.stderr


def test_a_folder_that_cannot_be_made_is_one_message(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command_line, "app", (tmp_path / "absent" / "x").mkdir)
    with pytest.raises(SystemExit):
        command_line.main()
    assert capsys.readouterr().err.startswith(f"livercad: {tmp_path / 'absent' / 'x'}: found that the system refuses")


def test_a_message_keeps_what_looks_like_markup(monkeypatch, capsys):
    def fail() -> None:
        raise InputError("case [bold]7[/bold]", found="a", expected="b", todo="c.")

    monkeypatch.setattr(command_line, "app", fail)
    with pytest.raises(SystemExit):
        command_line.main()
    assert "case [bold]7[/bold]: found a; expected b. c." in capsys.readouterr().err


@pytest.mark.parametrize("error", [ZeroDivisionError, FileNotFoundError(2, "No such file", "template.html")])
def test_a_defect_keeps_its_traceback(monkeypatch, error):
    def fail() -> None:
        raise error

    monkeypatch.setattr(command_line, "app", fail)
    with pytest.raises((ZeroDivisionError, FileNotFoundError)):
        command_line.main()
