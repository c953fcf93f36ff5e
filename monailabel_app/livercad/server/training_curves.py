"""How a training goes, for plots, and what came of it, in words."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livercad.learning.log import read_log
from livercad.learning.metrics import MEASURES
from livercad.learning.promotion import RULES, Decision
from livercad.learning.version import Version

MOST_POINTS = 300
"""Of a curve of losses; with more steps, each point is the mean of several."""


def curves_of(folder: Path, model: str) -> list[dict[str, Any]]:
    """Losses and scores of a training by step.

    Parameters
    ----------
    folder : Path
        The training's.
    model : str
        Name in the registry of models.

    Returns
    -------
    list of dict
        By step: `step` with `loss`, or with `metric` (what weights are chosen by; higher is better) and its `name`.
    """
    lines = read_log(folder)
    measure = MEASURES[RULES[model].primary]
    name = measure.title if measure.higher_is_better else "score"
    # A step that overflowed is left out by the training, and JSON has no word for its loss.
    losses = [(line["step"], line["loss"]) for line in lines if math.isfinite(line.get("loss", math.nan))]
    width = -(-len(losses) // MOST_POINTS) or 1
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    points: list[dict[str, Any]] = [
        {"step": part[-1][0], "loss": sum(loss for _, loss in part) / len(part)} for part in parts
    ]
    points += [{"step": line["step"], "metric": line["score"], "name": name} for line in lines if "score" in line]
    return sorted(points, key=lambda point: int(point["step"]))


def result_of(version: Version, decision: Decision) -> dict[str, Any]:
    """What a trained version scored, and the one in use before.

    Returns
    -------
    dict
        `version`, a `sentence`, and where the pool tells: `metric` with its value `before` and `after`.
    """
    learnt = version.cases.get("training", 0)
    sentence = f"Version {version.number} of {version.name} has learnt from {_cases(learnt)}"
    found = decision.primary
    if found is None:
        return {"version": version.number, "sentence": f"{sentence}."}
    title = MEASURES[found.measure].title
    told = (
        f"{title} {found.champion:.3f} before, {found.challenger:.3f} after, on {_cases(decision.cases, 'validation ')}"
    )
    numbers = {"metric": title, "before": found.champion, "after": found.challenger}
    return {"version": version.number, "sentence": f"{sentence}: {told}.", **numbers}


def _cases(count: int, kind: str = "") -> str:
    return f"{count} {kind}{'case' if count == 1 else 'cases'}"


def promotion_of(decision: Decision) -> dict[str, Any]:
    """Whether a version is used from now on, and why."""
    verdict = "Used from now on." if decision.promoted else "Kept aside; the weights in use stay."
    details = {name: value for name, value in asdict(decision).items() if name not in ("promoted", "reason")}
    return {"promoted": decision.promoted, "reason": f"{verdict} {decision.reason}", **details}
