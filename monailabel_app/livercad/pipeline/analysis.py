"""What the pipeline hands over: findings, and the volumes that they speak of."""

from __future__ import annotations

from dataclasses import dataclass, field

from livercad.classification.views import LesionView
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.registration.mapping import IDENTITY, Mapping


@dataclass(frozen=True)
class PhaseImage:
    """One phase of a study.

    Parameters
    ----------
    phase : Phase or None
        None where it is unknown.
    original : Volume
        HU, on the phase's own grid.
    original_liver : Volume
        Mask of the liver (uint8, 0 or 1) on the grid of `original`.
    aligned : Volume
        HU, laid over the reference phase, on its grid; the reference phase's own volume is its `original` itself.
    aligned_liver : Volume
        Likewise, the mask.
    mapping : Mapping
        Where points of the reference phase lie in `original`.
    """

    phase: Phase | None
    original: Volume
    original_liver: Volume
    aligned: Volume
    aligned_liver: Volume
    mapping: Mapping = IDENTITY


@dataclass(frozen=True)
class Analysis:
    """One study analysed.

    Parameters
    ----------
    findings : Findings
        The result in words and numbers.
    reference : Volume
        The reference phase as read, in HU.
    liver : Volume
        Mask of the liver with its lesions, uint8, 0 or 1, on the grid of `reference`.
    lesions : Volume
        Lesion instances, uint16, 0 or `Lesion.number`, on the grid of `reference`.
    phases : tuple of PhaseImage
        Every phase, in the order of `Findings.phases`.
    views : dict of int to LesionView
        What the classifier saw, by `Lesion.number`; empty where lesions were not classified.
    """

    findings: Findings
    reference: Volume
    liver: Volume
    lesions: Volume
    phases: tuple[PhaseImage, ...] = ()
    views: dict[int, LesionView] = field(default_factory=dict)
