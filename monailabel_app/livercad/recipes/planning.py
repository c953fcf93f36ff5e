"""How many steps fit into the time there is: measured once, then kept, so that a training goes on as it began."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from livercad.learning.hardware import computes_in_bfloat16, keep_freed_memory
from livercad.learning.plan import Plan
from livercad.learning.ranks import is_first_process
from livercad.progress import Progress
from livercad.recipes.trainable import RecipeJob
from livercad.studies.atomic import write_text

PLAN = "plan.json"
OVERHEAD = 0.9
"""Share of the time that is planned with. Our choice."""
MOST_FOR_VALIDATION = 0.35
"""Share of the time that validations may take; there are fewer of them otherwise. Our choice."""
WAIT_S = 0.5
"""How often a process looks whether the first one has made its plan."""


def planned(
    job: RecipeJob,
    plan: Plan,
    folder: Path,
    device: str,
    *,
    steps: int | None,
    minutes: float,
    most: int | None = None,
    validations: int,
    progress: Progress,
) -> Plan:
    """Choose the steps of a training, or read what was chosen when it began.

    Of several processes that train together the first one chooses, and the others wait for its plan: each would measure
    another time, and they would not make equally many steps.

    Parameters
    ----------
    job : RecipeJob
        One step of it is tried.
    plan : Plan
        All other settings.
    folder : Path
        The training's.
    device : str
        Where it will compute.
    steps : int or None
        The steps, where they are given.
    minutes : float
        The time, where they are not.
    most : int, optional
        The most steps that are worth it.
    validations : int
        How many there should be, the first and the last included.
    progress : Progress
        Told what is going on.

    Returns
    -------
    Plan
        With steps and with intervals that fit them.
    """
    file = folder / PLAN
    asked = {"steps": steps, "minutes": None if steps else minutes, "validations": validations, "plan": plan.as_dict()}
    while (kept := _kept(file, asked)) is None and not is_first_process():
        progress(0, 1, "waiting until it is measured how long a step takes")
        time.sleep(WAIT_S)
    if kept:
        return kept
    if steps is None:
        step_s, validation_s = _tried(job, device, plan, progress)
        time_s = minutes * 60 * OVERHEAD
        validations = max(2, min(validations, int(time_s * MOST_FOR_VALIDATION / max(validation_s, 1e-3))))
        steps = max(1, int((time_s - validations * validation_s) / step_s))
        steps = min(steps, most) if most else steps
    every = max(1, -(-steps // max(1, validations - 1)))
    chosen = replace(plan, steps=steps, validate_every=every)
    write_text(file, json.dumps({"asked": asked, "plan": chosen.as_dict()}, indent=2) + "\n")
    return chosen


def _kept(file: Path, asked: dict[str, Any]) -> Plan | None:
    """The plan that was made for the same wish; None where there is none."""
    if not file.is_file():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Plan(**kept["plan"]) if kept["asked"] == asked else None


def _tried(job: RecipeJob, device: str, plan: Plan, progress: Progress) -> tuple[float, float]:
    """Seconds of a step and of a validation."""
    progress(0, 1, "measuring how long a step takes")
    place = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    if place == "cpu":
        keep_freed_memory()
    network = job.network().to(place)
    job.draw(0, 0, 1)  # The first draw brings a case to the network's grid.
    started = time.monotonic()
    drawn = job.draw(1, 0, 1)
    losses = job.losses(network.train(), drawn)
    while True:
        with torch.autocast(place, torch.bfloat16, enabled=computes_in_bfloat16(place)):
            loss = next(losses, None)
        if loss is None:
            break
        loss.backward()
    step_s = time.monotonic() - started
    progress(0, 1, "measuring how long a validation takes")
    started = time.monotonic()
    job.validate(job.network().to(place).eval(), lambda *_: progress(0, 1, "measuring how long a validation takes"))
    return step_s, time.monotonic() - started
