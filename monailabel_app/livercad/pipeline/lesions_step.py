"""The fourth step: the lesions of every phase become one list on the reference phase's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livercad.core.geometry import Box
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound
from livercad.detection.matching import Matched, match_lesions
from livercad.pipeline.clock import Clock
from livercad.pipeline.parts import LesionDetector, LesionFinder
from livercad.pipeline.registration_step import Alignments, on_reference
from livercad.pipeline.scans import Scan
from livercad.progress import Progress, part
from livercad.studies.study import Series

MARGIN_MM = 10.0
"""Around the livers of all phases; lesions reach beyond their liver by 6 mm at most."""


@dataclass(frozen=True)
class LesionList:
    """The lesions of a study.

    Parameters
    ----------
    instances : Volume
        uint16, 0 or the lesion's number, on the reference phase's grid.
    scores : dict of int to float
        By number.
    visible_in : dict of int to tuple of Phase
        The phases that each lesion was found in, by number.
    """

    instances: Volume
    scores: dict[int, float]
    visible_in: dict[int, tuple[Phase, ...]]


def find_in_all(
    scans: Sequence[Scan], find_lesions: LesionFinder, clock: Clock, progress: Progress
) -> dict[Series, LesionsFound]:
    """Find the lesions of every scan on its own grid.

    Parameters
    ----------
    scans : sequence of Scan
        All.
    find_lesions : LesionFinder
        The network.
    clock : Clock
        Told of ``lesions``.
    progress : Progress
        Told of every scan.

    Returns
    -------
    dict of Series to LesionsFound
        By series.
    """
    found = {}
    for number, scan in enumerate(scans):
        report = part(progress, number / len(scans), (number + 1) / len(scans))
        with clock.step("lesions", scan.series):
            found[scan.series] = find_lesions(scan.ct, scan.liver, report)
    return found


def list_lesions(
    scans: Sequence[Scan], reference: Scan, found: Mapping[Series, LesionsFound], aligned: Alignments
) -> LesionList:
    """Match the lesions of all phases.

    Parameters
    ----------
    scans : sequence of Scan
        All.
    reference : Scan
        Whose grid the list is on.
    found : mapping of Series to LesionsFound
        The lesions of each, on its own grid.
    aligned : mapping of Series to Aligned
        How the others lie over the reference.

    Returns
    -------
    LesionList
        A lesion that several phases show is one.
    """
    if len(scans) == 1 or reference.phase is None:
        only = found[reference.series]
        phases = (reference.phase,) if reference.phase else ()
        return LesionList(only.instances, only.scores, dict.fromkeys(only.scores, phases))
    region = around_livers([on_reference(scan, aligned)[1] for scan in scans])
    brought = {
        scan.phase: _brought(found[scan.series], scan, aligned, region) for scan in scans if scan.phase is not None
    }
    matched = match_lesions(brought, reference.phase)
    whole = np.zeros(reference.ct.shape, dtype=np.uint16)
    whole[region] = matched.instances.array
    return LesionList(reference.ct.like(whole), matched.scores, matched.visible_in)


def decide(
    detect: LesionDetector, images: Mapping[Phase, Volume], reference: Scan, listed: LesionList, progress: Progress
) -> LesionList:
    """Let a detector decide which lesions there are.

    Parameters
    ----------
    detect : LesionDetector
        Looks at all phases.
    images : mapping of Phase to Volume
        Every phase in HU on the reference's grid.
    reference : Scan
        With the liver; the detector is shown it with the lesions that were found, as in its training.
    listed : LesionList
        What was found so far.
    progress : Progress
        Told of it.

    Returns
    -------
    LesionList
        On the same grid.
    """
    liver = with_lesions(reference.liver, listed)
    decided = detect(images, liver, Matched(listed.instances, listed.scores, listed.visible_in), progress)
    return LesionList(decided.instances, decided.scores, decided.visible_in)


def with_lesions(liver: Volume, lesions: LesionList) -> Volume:
    """The liver with its lesions: one at the surface that the liver network left out belongs to it all the same."""
    return liver.like(np.logical_or(liver.array, lesions.instances.array).view(np.uint8))


def around_livers(livers: Sequence[Volume]) -> tuple[slice, slice, slice]:
    """The block of voxels around livers on one grid, with `MARGIN_MM` to each side."""
    boxes = [Box.around(liver.array > 0) for liver in livers if liver.array.any()]
    margin = np.ceil(MARGIN_MM / np.asarray(livers[0].spacing))
    first = np.min([box.minimum for box in boxes], axis=0) + 0.5 - margin
    last = np.max([box.maximum for box in boxes], axis=0) + 0.5 + margin
    i, j, k = (
        slice(max(0, int(start)), min(size, int(stop)))
        for start, stop, size in zip(first, last, livers[0].shape, strict=True)
    )
    return i, j, k


def cut(volume: Volume, region: tuple[slice, slice, slice]) -> Volume:
    """A block of a volume, with the affine that belongs to it."""
    return volume.crop([side.start for side in region], [side.stop for side in region])


def _brought(found: LesionsFound, scan: Scan, aligned: Alignments, region: tuple[slice, slice, slice]) -> LesionsFound:
    laid = aligned.get(scan.series)
    if laid is None:
        return LesionsFound(cut(found.instances, region), found.scores)
    # Only what matters is brought, and only where it can lie: the whole volume would take seconds more.
    near = replace(laid, image=cut(laid.image, region))
    if not found.scores:
        return LesionsFound(near.image.like(np.zeros(near.image.shape, np.uint16)), {})
    box = Box.around(found.instances.array > 0)
    instances = near.bring(found.instances.crop(np.floor(box.minimum), np.ceil(box.maximum) + 1))
    still_there = set(np.unique(instances.array[instances.array > 0]).tolist())
    return LesionsFound(instances, {number: s for number, s in found.scores.items() if number in still_there})
