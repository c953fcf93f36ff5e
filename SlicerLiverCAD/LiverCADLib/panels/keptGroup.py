"""What is kept on this computer of cases, and opened only when the user asks for it."""

import qt

from LiverCADLib.panels.parts import comboBox, pushButton, row
from LiverCADLib.panels.replacing import isAgreed, mayReplace
from LiverCADLib.scene.letters import Kind
from LiverCADLib.translation import _


class KeptGroup:
    """The group "Kept on this computer" of the sections that submit; hidden where nothing is kept.

    Parameters
    ----------
    submitting : Submitting or CircleSubmitting
        What is kept.
    scene : CaseScene
        The open case.
    followed : sequence of Signal
        Told when the open case is another, where `submitting` does not tell of that itself.

    Attributes
    ----------
    widget : qt.QGroupBox
        To be laid out.
    """

    def __init__(self, submitting, scene, followed=()):
        self._submitting, self._scene, self._followed = submitting, scene, (submitting.changed, *followed)
        self._shown = []
        self.widget = qt.QGroupBox(_("Kept on this computer"))
        layout = qt.QVBoxLayout(self.widget)
        self.box = comboBox(toolTip=_("Submissions that were set aside, and corrections that were not submitted"))
        layout.addWidget(self.box)
        toolTip = _("Open it in the place of what is in the scene; open its case first.")
        self.openButton = pushButton(_("Open"), toolTip)
        self.discardButton = pushButton(_("Throw away"))
        layout.addLayout(row((self.openButton, 1), (self.discardButton, 1)))
        self.box.connect("currentIndexChanged(int)", self._update)
        self.openButton.clicked.connect(self._onOpen)
        self.discardButton.clicked.connect(self._onDiscard)
        for signal in self._followed:
            signal.connect(self._show)
        self._show()

    @property
    def chosen(self):
        """What is chosen, as Waiting; None for nothing."""
        index = self.box.currentIndex
        return self._shown[index] if 0 <= index < len(self._shown) else None

    def close(self):
        """Follow nothing any more: the widget is about to go."""
        for signal in self._followed:
            signal.disconnect(self._show)

    def _onOpen(self):
        if mayReplace(self._scene):
            self._submitting.openKept(self.chosen)

    def _onDiscard(self):
        question = _("Throw away what was kept of {case} on {made}? It is then nowhere any more.")
        if isAgreed(question.format(case=self.chosen.case, made=self.chosen.made)):
            self._submitting.discard(self.chosen)

    def _show(self, *arguments):
        if self._shown != self._submitting.kept:
            self._shown = list(self._submitting.kept)
            wasBlocked = self.box.blockSignals(True)
            self.box.clear()
            for letter in self._shown:
                self.box.addItem(_titleOf(letter))
            self.box.blockSignals(wasBlocked)
        self.widget.setVisible(bool(self._shown))
        self._update()

    def _update(self, *arguments):
        chosen, scene = self.chosen, self._scene
        isFree = chosen is not None and not self._submitting.isBusy
        isHere = chosen is not None and (chosen.server, chosen.case) == (scene.server, scene.case)
        self.openButton.enabled = isFree and isHere
        self.discardButton.enabled = isFree


def _titleOf(letter):
    kind = _("not submitted") if letter.kind is Kind.DRAFT else _("set aside")
    made = letter.made[:16].replace("T", " ")
    return _("{case}, {made}, {annotator}: {kind}").format(
        case=letter.case, made=made, annotator=letter.annotator, kind=kind
    )
