"""What is at work, how far it is, and a button to stop it."""

import qt
import slicer

from LiverCADLib.panels.parts import column, pushButton, row, styleOf, wrappingLabel
from LiverCADLib.translation import _

SHOWN_MS = 3000
"""How long Slicer's own status bar keeps a message: it is seen when this panel is scrolled away."""


class StatusLine:
    """Shows the oldest job of a JobRunner, and how many others there are.

    Parameters
    ----------
    runner : JobRunner
        Whose jobs are shown.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out; of the same height whether anything is at work or not.
    """

    def __init__(self, runner):
        self._runner = runner
        self._shown = ""
        self.widget, layout = column()
        self.textLabel = wrappingLabel()
        layout.addWidget(self.textLabel)
        self.progressBar = qt.QProgressBar()
        self.progressBar.setRange(0, 1000)
        self.progressBar.textVisible = False
        self.cancelButton = pushButton(_("Cancel"), _("Stop this."), "stop")
        layout.addLayout(row((self.progressBar, 1), (self.cancelButton, 0)))
        self.cancelButton.clicked.connect(self.cancel)
        runner.started.connect(self._onStarted)
        runner.ended.connect(self._onEnded)
        runner.followUpFailed.connect(self._onFollowUpFailed)
        self._show()

    def cancel(self):
        """Stop what is shown."""
        if self._runner.jobs:
            self._runner.jobs[0].cancel()
            self._show()

    def _onStarted(self, job):
        self.textLabel.styleSheet = ""
        job.progress.connect(self._show)
        self._show()

    def _onEnded(self, job):
        self._show()

    def _onFollowUpFailed(self, job, error):
        sentence = _("{title}: something went wrong here, see the Python console. ({error})")
        self._tell(sentence.format(title=job.title, error=error))
        self.textLabel.styleSheet = styleOf("bad")

    def _show(self, *ignored):
        jobs = self._runner.jobs
        self.cancelButton.enabled = bool(jobs) and not jobs[0].isCancelling
        self.progressBar.enabled = bool(jobs)
        if not jobs:
            self.progressBar.setRange(0, 1000)
            self.progressBar.value = 0
            if not self.textLabel.styleSheet:
                self._tell(_("Ready."))
            return
        job, others = jobs[0], len(jobs) - 1
        isMeasured = job.fraction > 0 and not job.isCancelling
        self.progressBar.setRange(0, 1000 if isMeasured else 0)  # without an end, it only moves
        self.progressBar.value = round(1000 * job.fraction) if isMeasured else -1
        sentence = _("{title}: stopping …") if job.isCancelling else _("{title}: {text}")
        text = sentence.format(title=job.title, text=job.text) if job.text != job.title else job.title
        if others:
            text += _(" (and {others} more)").format(others=others)
        self._tell(text)

    def _tell(self, text):
        if text != self._shown:
            self._shown = text
            self.textLabel.text = text
            slicer.util.showStatusMessage(f"LiverCAD: {text}", SHOWN_MS)
