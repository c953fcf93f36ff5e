"""An annotated case: from the scene to what is submitted, and back. Maps are made in worker threads."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from LiverCADLib import VERSION
from LiverCADLib.scene.grid import Grid
from LiverCADLib.scene.lesionRecords import LesionRecord
from LiverCADLib.scene.masks import Mask, mapsOf, masksOf
from LiverCADLib.scene.measures import WHOLE, measure
from LiverCADLib.translation import _

CLIENT = f"SlicerLiverCAD {VERSION}"


class SubmissionError(Exception):
    """The case cannot be submitted as it is; the text is a sentence for the user."""


@dataclass(frozen=True, eq=False)
class AnnotatedCase:
    """What an annotator says of a case, with its voxels, away from the scene.

    Parameters
    ----------
    annotation : Annotation or None
        None for a label map that another program has submitted.
    grid : Grid
        That the masks lie on.
    liver : Mask or None
        With or without its lesions.
    lesions : dict of int to Mask
        Those that are not rejected, by number.
    version : int
        The server's; 0 where it comes from elsewhere.
    rejected : dict of int to Mask
        Those that are, likewise: in no label map, and kept so that the verdict can be taken back.
    """

    annotation: Annotation | None
    grid: Grid
    liver: Mask | None
    lesions: dict[int, Mask]
    version: int = 0
    rejected: dict[int, Mask] = field(default_factory=dict)

    def maps(self) -> tuple[Volume, Volume]:
        """Make the label map (uint8) and the map of instances (uint16), on the server's grid.

        Raises
        ------
        SubmissionError
            If lesions overlap so that nothing is left of one.
        """
        label, instances = mapsOf(self.grid.shape, self.liver, self.lesions)
        for number, mask in self.lesions.items():
            if not (instances[mask.block] == number).any():
                sentence = _("Lesion {number} lies wholly in others. Merge it with them, or delete it.")
                raise SubmissionError(sentence.format(number=number))
        return self.grid.toServer(label), self.grid.toServer(instances)

    def rejectedMap(self) -> Volume | None:
        """Make the map of rejected lesions (uint16: their numbers), on the server's grid; None without any."""
        return self.grid.toServer(mapsOf(self.grid.shape, None, self.rejected)[1]) if self.rejected else None

    @classmethod
    def fromMaps(
        cls,
        annotation: Annotation | None,
        grid: Grid,
        label: Volume,
        instances: Volume | None,
        version: int = 0,
        rejected: Volume | None = None,
    ) -> "AnnotatedCase":
        """Cut maps into masks; without a map of instances, lesions that touch nowhere are told apart.

        Raises
        ------
        ValueError
            With a sentence for the user, if a map lies on another grid.
        """
        labels = grid.toScene(label)
        if instances is None:
            numbers = _largestFirst(ndimage.label(labels == Label.LESION, structure=WHOLE)[0])
        else:
            numbers = _numbersIn(instances, grid)
        refused = {} if rejected is None else masksOf(_numbersIn(rejected, grid))
        return cls(annotation, grid, Mask.of(labels), masksOf(numbers), version, refused)


def collect(lesions, case, annotator, state, seconds, phases, comment) -> AnnotatedCase:
    """Take what is submitted out of the scene.

    Parameters
    ----------
    lesions : LesionList
        Of the open case.
    case : str
        The server's name of it.
    annotator : str
        Who.
    state : CaseState
        How far the case is.
    seconds : float
        Time spent on it, in all sessions.
    phases : dict of str to Phase
        What the annotator told, by image name.
    comment : str
        In the annotator's words.

    Returns
    -------
    AnnotatedCase
        Quickly made: its maps are left to a worker thread.
    """
    annotated = annotatedLesions(lesions)
    annotation = Annotation(
        case=case,
        annotator=annotator,
        state=state,
        lesions=annotated,
        seconds=round(seconds, 1),
        phases=phases,
        findings=lesions.findings,
        comment=comment,
        client=CLIENT,
    )
    segmentation = lesions.segmentation
    told = {lesion.number: lesion.verdict for lesion in annotated}
    masks = {number: mask for number, mask in segmentation.lesions().items() if number in told}
    rejected = {number: mask for number, mask in masks.items() if told[number] is Verdict.REJECTED}
    kept = {number: mask for number, mask in masks.items() if number not in rejected}
    return AnnotatedCase(annotation, segmentation.grid, segmentation.liver, kept, rejected=rejected)


def annotatedLesions(lesions) -> tuple[AnnotatedLesion, ...]:
    """What is said of each lesion.

    A lesion without voxels, or deleted, is none: it is told as rejected where the model found it or the server knows
    its number, so that the number is not given again; and not at all where it was the annotator's own.
    """
    told = []
    for number, record in lesions.records.items():
        measured = lesions.measured(number)
        isKnown = record.origin is Origin.MODEL or record.isSubmitted
        if record.diameterMm > 0 and (isKnown or (measured and not record.isDeleted)):
            told.append(record.toAnnotation(measured))
    return tuple(told)


def concerns(lesions, state) -> list[str]:
    """What an annotator may have overlooked, in sentences; nothing of it keeps from submitting."""
    records = [lesions.records[number] for number in lesions.numbers]
    open_ = [str(record.number) for record in records if record.verdict is Verdict.OPEN]
    empty = [str(r.number) for r in records if not r.isRejected and not lesions.measured(r.number)]
    sentences = []
    if state is CaseState.COMPLETE and open_:
        sentences.append(_("Neither accepted nor rejected yet: lesions {numbers}.").format(numbers=", ".join(open_)))
    if empty:
        sentences.append(_("Without voxels, so taken for none: lesions {numbers}.").format(numbers=", ".join(empty)))
    if lesions.liverBox is None:
        sentences.append(_("There is no liver."))
    return sentences


def restore(lesions, case: AnnotatedCase):
    """Put an annotated case into the scene, in the place of what is there.

    Parameters
    ----------
    lesions : LesionList
        Of the open case, whose reference image has the same grid.
    case : AnnotatedCase
        As it was submitted, or exported.
    """
    segmentation = lesions.segmentation
    records = _recordsOf(case)
    voxels = {**case.rejected, **case.lesions}
    masks = {**dict.fromkeys(segmentation.lesionIds), **{n: m for n, m in voxels.items() if n in records}}
    gone = dict.fromkeys(set(lesions.records) - set(records))
    lesions.findings = case.annotation.findings if case.annotation else None
    with segmentation.quietly():
        segmentation.setLiver(case.liver)
    lesions.update({**gone, **records}, masks, isEdit=False)
    lesions.replaced.emit()


def markSubmitted(lesions) -> None:
    """Note that the server knows the numbers of the lesions as they are, so that none is dropped without a word."""
    known = {lesion.number for lesion in annotatedLesions(lesions)}
    lesions.update({n: replace(lesions.records[n], isSubmitted=True) for n in known}, isEdit=False)


def _recordsOf(case: AnnotatedCase) -> dict[int, LesionRecord]:
    if case.annotation is None:
        measured = {number: measure(mask, case.grid.affine) for number, mask in case.lesions.items()}
        return {
            number: LesionRecord(number, Origin.ANNOTATOR, m.center, m.longest.length_mm, isSubmitted=True)
            for number, m in measured.items()
        }
    findings = case.annotation.findings
    analysed = {lesion.number: lesion for lesion in findings.lesions} if findings else {}
    records = {}
    for lesion in case.annotation.lesions:
        mask = case.lesions.get(lesion.number) or case.rejected.get(lesion.number)
        fingerprint = mask.fingerprint if mask else ""
        records[lesion.number] = LesionRecord.fromAnnotation(lesion, analysed.get(lesion.number), fingerprint)
    return records


def _numbersIn(volume: Volume, grid: Grid) -> np.ndarray:
    """A map of lesions as an array of the scene."""
    return grid.toScene(volume).astype(np.uint16, copy=False)


def _largestFirst(components: np.ndarray) -> np.ndarray:
    """Number components from 1, the largest first, as uint16."""
    sizes = np.bincount(components.ravel())[1:]
    numbers = np.zeros(len(sizes) + 1, dtype=np.uint16)
    numbers[1 + np.argsort(-sizes, kind="stable")] = np.arange(1, len(sizes) + 1)
    return numbers[components]
