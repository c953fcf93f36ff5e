"""The HTML page of an evaluation: one file that needs no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from livercad import __version__
from livercad.core.class_names import NAMES
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.evaluate import Evaluation
from livercad.evaluation.figures import detection_figure, dice_figure, volume_figure
from livercad.evaluation.intervals import Estimate
from livercad.evaluation.masks import EMPTY_MASKS
from livercad.evaluation.outcomes import Outcome
from livercad.evaluation.sections import class_of_not_hit, class_section, phase_section
from livercad.evaluation.settings import HitCriterion
from livercad.evaluation.summary import ALL_SIZES, Summary
from livercad.evaluation.tables import case_row, models_of

TEMPLATES = Path(__file__).parent / "templates"

PHANTOM_NOTE = (
    "The truth is that of digital phantoms. Numbers on phantoms show that the software works; they are not clinical "
    "and say nothing about patients."
)

METRIC_TITLES = {
    "dice": "Dice",
    "voe": "VOE",
    "rvd": "RVD",
    "assd_mm": "ASSD (mm)",
    "hd95_mm": "HD95 (mm)",
    "surface_dice": "Surface Dice",
}
HIT_TITLES = {
    HitCriterion.IOU: "shared volume over united volume (IoU)",
    HitCriterion.COVERAGE: "shared volume over the true lesion's volume (coverage)",
}


def render_page(evaluation: Evaluation, summary: Summary) -> str:
    """Make the page.

    Parameters
    ----------
    evaluation : Evaluation
        The cases.
    summary : Summary
        What they come to.

    Returns
    -------
    str
        HTML with its styles and figures inside.
    """
    detection = summary.detection
    return (
        environment()
        .get_template("evaluation.html")
        .render(
            style=Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
            evaluation=evaluation,
            settings=evaluation.settings,
            summary=summary,
            structures=_structures(summary),
            sizes=_sizes(evaluation, summary),
            rows=[case_row(case) for case in evaluation.cases],
            not_hit=_not_hit(evaluation),
            not_hit_kinds=class_of_not_hit(evaluation),
            classes=class_section(evaluation, summary.classes),
            phases=phase_section(evaluation, summary.phases),
            kind_names=NAMES,
            models=models_of(evaluation),
            titles=METRIC_TITLES,
            hit=HIT_TITLES[evaluation.settings.hit_criterion],
            dice_figure=Markup(dice_figure(evaluation.cases)),
            volume_figure=Markup(volume_figure(evaluation.cases)),
            detection_figure=Markup(detection_figure(detection, evaluation.settings)) if detection else None,
            empty_masks=EMPTY_MASKS,
            disclaimer=DISCLAIMER,
            phantom_note=PHANTOM_NOTE if evaluation.truth_is_phantom else "",
            version=__version__,
            today=date.today().isoformat(),
        )
    )


def environment() -> Environment:
    """Where the pages' templates come from, with the filters that they use."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(number=_number, interval=_interval, signed=_signed)
    return templates


def _structures(summary: Summary) -> list[tuple[str, Any]]:
    """Rows of the table of scores; the third only where it differs from the second."""
    structures = [("Liver", summary.liver), ("Lesions", summary.lesions)]
    if summary.lesions and summary.lesions_present and summary.lesions.cases != summary.lesions_present.cases:
        structures.append(("Lesions, in cases that have some", summary.lesions_present))
    return [(name, masks) for name, masks in structures if masks]


def _sizes(evaluation: Evaluation, summary: Summary) -> list[dict[str, Any]]:
    if summary.detection is None:
        return []
    confidence = evaluation.settings.confidence
    return [
        {
            "size": "all sizes" if size == ALL_SIZES else size,
            "counts": counts,
            "sensitivity": counts.sensitivity(confidence),
            "precision": counts.precision(confidence),
            "f1": counts.f1(confidence),
        }
        for size, counts in summary.detection.by_size.items()
    ]


def _not_hit(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Missed lesions and false positives, the largest first: what to look at next."""
    entries = [
        {"case": case.case, "result": result, "lesion": result.true or result.predicted}
        for case in evaluation.cases
        for result in case.lesion_results or ()
        if result.outcome is not Outcome.HIT
    ]
    return sorted(entries, key=lambda entry: -entry["lesion"].diameter_mm)


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _signed(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def _interval(estimate: Estimate | None, digits: int = 2) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{_number(estimate.low, digits)} to {_number(estimate.high, digits)}".replace("-", "−")
