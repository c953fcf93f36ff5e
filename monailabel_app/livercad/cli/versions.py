"""`livercad models add`, `compare`, `promote`, `rollback`, and the tables of versions: what was trained here."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from livercad.learning.audit import AuditLog
    from livercad.learning.paired import Difference
    from livercad.learning.version import Version
    from livercad.learning.versions import ModelVersions

Name = Annotated[
    str, typer.Argument(help="Name as in `livercad models list`, or liver, lesions, lesion_classification.")
]
Who = Annotated[str | None, typer.Option(help="Who is written down; the user's name by default.", show_default=False)]
MLflow = Annotated[
    str | None,
    typer.Option(
        "--mlflow",
        metavar="URI",
        envvar="LIVERCAD_MLFLOW",
        help="An MLflow server that versions are registered at; a file in the models folder by default.",
        show_default=False,
    ),
]


def versions_table(name: str, mlflow: str | None) -> Table:
    """Put the versions of a model into a table, one a row."""
    from rich.table import Table

    from livercad.learning.names import registry_name
    from livercad.models.champions import pointer

    champion = pointer(registry_name(name)).champion.number
    columns = ("", "Version", "From", "Registered", "By", "On its pool", "State", "Why")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for version in _versions(mlflow).of(name):
        table.add_row(
            "→" if version.number == champion else "",
            str(version.number),
            _parent(version),
            version.created.astimezone().strftime("%Y-%m-%d %H:%M") if version.created else "",
            version.by,
            _measures(version),
            version.state.words,
            version.reason,
        )
    return table


def show_version(name: str, number: int, mlflow: str | None) -> str:
    """The card of a version, in Markdown, with what became of it."""
    from livercad.learning.version import card_of

    version = _versions(mlflow).get(name, number)
    verdict = f"{version.state.words.capitalize()}. {version.reason}"
    return f"{card_of(version)}\n{verdict}\n"


def add_version(
    name: Name,
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Where `livercad train` has written to.")],
    promote: Annotated[
        bool, typer.Option("--promote", help="Put it into use if it is better than the version in use, else aside.")
    ] = False,
    who: Who = None,
    mlflow: MLflow = None,
) -> None:
    """Register what `livercad train` has made, and tell whether it is better than the version in use."""
    from livercad.learning.adding import add_training

    version, decision = add_training(
        _versions(mlflow), name, folder.absolute(), who or _user(), _audit(), promote=promote
    )
    typer.echo(f"Registered: {version.name} {version.version}, version {version.number}")
    typer.echo(decision.reason)
    if promote:
        typer.echo("In use from now on." if decision.promoted else "Kept aside; the version in use stays.")
    else:
        typer.echo(f"`livercad models promote {version.name} {version.number}` puts it into use.")


def compare_versions(
    name: Name,
    challenger: Annotated[int, typer.Argument(help="Number of a version.")],
    champion: Annotated[
        int | None, typer.Argument(help="Number of another; the one in use by default.", show_default=False)
    ] = None,
    mlflow: MLflow = None,
) -> None:
    """Compare two versions, paired by case, as a promotion does."""
    from rich.console import Console
    from rich.table import Table

    from livercad.learning.names import registry_name
    from livercad.learning.promotion import RULES
    from livercad.learning.release import compare
    from livercad.models.champions import pointer

    name = registry_name(name)
    other = pointer(name).champion.number if champion is None else champion
    decision = compare(_versions(mlflow), name, challenger, other)
    both = (f"Version {challenger}", f"Version {other}")
    columns = ("Measure", *both, "Gain (90% interval)", "P", "Patients", "Margin")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for found in (*((decision.primary,) if decision.primary else ()), *decision.guarded):
        table.add_row(*_row(found), f"{margin:g}" if (margin := RULES[name].margins.get(found.measure)) else "")
    console = Console()
    if table.row_count:
        console.print(table, "")
    console.print(decision.reason, soft_wrap=True)
    console.print(f"Cases that both were measured on: {decision.cases}.")


def promote_version(
    name: Name,
    version: Annotated[int, typer.Argument(help="Number of the version; 0 is the base.")],
    who: Who = None,
    force: Annotated[bool, typer.Option("--force", help="Also a version that was kept aside or rolled back.")] = False,
    mlflow: MLflow = None,
) -> None:
    """Put a version into use. A running server follows by itself."""
    from livercad.learning.release import promote

    champion = promote(_versions(mlflow), name, version, who or _user(), _audit(), force=force)
    typer.echo(f"In use: {champion.name} {champion.version}")


def roll_back_version(
    name: Name,
    who: Who = None,
    leaving: Annotated[
        int | None, typer.Option("--from", help="Only if this version is in use.", show_default=False)
    ] = None,
    mlflow: MLflow = None,
) -> None:
    """Put the version before back into use. A running server follows by itself."""
    from livercad.learning.release import roll_back

    champion = roll_back(_versions(mlflow), name, who or _user(), _audit(), leaving)
    typer.echo(f"In use: {champion.name} {champion.version}")


def _user() -> str:
    """The user's name; empty where there is none, as for a number in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # without an entry in passwd; on Windows without that module
        return ""


def _versions(mlflow: str | None) -> ModelVersions:
    from livercad.learning.versions import ModelVersions

    return ModelVersions(mlflow)


def _audit() -> AuditLog:
    from livercad.learning.audit import AuditLog
    from livercad.settings import models_folder

    return AuditLog(models_folder())


def _parent(version: Version) -> str:
    if version.created is None:
        return ""
    return "scratch" if version.parent < 0 else str(version.parent)


def _measures(version: Version) -> str:
    from livercad.learning.metrics import MEASURES
    from livercad.learning.version import in_words

    return "\n".join(f"{MEASURES[name].title} {in_words(found)}" for name, found in version.measures.items())


def _row(found: Difference) -> tuple[str, ...]:
    from livercad.learning.metrics import MEASURES

    interval = f" ({found.low:+.3f} to {found.high:+.3f})" if found.low is not None else ""
    p = f"{found.p:.3g}" if found.p is not None else ""
    gain = f"{found.gain:+.3f}{interval}"
    title = MEASURES[found.measure].title
    return title, f"{found.challenger:.3f}", f"{found.champion:.3f}", gain, p, str(found.patients)
