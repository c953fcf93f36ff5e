"""How many steps fit into the time there is: measured once, then kept, so that a training goes on as it began."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from livercad.errors import Cancelled
from livercad.learning.hardware import computes_in_bfloat16, keep_freed_memory
from livercad.learning.plan import Plan
from livercad.learning.ranks import is_first_process
from livercad.progress import Progress
from livercad.recipes.trainable import RecipeJob
from livercad.studies.atomic import write_text

logger = logging.getLogger(__name__)

PLAN = "plan.json"
OVERHEAD = 0.9
"""Share of the time that is planned with. Our choice."""
MOST_FOR_VALIDATION = 0.35
"""Share of the time that validations may take; otherwise they are fewer, or of a part of the pool. Our choice."""
LEAST_FOR_STEPS = 0.5
"""Share of the time that steps get in any case: without them there is nothing to measure. Our choice."""
MOST_FOR_TRIAL = 0.05
"""Share of the time after which a validation has been tried for long enough. Our choice."""
FEWEST_LOOKED_AT, MOST_LOOKED_AT = 5, 16
"""Cases of a part of the pool: with fewer it would be chance which weights are the best. Our choice."""
FEWEST_VALIDATIONS = 2
"""Before the first step and after the last."""
WAIT_S = 0.5
"""How often a process looks whether the first one has made its plan."""


@dataclass(frozen=True)
class Planned:
    """What a training does with its time.

    Parameters
    ----------
    plan : Plan
        With steps and with intervals that fit them.
    part : int or None
        Cases of the pool that each validation looks at; None for all. Where it is a part, the best weights and the
        champion are measured on the whole pool afterwards.
    """

    plan: Plan
    part: int | None


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
    pool: int = 0,
    measures: int = 0,
    progress: Progress,
) -> Planned:
    """Choose how many steps a training makes, how often and on how many cases it validates; or read what was chosen.

    Of several processes that train together the first one chooses, and the others wait for its plan: each would measure
    another time, and they would not make equally many steps.

    Parameters
    ----------
    job : RecipeJob
        One step of it is tried, and one validation of the whole pool.
    plan : Plan
        All other settings.
    folder : Path
        The training's.
    device : str
        Where it will compute.
    steps : int or None
        The steps, where they are given; each validation is of the whole pool then.
    minutes : float
        The time, where they are not.
    most : int, optional
        The most steps that are worth it.
    validations : int
        How many there should be, the first and the last included.
    pool : int, default 0
        Cases of the whole pool.
    measures : int, default 0
        How often the whole pool is gone through after a training whose validations were of the whole pool.
    progress : Progress
        Told what is going on.

    Returns
    -------
    Planned
        The same whenever the same is asked for in this folder.
    """
    file = folder / PLAN
    asked = {"steps": steps, "minutes": None if steps else minutes, "validations": validations, "plan": plan.as_dict()}
    while (kept := _kept(file, asked)) is None and not is_first_process():
        progress(0, 1, "waiting until it is measured how long a step takes")
        time.sleep(WAIT_S)
    if kept:
        return kept
    part = None
    if steps is None:
        time_s = minutes * 60 * OVERHEAD
        step_s, validation_s = _tried(job, device, plan, time_s * MOST_FOR_TRIAL, progress)
        validations, part, spent_s = _validations(validation_s, time_s, validations, pool, measures)
        left_s = max(time_s - spent_s, time_s * LEAST_FOR_STEPS)
        if left_s + spent_s > time_s:
            logger.warning(
                "Measuring on the pool takes %.0f min: the training takes some %.0f min in place of %g.",
                *(spent_s / 60, (left_s + spent_s) / 60 / OVERHEAD, minutes),
            )
        steps = max(1, int(left_s / step_s))
        steps = min(steps, most) if most else steps
    every = max(1, -(-steps // max(1, validations - 1)))
    chosen = Planned(replace(plan, steps=steps, validate_every=every), part)
    write_text(file, json.dumps({"asked": asked, "plan": chosen.plan.as_dict(), "part": part}, indent=2) + "\n")
    return chosen


def _validations(whole_s: float, time_s: float, wanted: int, pool: int, measures: int) -> tuple[int, int | None, float]:
    """How many validations there are, of how many cases (None: all), and the seconds of all that is measured."""
    wanted = max(FEWEST_VALIDATIONS, wanted)
    fit = int(time_s * MOST_FOR_VALIDATION / max(whole_s, 1e-3)) - measures
    # So small that all validations together take no longer than one of the whole pool.
    part = min(pool // wanted, MOST_LOOKED_AT)
    if fit >= wanted or wanted == FEWEST_VALIDATIONS or part < FEWEST_LOOKED_AT:
        count = max(FEWEST_VALIDATIONS, min(wanted, fit))
        return count, None, (count + measures) * whole_s
    of_both = 2  # the best weights and the champion, on the whole pool
    return wanted, part, (of_both + wanted * part / pool) * whole_s


def _kept(file: Path, asked: dict[str, Any]) -> Planned | None:
    """The plan that was made for the same wish; None where there is none."""
    if not file.is_file():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Planned(Plan(**kept["plan"]), kept.get("part")) if kept["asked"] == asked else None


def _tried(job: RecipeJob, device: str, plan: Plan, most_s: float, progress: Progress) -> tuple[float, float]:
    """Seconds of a step and of a validation, of which no more is done than takes so long."""
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
    return step_s, _tried_validation(job, job.network().to(place).eval(), most_s, progress)


def _tried_validation(job: RecipeJob, network: nn.Module, most_s: float, progress: Progress) -> float:
    """Seconds of a validation: a large pool is not gone through for this, but as far as it goes in so long."""
    started = time.monotonic()
    seen: list[tuple[float, float]] = []

    def watch(done: float, total: float, what: str) -> None:
        progress(0, 1, "measuring how long a validation takes")
        if done > 0:
            seen.append((done / total, time.monotonic() - started))
            if seen[-1][1] > most_s and seen[-1][0] > seen[0][0]:
                raise _EnoughError

    watch(0, 1, "")
    try:
        job.validate(network, watch)
    except _EnoughError:
        # What comes before the first word of progress, loading and compiling, comes once.
        (first, begun_s), (last, ended_s) = seen[0], seen[-1]
        return begun_s + (1 - first) * (ended_s - begun_s) / (last - first)
    return time.monotonic() - started


class _EnoughError(Cancelled):
    """That a validation has been tried for long enough."""
