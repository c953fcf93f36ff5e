"""Findings with phases and lesion classes, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livercad.core.findings import Findings, FindingsWarning, LiverFinding, PhaseRead
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Classification, Lesion
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass

BOX = Box((0, 0, 0), (1, 1, 1), Frame.RAS)
LINE = Line((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))


def called(label: LesionClass | None = None, is_unsure: bool = False, **probabilities: float) -> Classification:
    """A classification from the probabilities of some classes; the others have none."""
    every = {one.value: probabilities.get(one.value, 0.0) for one in LesionClass}
    likeliest = label or LesionClass(max(every, key=lambda name: every[name]))
    malignancy = sum(every[one.value] for one in LesionClass if one.is_malignant)
    return Classification(likeliest, every, malignancy, is_unsure, "small" if is_unsure else "", (Phase.PORTAL,))


def read_as(
    source: str, phase: Phase | None, told_by: str = "image", is_unsure: bool = False, **probabilities: float
) -> PhaseRead:
    """An image that was read."""
    every = {one.value: probabilities.get(one.value, 0.0) for one in Phase} if probabilities else {}
    return PhaseRead(phase, told_by, source, (2, 2, 2), (1.0, 1.0, 1.0), False, every, is_unsure)


def findings(
    case: str,
    lesions: Mapping[int, Classification | None] | None = None,
    phases: Sequence[PhaseRead] = (),
    warnings: Sequence[FindingsWarning] = (),
) -> Findings:
    """Findings of a case with these lesions, by number, and images."""
    found = tuple(
        Lesion(number, 0.9, 1.0, BOX, (0.0, 0.0, 0.0), LINE, LINE, 1.0, 1.0, 40.0, 5.0, 0.1, 0.0, classification=called)
        for number, called in (lesions or {}).items()
    )
    liver = LiverFinding(12.0, 100.0, 5.0, BOX, False)
    return Findings(case, tuple(phases), liver, found, tuple(warnings), (), "0.1")
