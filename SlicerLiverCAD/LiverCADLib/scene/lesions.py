"""The lesions of the open case: their voxels are segments, all else are records, and both follow each other."""

import json
from dataclasses import replace

from livercad.core.annotation import Origin, Verdict
from livercad.core.findings import Findings
from livercad.core.geometry import Box, Frame
from LiverCADLib.scene.lesionRecords import LesionRecord, fromPlain, toPlain
from LiverCADLib.scene.measures import measure
from LiverCADLib.signals import Signal

NOWHERE = (0.0, 0.0, 0.0)
"""Centre of a lesion that never had voxels: a segment that was just added."""


class LesionList:
    """Lesions by number. What an annotator does to them is in `LesionEditor`.

    Parameters
    ----------
    later : callable, optional
        ``later(function)`` calls the function soon: edits come in bursts, and what follows them takes a moment.
        Without it `follow` is called at once after every edit.

    Attributes
    ----------
    changed : Signal
        No arguments; numbers, records or measurements are others now.
    selected : Signal
        (number or None); another lesion is selected.
    edited : Signal
        No arguments; the annotator changed something that is worth submitting.
    replaced : Signal
        No arguments; others than the annotator have put their lesions here: no earlier step can be taken back.
    findings : Findings or None
        The analysis that the annotator sees, its lesions under the numbers that they have here.
    """

    def __init__(self, later=None):
        self.changed, self.selected, self.edited, self.replaced = Signal(), Signal(), Signal(), Signal()
        self.segmentation = None
        self.findings = None
        self._later = later or (lambda function: function())
        self._reset()

    def _reset(self):
        self._records, self._measured, self._segmentIds, self._revisions = {}, {}, {}, {}
        self._liverBox, self._liverMark = None, None
        self._highest, self._selection, self.findings = 0, None, None
        self._isDue = False

    def open(self, segmentation, text=""):
        """Start with a segmentation.

        Parameters
        ----------
        segmentation : CaseSegmentation
            Segments that are lesions become lesions here.
        text : str
            What `text` was when the scene was saved; empty for a fresh case.
        """
        self.close()
        self.segmentation = segmentation
        if text:
            kept = json.loads(text)
            self._records = {record.number: record for record in fromPlain(kept["lesions"])}
            self._highest = kept["highest"]
            self.findings = Findings.from_dict(kept["findings"]) if kept["findings"] else None
        segmentation.touched.connect(self._onTouched)
        self._followSegments()
        self._showVerdicts(self._records)
        self.changed.emit()

    def close(self):
        """Forget everything; nodes stay."""
        if self.segmentation:
            self.segmentation.touched.disconnect(self._onTouched)
            self.segmentation = None
            self._reset()
            self.changed.emit()
            self.selected.emit(None)

    @property
    def text(self):
        """All that voxels do not tell, as JSON, to keep in the scene."""
        kept = {
            "lesions": toPlain(list(self._records.values())),
            "highest": self._highest,
            "findings": self.findings.to_dict() if self.findings else None,
        }
        return json.dumps(kept)

    @property
    def numbers(self):
        """Numbers of all lesions that were not deleted, in order."""
        return [number for number, record in sorted(self._records.items()) if not record.isDeleted]

    @property
    def records(self):
        """All records by number, those of deleted lesions as well."""
        return dict(sorted(self._records.items()))

    def measured(self, number):
        """What a lesion's voxels measure; None where it has none."""
        return self._measured.get(number)

    @property
    def liverBox(self):
        """Box around the liver, RAS mm; None without one."""
        return self._liverBox

    @property
    def nextNumber(self):
        """The first number that was never given in this case."""
        found = [lesion.number for lesion in self.findings.lesions] if self.findings else []
        return max([self._highest, *self._records, *found]) + 1

    @property
    def selection(self):
        """Number of the selected lesion; None for none."""
        return self._selection

    def select(self, number):
        """Select a lesion, or None."""
        number = number if number in self.numbers else None
        if number != self._selection:
            self._selection = number
            self.selected.emit(number)

    def selectNext(self, numbers, step=1):
        """Select the lesion after (`step` 1) or before (-1) the selected one in a list of numbers, in a circle."""
        if numbers:
            at = numbers.index(self._selection) + step if self._selection in numbers else min(step, 0)
            self.select(numbers[at % len(numbers)])

    def update(self, records, masks=None, isEdit=True):
        """Change records and voxels together.

        Parameters
        ----------
        records : dict of int to LesionRecord or None
            By number; None takes it away.
        masks : dict of int to Mask or None, optional
            Voxels by number; None takes the segment away.
        isEdit : bool
            Whether it is the annotator's doing.
        """
        for number, record in records.items():
            self._highest = max([self._highest, number, *(record.mergedFrom if record else ())])
            if record:
                self._records[number] = record
            else:
                self._records.pop(number, None)
        with self.segmentation.quietly():
            for number, mask in (masks or {}).items():
                if mask is None:
                    self.segmentation.removeLesion(number)
                else:
                    self.segmentation.setLesion(number, mask)
                self._segmentIds.pop(number, None)  # not the annotator's deletion
        self._followSegments()
        self._showVerdicts(records)
        if self._selection not in self.numbers:
            self.select(None)
        self.changed.emit()
        if isEdit:
            self.edited.emit()

    def follow(self):
        """Catch up with what was done to segments elsewhere: in the Segment Editor, or by other modules."""
        self._isDue = False
        if self.segmentation and self._followSegments():
            if self._selection not in self.numbers:
                self.select(None)
            self.changed.emit()
            self.edited.emit()

    def settle(self):
        """Catch up now where that is due: what is asked next is to be true of this moment."""
        if self._isDue:
            self.follow()

    def _onTouched(self, segmentId):
        if not self._isDue:
            self._isDue = True
            self._later(self.follow)

    def _followSegments(self):
        """Bring records and measurements up to date with the segments; returns whether anything was new."""
        with self.segmentation.quietly():
            self.segmentation.adopt(self._segmentIds, self.nextNumber)
            ids = self.segmentation.lesionIds
            before = self._records.copy(), self._measured.copy(), self._liverMark
            for number in self._segmentIds.keys() - ids.keys():
                if number in self._records:
                    self._records[number] = replace(self._records[number], isDeleted=True)
            self._measure(ids)
            for number in ids:
                self._records[number] = self._recordFor(number)
                self.segmentation.setColor(number, self._records[number].color)
        self._segmentIds = ids
        return before != (self._records, self._measured, self._liverMark)

    def _showVerdicts(self, numbers):
        """Hide rejected lesions. Only where a verdict may have changed: users hide and show segments as they like."""
        with self.segmentation.quietly():
            for number in self._segmentIds.keys() & set(numbers):
                self.segmentation.setVisible(number, not self._records[number].isRejected)

    def _measure(self, ids):
        revisions = self.segmentation.revisions()
        for number, id_ in ids.items():
            if self._revisions.get(id_) != revisions[id_] or number not in self._segmentIds:
                mask = self.segmentation.lesion(number)
                if mask is None:
                    self._measured.pop(number, None)
                elif number not in self._measured or self._measured[number].fingerprint != mask.fingerprint:
                    self._measured[number] = measure(mask, self.segmentation.affine)
        for number in self._measured.keys() - ids.keys():
            del self._measured[number]
        liverId = self.segmentation.liverId
        if revisions.get(liverId) != self._revisions.get(liverId) or not liverId:
            liver = self.segmentation.liver
            self._liverMark = liver and liver.fingerprint
            affine = self.segmentation.affine
            self._liverBox = liver and Box.around(liver.array).to(Frame.RAS, liver.toVolume(affine).affine)
        self._revisions = revisions

    def _recordFor(self, number):
        """The record of a lesion that has a segment, with the place and size that its voxels have now."""
        measured, record = self._measured.get(number), self._records.get(number)
        if record is None:
            record = LesionRecord(number, Origin.ANNOTATOR, NOWHERE, 0.0, Verdict.ACCEPTED)
        if measured and record.isOutlined(measured):
            record = replace(record, center=measured.center, diameterMm=measured.longest.length_mm)
        return replace(record, isDeleted=False)
