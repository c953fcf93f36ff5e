"""Copies of changes that were not submitted, kept on this computer in case that Slicer ends; no Qt."""

import logging

from LiverCADLib.scene.letters import Kind
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Drafts:
    """Keeps a copy of the open case while there are changes. In the GUI thread; copies are written in a worker.

    A copy goes when its changes are submitted, or when the user closes the case and lets them go.

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        Runs what nobody waits for.
    outbox : Outbox
        Where copies are kept.

    Attributes
    ----------
    changed : Signal
        No arguments; there is another copy, or one less.
    failed : Signal
        (sentence): a copy could not be made.
    """

    def __init__(self, workbench, session, outbox):
        self.changed, self.failed = Signal(), Signal()
        self._workbench, self._session, self._outbox = workbench, session, outbox
        self._job, self._edits, self._discards = None, None, 0
        scene = workbench.scene
        scene.unsavedChanged.connect(self._onUnsaved)
        scene.closing.connect(self._discard)
        scene.restored.connect(self._onRestored)

    def keep(self):
        """Write a copy where something was changed since the last one, without anybody waiting for it."""
        if self._job is not None or not self._isDue():
            return
        segmentation, edits, discards = self._workbench.segmentation, self._workbench.scene.edits, self._discards
        what = self._what()
        self._job = job = self._session.background.start("", lambda task: self._write(*what))
        job.done.connect(lambda draft: self._onWritten(draft, segmentation, edits, discards))
        job.failed.connect(self._onFailed)
        job.ended.connect(self._onEnded)

    def keepNow(self):
        """Write a copy before anything else happens: Slicer is about to end."""
        if not self._isDue():
            return
        edits = self._workbench.scene.edits
        try:
            draft = self._write(*self._what())
        except Exception as error:  # nothing may keep Slicer from ending
            logging.exception("LiverCAD: the changes could not be kept")
            self._onFailed(error)
        else:
            self._onWritten(draft, self._workbench.segmentation, edits, self._discards)

    def _isDue(self):
        scene = self._workbench.scene
        hasCase = bool(scene.case and scene.server) and self._workbench.segmentation is not None
        return hasCase and scene.isUnsaved and not (scene.edits == self._edits and self._isThere())

    def _isThere(self):
        """Whether the copy still is there: another Slicer may have thrown it away."""
        return self._outbox.find(self._workbench.scene.parameters.draft) is not None

    def _what(self):
        scene, annotator = self._workbench.scene, self._session.settings.annotator
        parameters = scene.parameters
        return (
            self._workbench.collect(annotator),
            scene.server,
            parameters.version,
            parameters.waiting,
            parameters.draft,
        )

    def _write(self, case, server, version, follows, before):
        draft = self._outbox.put(case, server, version, follows, Kind.DRAFT)
        self._remove(before)
        return draft

    def _onWritten(self, draft, segmentation, edits, discards):
        if discards != self._discards:
            self._outbox.remove(draft)  # submitted, or let go, while it was written
        elif self._workbench.segmentation is segmentation:
            self._workbench.scene.parameters.draft, self._edits = draft.id, edits
        self.changed.emit()

    def _onUnsaved(self, isUnsaved):
        if not isUnsaved:
            self._discard()

    def _discard(self):
        parameters = self._workbench.scene.parameters
        self._discards, self._edits = self._discards + 1, None
        if parameters.draft:
            self._remove(parameters.draft)
            parameters.draft = ""
            self.changed.emit()

    def _remove(self, id_):
        letter = self._outbox.find(id_) if id_ else None
        if letter is not None and letter.kind is Kind.DRAFT:
            self._outbox.remove(letter)

    def _onRestored(self):
        self._edits = None

    def _onFailed(self, error):
        self.failed.emit(_("Changes could not be kept on this computer: {reason}").format(reason=error))

    def _onEnded(self):
        self._job = None
