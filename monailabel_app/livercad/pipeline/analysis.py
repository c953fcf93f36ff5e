"""What the pipeline hands over: findings, and the volumes that they speak of."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.findings import Findings
from livercad.core.volume import Volume


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
    """

    findings: Findings
    reference: Volume
    liver: Volume
    lesions: Volume
