"""The page of one case."""

from __future__ import annotations

from livercad.core.enhancement import taking_order
from livercad.core.findings import TOTAL, Findings
from livercad.core.lesion import Sign
from livercad.core.phases import UNENHANCED_WINDOW, Phase
from livercad.core.signs import WORDS as SIGN_WORDS
from livercad.models.registry import load_registry
from livercad.pipeline.analysis import Analysis
from livercad.reports.lesion_section import lesion_section
from livercad.reports.overlays import Painter
from livercad.reports.pages import render
from livercad.reports.phase_pictures import registrations
from livercad.reports.words import count_verdicts

COMPACT_FROM = 7
"""From this many lesions on, each one's numbers stand beside its pictures, and pictures are smaller."""
PICTURED_LESIONS = 60
"""Pictures of at most this many, the largest, keep a page of many false findings usable; the table has all."""
ORGANS = ("aorta", "portal_vein", "liver", "spleen", "kidney_cortex", "kidney_medulla")
"""What tells the phase, in the order of the columns; findings.json has what else was measured."""


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
    return render(
        "case.html.j2",
        findings=findings,
        reads=taking_order(findings.phases),
        organs=[organ for organ in ORGANS if any(organ in read.organ_hu for read in findings.phases)],
        verdicts=count_verdicts(findings.lesions),
        note_numbers=_note_numbers(findings),
        sign_words=SIGN_WORDS,
        phase_names=[phase.value for phase in Phase],
        window=painter.window,
        unenhanced_window=UNENHANCED_WINDOW,
        compact=compact,
        lesion_volume_ml=sum(lesion.volume_ml for lesion in findings.lesions),
        lesion_fraction=sum(lesion.liver_fraction for lesion in findings.lesions),
        sections=[lesion_section(painter, lesion) for lesion in findings.lesions[:PICTURED_LESIONS]],
        overview=() if findings.lesions else painter.liver(),
        montage=painter.montage(),
        registrations=registrations(painter),
        models=[(model, load_registry().get(model.name)) for model in findings.models],
        total_s=findings.timings_s.get(TOTAL),
        timings=[(step, seconds) for step, seconds in findings.timings_s.items() if step != TOTAL],
    )


def _note_numbers(findings: Findings) -> dict[tuple[Sign, str], int]:
    """Number in the small print of every sign with its source, in the order in which signs are listed."""
    notes = dict.fromkeys((found.sign, found.source) for lesion in findings.lesions for found in lesion.signs)
    return {note: number for number, note in enumerate(notes, start=1)}
