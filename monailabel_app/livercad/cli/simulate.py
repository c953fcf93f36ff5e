"""`livercad simulate-active-learning`: labelling replayed with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livercad.learning.strategies import Strategy


def simulate_active_learning(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Ultrasound images with a table of classes, or CT studies with their truth (docs/simulation.md).",
            show_default="phantoms",
        ),
    ] = None,
    strategy: Annotated[
        list[Strategy] | None, typer.Option(help="How cases are chosen; may be given again.", show_default="all")
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="On phantoms: lesion-classes, lesion-enhancement or lesion-outlines; may be given again.",
            show_default="all",
        ),
    ] = None,
    budget: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Cases labelled in a round.", show_default="as fits the data")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Replays of each strategy.", show_default="10; quick: 2")
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Trainings of each replay.", show_default="as fits the data; quick: 3"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.", show_default="as many as cores")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few and short trainings, only to see that it works.")] = False,
) -> None:
    """Replay labelling with known truth: which strategy makes a model good with the fewest cases.

    Draws learning curves with intervals, and compares the areas under them with random choice. Writes OUT/index.html
    and OUT/results.json. Stopped and started again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.progress import part
    from livercad.simulation.findings import verdict
    from livercad.simulation.simulate import CACHE, QUICK_ROUNDS, QUICK_SEEDS, SEEDS, cores, simulate
    from livercad.simulation.task import ALL_STRATEGIES
    from livercad.simulation.tasks import PHANTOM_TASKS, own_tasks, phantom_tasks

    unknown = sorted(set(task or ()) - set(PHANTOM_TASKS))
    if unknown or (task and data):
        raise typer.BadParameter(
            "it chooses among the tasks on phantoms, and --data has one of its own"
            if data
            else f"'{unknown[0]}' is none of {', '.join(PHANTOM_TASKS)}",
            param_hint="--task",
        )
    count = workers or cores()
    with stoppable(Console(stderr=True)) as progress:
        making = part(progress, 0, 0.1)
        tasks = (
            own_tasks(data, quick, making)
            if data
            else phantom_tasks(output / CACHE, task or PHANTOM_TASKS, quick, count, making)
        )
        results = simulate(
            tasks,
            output,
            strategies=strategy or ALL_STRATEGIES,
            budget=budget,
            seeds=seeds or (QUICK_SEEDS if quick else SEEDS),
            rounds=rounds or (QUICK_ROUNDS if quick else None),
            quick=quick,
            workers=count,
            progress=part(progress, 0.1, 1),
        )
    for found in results.tasks.values():
        typer.echo(f"{found.title}, area under the learning curve ({found.metric}):")
        for name, each in found.strategies.items():
            against = verdict(each)
            typer.echo(f"  {name:<15}{each.area.mean:.3f}" + (f"  {against}{AGAINST[against]}" if against else ""))
    typer.echo(f"curves and tables: {output / 'index.html'}")


AGAINST = {"better": " than random", "worse": " than random", "not told apart": " from random"}
