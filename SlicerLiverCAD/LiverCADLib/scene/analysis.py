"""Takes up what the server says of a case: liver and lesions, and later descriptions of corrected lesions."""

from dataclasses import dataclass, replace

import numpy as np

from livercad.core.annotation import Origin
from livercad.core.findings import Caution, Findings
from livercad.core.lesion import Lesion
from LiverCADLib.scene.lesionRecords import LesionRecord
from LiverCADLib.scene.masks import Mask, masksOf


@dataclass(frozen=True)
class AnalysisAnswer:
    """What the server found, made ready in a worker thread.

    Parameters
    ----------
    findings : Findings
        All of them.
    liver : Mask or None
        With its lesions; None where it was not asked for.
    lesions : dict of int to Mask
        By number.
    """

    findings: Findings
    liver: Mask | None
    lesions: dict[int, Mask]

    @classmethod
    def of(cls, findings: Findings, liver: np.ndarray | None, instances: np.ndarray) -> "AnalysisAnswer":
        """Cut liver and lesions out of the server's maps, shape (I, J, K), on the reference image's grid."""
        return cls(findings, None if liver is None else Mask.of(liver), masksOf(instances))


def takeAnalysis(lesions, answer, keepMine):
    """Put the liver and lesions that the server found into the case.

    Parameters
    ----------
    lesions : LesionList
        Of the open case.
    answer : AnalysisAnswer
        What was found.
    keepMine : bool
        Whether lesions that are there stay, and the liver if there is one; found ones that touch none of them are
        then added. Otherwise all are replaced.

    Returns
    -------
    list of int
        Numbers of the lesions that were added. Those of a fresh case are the server's own; numbers that were given
        before are not given again.
    """
    segmentation = lesions.segmentation
    mine = segmentation.lesions() if keepMine else {}
    new = {number: mask for number, mask in answer.lesions.items() if not any(touches(mask, m) for m in mine.values())}
    found = {lesion.number: lesion for lesion in answer.findings.lesions}
    shift, isFresh = lesions.nextNumber - 1, not lesions.records
    records, masks = {}, {}
    if not keepMine:
        for number, record in lesions.records.items():
            records[number], masks[number] = replace(record, isDeleted=True), None
    for number, mask in new.items():
        if number in found:
            lesion = replace(found[number], number=number + shift)
            cautions = cautionsOf(answer.findings, number)
            records[lesion.number], masks[lesion.number] = _recordOf(lesion, mask, cautions), mask
    if answer.liver and not (keepMine and segmentation.liver):
        with segmentation.quietly():
            segmentation.setLiver(answer.liver)
    added = [record.found for number, record in records.items() if number > shift]
    kept = lesions.findings.lesions if keepMine and lesions.findings else ()
    lesions.findings = replace(answer.findings, lesions=(*kept, *added))
    # What the server said once it says again: nobody has to be asked whether to throw it away.
    lesions.update(records, masks, isEdit=not isFresh)
    lesions.replaced.emit()
    return [lesion.number for lesion in added]


def takeDescriptions(lesions, findings, sent):
    """Take up what the server measured of lesions that were marked or corrected.

    Parameters
    ----------
    lesions : LesionList
        Of the open case.
    findings : Findings
        Their lesions have the numbers that were sent.
    sent : dict of int to str
        Fingerprints of the voxels that were sent, by number.

    Returns
    -------
    list of int
        Numbers of the lesions that were described.
    """
    records = {
        lesion.number: replace(
            lesions.records[lesion.number],
            found=lesion,
            foundIn=sent[lesion.number],
            cautions=cautionsOf(findings, lesion.number),
        )
        for lesion in findings.lesions
        if lesion.number in sent and lesion.number in lesions.numbers
    }
    lesions.update(records)
    return list(records)


def touches(one: Mask, other: Mask) -> bool:
    """Whether two masks share a voxel."""
    low = np.maximum(one.start, other.start)
    high = np.minimum(np.add(one.start, one.array.shape), np.add(other.start, other.array.shape))
    if (low >= high).any():
        return False
    cuts = [
        mask.array[tuple(slice(a - s, b - s) for a, b, s in zip(low, high, mask.start, strict=True))]
        for mask in (one, other)
    ]
    return bool((cuts[0] & cuts[1]).any())


def cautionsOf(findings: Findings, number: int) -> tuple[str, ...]:
    """What the findings warn of in one lesion, without "Lesion 3" before it."""
    subject = f"Lesion {number} "
    return tuple(
        warning.message.removeprefix(subject).rstrip(".")
        for warning in findings.warnings
        if warning.code is Caution.CLASS_CONTRADICTED and warning.message.startswith(subject)
    )


def _recordOf(lesion: Lesion, mask: Mask, cautions: tuple[str, ...]) -> LesionRecord:
    return LesionRecord(
        lesion.number,
        Origin.MODEL,
        lesion.center,
        lesion.diameter_mm,
        found=lesion,
        foundIn=mask.fingerprint,
        cautions=cautions,
    )
