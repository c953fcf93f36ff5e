"""The fifth step: liver and lesions are measured, in the reference phase and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from livercad.core.findings import LiverFinding, PhaseRead
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure.enhancement import measure_enhancement
from livercad.measure.lesions import measure_lesions
from livercad.measure.liver import measure_liver
from livercad.measure.signs import find_signs
from livercad.pipeline.lesions_step import LesionList


def measure(
    ct: Volume, liver: Volume, lesions: LesionList, images: Mapping[Phase, Volume], phases: Sequence[PhaseRead]
) -> tuple[LiverFinding, tuple[Lesion, ...]]:
    """Measure the liver and every lesion.

    Parameters
    ----------
    ct : Volume
        The reference phase in HU.
    liver : Volume
        Mask of the liver with its lesions, on the same grid.
    lesions : LesionList
        Likewise.
    images : mapping of Phase to Volume
        Every phase in HU on the same grid; empty where the only phase is unknown.
    phases : sequence of PhaseRead
        What is known of their organs.

    Returns
    -------
    LiverFinding
        In the reference phase.
    tuple of Lesion
        In the reference phase, with their enhancement in all.
    """
    found = measure_liver(ct, liver, lesions.instances)
    measured = measure_lesions(ct, liver, lesions.instances, lesions.scores)
    if not measured or not images:
        return found, tuple(replace(one, visible_in=lesions.visible_in[one.number]) for one in measured)
    enhancement = measure_enhancement(images, liver, lesions.instances)
    aorta_hu = {read.phase: read.organ_hu["aorta"] for read in phases if read.phase and "aorta" in read.organ_hu}
    signs = find_signs(images, lesions.instances, enhancement, aorta_hu)
    return found, tuple(
        replace(
            one,
            visible_in=lesions.visible_in[one.number],
            enhancement=enhancement.get(one.number, ()),
            signs=signs.get(one.number, ()),
        )
        for one in measured
    )
