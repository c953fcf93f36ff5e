"""The page of one case."""

from __future__ import annotations

from livercad.core.findings import ModelUsed
from livercad.models.registry import load_registry
from livercad.pipeline.analysis import Analysis
from livercad.reports.overlays import Painter
from livercad.reports.pages import render

COMPACT_FROM = 7
"""From this many lesions on, each one's numbers stand beside its pictures, and pictures are smaller."""
PICTURED_LESIONS = 60
"""Pictures of at most this many, the largest, keep a page of many false findings usable; the table has all."""


def render_case(analysis: Analysis) -> str:
    """Write the report of one case.

    Parameters
    ----------
    analysis : Analysis
        Findings and volumes.

    Returns
    -------
    str
        One HTML file with its styles and pictures inside; it asks for nothing from anywhere, and prints on A4.
    """
    findings = analysis.findings
    compact = len(findings.lesions) >= COMPACT_FROM
    painter = Painter(analysis, coarse=compact)
    total_s = sum(findings.timings_s.values())
    return render(
        "case.html.j2",
        findings=findings,
        window=painter.window,
        compact=compact,
        lesion_volume_ml=sum(lesion.volume_ml for lesion in findings.lesions),
        lesion_fraction=sum(lesion.liver_fraction for lesion in findings.lesions),
        pictured=[(lesion, painter.lesion(lesion)) for lesion in findings.lesions[:PICTURED_LESIONS]],
        overview=() if findings.lesions else painter.liver(),
        montage=painter.montage(),
        models=[(model, _licence_of(model)) for model in findings.models],
        total_s=total_s,
        timings=[(step, value, value / total_s) for step, value in findings.timings_s.items()] if total_s else [],
    )


def _licence_of(model: ModelUsed) -> str:
    """The licence of a model's weights as the registry has it; empty for a model that is not from there."""
    entry = load_registry().get(model.name)
    return entry.licence if entry else ""
