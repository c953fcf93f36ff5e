"""What an annotator does to lesions, each of it with its way back."""

from dataclasses import replace

from livercad.core.annotation import Origin, Verdict
from LiverCADLib.scene.lesionRecords import LesionRecord, classOf
from LiverCADLib.scene.masks import ball, union, without
from LiverCADLib.scene.undoSteps import UndoSteps
from LiverCADLib.translation import _


class LesionEditor:
    """Adds, deletes, merges, types and judges lesions.

    Parameters
    ----------
    lesions : LesionList
        What is edited.

    Attributes
    ----------
    undoChanged : Signal
        No arguments; `undoText` is another.
    """

    def __init__(self, lesions):
        self._lesions, self._steps, self._segmentation = lesions, UndoSteps(), None
        self.undoChanged = self._steps.changed
        lesions.changed.connect(self._forgetOtherCases)
        lesions.replaced.connect(self._steps.forget)

    def addMark(self, center, diameterMm):
        """Add a lesion as a ball; voxels of other lesions stay theirs, but for those that were rejected.

        Parameters
        ----------
        center : tuple of float
            RAS mm.
        diameterMm : float
            In mm.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        ValueError
            With a sentence for the user, if it lies outside of the image or wholly in other lesions.
        """
        drawn, number = self._drawn(center, diameterMm), self._lesions.nextNumber
        center = (float(center[0]), float(center[1]), float(center[2]))
        record = LesionRecord(
            number, Origin.ANNOTATOR, center, float(diameterMm), Verdict.ACCEPTED, markedAs=drawn.fingerprint
        )
        self._remember(_("adding lesion {number}").format(number=number), [number], withVoxels=True)
        self._lesions.update({number: record}, {number: drawn})
        self._lesions.select(number)
        return number

    def delete(self, numbers):
        """Delete lesions with their voxels; `undo` brings them back."""
        self._remember(_("deleting {lesions}").format(lesions=_named(numbers)), numbers, withVoxels=True)
        deleted = {number: replace(self._lesions.records[number], isDeleted=True) for number in numbers}
        self._lesions.update(deleted, dict.fromkeys(numbers))

    def merge(self, numbers):
        """Make one lesion of several.

        Parameters
        ----------
        numbers : sequence of int
            At least two.

        Returns
        -------
        int
            The lowest of the numbers, which the lesion has; the others are not given again.

        Raises
        ------
        ValueError
            With a sentence for the user, if fewer than two of them have voxels.
        """
        masks = {number: mask for number in sorted(numbers) if (mask := self._lesions.segmentation.lesion(number))}
        if len(masks) < 2:
            raise ValueError(_("Select two lesions or more to merge them."))
        self._remember(_("merging {lesions}").format(lesions=_named(masks)), list(masks), withVoxels=True)
        kept, *others = masks
        merged = _merged([self._lesions.records[number] for number in masks])
        self._lesions.update(
            {kept: merged, **dict.fromkeys(others)}, {**dict.fromkeys(others), kept: union(list(masks.values()))}
        )
        self._lesions.select(kept)
        return kept

    def setType(self, numbers, told):
        """Say what lesions are: a LesionType, a LesionClass alone, or None for the classifier's word."""
        type_, label = classOf(told)
        self._change(_("the type of {lesions}"), numbers, type=type_, label=label)

    def setComment(self, number, comment):
        """Keep the annotator's words on a lesion."""
        self._change(_("the comment on {lesions}"), [number], comment=comment)

    def setVerdict(self, numbers, verdict):
        """Accept or reject lesions, or leave them open again.

        A rejected lesion keeps its voxels, hidden. One that has lost them is drawn as a ball where it was.

        Raises
        ------
        ValueError
            With a sentence for the user, if there is no room for the ball.
        """
        records, drawn = {}, {}
        for number in numbers:
            records[number] = replace(self._lesions.records[number], verdict=verdict)
            if verdict is not Verdict.REJECTED and not self._lesions.measured(number):
                drawn[number] = self._drawn(records[number].center, records[number].diameterMm)
                records[number] = replace(records[number], markedAs=drawn[number].fingerprint)
        self._remember(_("the verdict on {lesions}").format(lesions=_named(numbers)), numbers, withVoxels=bool(drawn))
        self._lesions.update(records, drawn)

    @property
    def undoText(self):
        """What `undo` would take back; empty where there is nothing."""
        return self._steps.text

    def undo(self):
        """Take the latest change back."""
        if self.undoText:
            records, masks, selection = self._steps.take()
            self._lesions.update({number: self._knownOf(number, record) for number, record in records.items()}, masks)
            self._lesions.select(selection)

    def _change(self, text, numbers, **values):
        self._remember(text.format(lesions=_named(numbers)), numbers, withVoxels=False)
        self._lesions.update({number: replace(self._lesions.records[number], **values) for number in numbers})

    def _remember(self, text, numbers, withVoxels):
        records = {number: self._lesions.records.get(number) for number in numbers}
        masks = {number: self._lesions.segmentation.lesion(number) for number in numbers} if withVoxels else {}
        self._steps.remember(text, (records, masks, self._lesions.selection))

    def _forgetOtherCases(self):
        if self._lesions.segmentation is not self._segmentation:
            self._segmentation = self._lesions.segmentation
            self._steps.forget()

    def _knownOf(self, number, record):
        """A record as it was, but submitted where its number has been since: the server goes on knowing that."""
        now = self._lesions.records.get(number)
        if now is None or not now.isSubmitted:
            return record
        return replace(record, isSubmitted=True) if record else replace(now, isDeleted=True)

    def _drawn(self, center, diameterMm):
        """A ball's voxels, less those of lesions that are not rejected."""
        segmentation = self._lesions.segmentation
        whole = ball(center, diameterMm, segmentation.shape, segmentation.affine) if diameterMm > 0 else None
        if whole is None:
            raise ValueError(_("A lesion needs a size and a centre in the image."))
        rejected = {number for number, record in self._lesions.records.items() if record.isRejected}
        free = without(whole, [mask for number, mask in segmentation.lesions().items() if number not in rejected])
        if free is None:
            raise ValueError(_("There is a lesion already."))
        return free


def _merged(records):
    """The first record, with what all of them say together."""
    told = {(record.type, record.label) for record in records if record.label}
    type_, label = told.pop() if len(told) == 1 else (None, None)
    others = {record.number for record in records[1:]}
    return replace(
        records[0],
        origin=Origin.MODEL if any(record.origin is Origin.MODEL for record in records) else Origin.ANNOTATOR,
        verdict=Verdict.ACCEPTED if all(record.verdict is Verdict.ACCEPTED for record in records) else Verdict.OPEN,
        type=type_,
        label=label,
        markedAs="",
        mergedFrom=tuple(sorted(others.union(*(record.mergedFrom for record in records)))),
    )


def _named(numbers):
    """Lesions as words: "lesion 3", "lesions 3, 4"."""
    listed = ", ".join(map(str, sorted(numbers)))
    return (_("lesion {numbers}") if len(list(numbers)) == 1 else _("lesions {numbers}")).format(numbers=listed)
