"""Work on the open case that takes time: one thing after another, told about, and asked before changes are replaced."""

from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class CaseWork:
    """Runs jobs for the open case; no Qt. In the GUI thread.

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        Runs the jobs.

    Attributes
    ----------
    changed : Signal
        No arguments; whether something is at work is another.
    told : Signal
        (sentence, "good", "bad" or ""): how it went.
    asked : Signal
        (question, function to call if the user agrees): where nobody listens the answer is no.
    """

    def __init__(self, workbench, session):
        self.changed, self.told, self.asked = Signal(), Signal(), Signal()
        self._workbench, self._session = workbench, session
        self._job = None

    @property
    def isBusy(self):
        """Whether something is on its way."""
        return self._job is not None

    def _start(self, title, function, *arguments):
        self._tell("")
        self._job = job = self._session.run(title, function, *arguments)
        job.failed.connect(self._onFailed)
        job.cancelled.connect(self._onCancelled)
        job.ended.connect(lambda: self._onEnded(job))
        self.changed.emit()
        return job

    def _open(self, title, function, *arguments, done, missed=None):
        """Start what brings another state of the open case, once the user agrees where that takes changes away.

        Parameters
        ----------
        title : str
            Of the job.
        function : callable
            Runs in a worker, as ``function(task, *arguments, grid)``. Again where the grid is another by then.
        *arguments
            For it.
        done : callable
            Takes what has come; not called for None.
        missed : callable, optional
            Called if nothing comes and the same case is still open; with False where the user has declined.
        """
        scene, segmentation = self._workbench.scene, self._workbench.require()
        hadChanges, edits = scene.isUnsaved, scene.edits

        def begin():
            grid = segmentation.grid
            job = self._start(title, function, *arguments, grid)
            job.done.connect(lambda value: end(grid, come, value))
            job.failed.connect(lambda error: end(grid, miss, True))
            job.cancelled.connect(lambda: end(segmentation.grid, miss, True))

        def end(grid, go, value):
            if self._workbench.segmentation is not segmentation:
                return  # another case is open by now
            if segmentation.grid is grid:
                go(value)
            else:  # another image has become the reference meanwhile
                begin()

        def come(value):
            if value is None:
                return
            if not scene.isUnsaved or (hadChanges and scene.edits == edits) or mayReplace():
                done(value)
            else:
                miss(False)

        def mayReplace():
            self._tell(_("What was to be opened was not: you have changed the case meanwhile."))
            question = _("You have changed {case} while it was being opened. Your changes will be lost. Go on?")
            return self._isAgreed(question.format(case=scene.case or scene.reference.GetName()))

        def miss(isWanted):
            if missed:
                missed(isWanted)

        begin()

    def _isAgreed(self, question):
        answers = []
        self.asked.emit(question, lambda: answers.append(True))
        return bool(answers)

    def _onFailed(self, error):
        self._tell(str(error), "bad")

    def _onCancelled(self):
        self._tell(_("Stopped."))

    def _onEnded(self, job):
        if self._job is job:
            self._job = None
        self.changed.emit()

    def _tell(self, text, kind=""):
        self.told.emit(text, kind)
