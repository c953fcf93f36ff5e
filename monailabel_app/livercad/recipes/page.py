"""The page of a training: one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from livercad.core.findings import DISCLAIMER
from livercad.evaluation import page as evaluation_page
from livercad.learning.log import read_log
from livercad.learning.metrics import MEASURES, CaseMetrics
from livercad.recipes.pictures import Picture, curves_figure

TEMPLATES = Path(__file__).parent / "templates"
CASE_FIELDS = {
    "liver_dice": "liver Dice",
    "lesion_dice": "lesion Dice",
    "small_found": "small lesions found",
    "false_positives": "false positives",
}


def render_training(
    task: str, name: str, record: Mapping[str, Any], folder: Path, pictures: Sequence[Picture] = ()
) -> str:
    """Make the page.

    Parameters
    ----------
    task, name : str
        What the command calls the model, and the registry.
    record : mapping
        As ``record.json`` has it.
    folder : Path
        The training's, with its log.
    pictures : sequence of Picture
        Examples.

    Returns
    -------
    str
        HTML with its styles and figures inside.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pools = {side: _metrics(record["pool"][side]) for side in ("champion", "challenger")}
    fields = [field for field in CASE_FIELDS if any(_told(case, field) for case in pools["challenger"].values())]
    start = record["start"]
    style = (evaluation_page.TEMPLATES / "evaluation.css").read_text(encoding="utf-8")
    return environment.get_template("training.html").render(
        style=Markup(style),
        disclaimer=DISCLAIMER,
        task=task,
        name=name,
        start=f"version {start['number']} ({start['version']})" if start else "random weights",
        minutes=f"{record['seconds'] / 60:.0f}",
        record=record,
        rows=_rows(pools),
        pool=len(pools["challenger"]),
        curves=Markup(curves_figure(read_log(folder), record["history"])),
        pictures=pictures,
        case_titles=[CASE_FIELDS[field] for field in fields],
        cases=[_case(name, label, pools, fields) for name, label in sorted(record["labels"].items())],
        settings=sorted((record["plan"] | {f"asked: {key}": value for key, value in record["wish"].items()}).items()),
    )


def _metrics(cases: Mapping[str, Any]) -> dict[str, CaseMetrics]:
    return {case: CaseMetrics.model_validate(told) for case, told in cases.items()}


def _told(case: CaseMetrics, field: str) -> bool:
    return bool(case.small_lesions) if field == "small_found" else getattr(case, field) is not None


def _rows(pools: Mapping[str, Mapping[str, CaseMetrics]]) -> list[dict[str, str]]:
    rows = []
    for measure in MEASURES.values():
        values = {}
        for side, cases in pools.items():
            sums = list(measure.sums_by_patient(cases.values()).values())
            value = float(measure.value(np.sum(sums, axis=0))) if sums else float("nan")
            values[side] = "–" if np.isnan(value) else f"{value:.3f}"
        if set(values.values()) != {"–"}:
            rows.append({"title": measure.title, **values})
    return rows


def _case(
    name: str, label: Mapping[str, Any], pools: Mapping[str, Mapping[str, CaseMetrics]], fields: Sequence[str]
) -> dict[str, Any]:
    values = []
    for field in fields:
        for side in ("champion", "challenger"):
            case = pools[side].get(name)
            values.append(_value(case, field) if case and _told(case, field) else "")
    shown = f"{label['tag']} {label['number']}"
    return {"name": name, "side": label["side"], "label": shown, "annotator": label["annotator"], "values": values}


def _value(case: CaseMetrics, field: str) -> str:
    if field == "small_found":
        return f"{case.small_found} of {case.small_lesions}"
    value = getattr(case, field)
    return f"{value:.3f}" if isinstance(value, float) else str(value)
