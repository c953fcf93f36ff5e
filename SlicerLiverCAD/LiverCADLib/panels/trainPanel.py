"""Training of the server's models on what was submitted: start, progress, stop, and what came of it."""

import qt

from LiverCADLib.panels.parts import column, comboBox, pushButton, row, say, styleOf, timer, wrappingLabel
from LiverCADLib.panels.trainPlot import drawTraining
from LiverCADLib.translation import _

LOOK_MS = 2000
"""How often a training that runs is looked at."""


def stateTitles():
    """What the states of a training are called."""
    return {
        "queued": _("waiting"),
        "running": _("running"),
        "done": _("finished"),
        "failed": _("failed"),
        "cancelled": _("stopped"),
    }


class TrainPanel:
    """The section "Train".

    Parameters
    ----------
    training : Training
        What can be trained, and how it goes.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, training):
        self._training = training
        self._shown, self._isWatching = None, False
        self._refusal = ""  # why the latest start or stop did not work: it stays until the next one
        self._fields = {}
        self.widget, layout = column()
        self._build(layout)
        self._timer = timer(LOOK_MS, training.refresh)
        training.changed.connect(self._update)
        training.failed.connect(self._onFailed)
        self._update()

    def _build(self, layout):
        self.reasonLabel = wrappingLabel()
        layout.addWidget(self.reasonLabel)
        self.modelBox = comboBox(toolTip=_("The model to train on the submitted cases"))
        self.startButton = pushButton(_("Start"), icon="train")
        self.stopButton = pushButton(_("Stop"), icon="stop")
        layout.addLayout(row((self.modelBox, 1), (self.startButton, 0), (self.stopButton, 0)))
        self._settingsLayout = qt.QVBoxLayout()
        self.settingsBox = qt.QWidget()
        self._settingsLayout.addWidget(self.settingsBox)
        layout.addLayout(self._settingsLayout)
        self.stateLabel = wrappingLabel()
        layout.addWidget(self.stateLabel)
        self.progressBar = qt.QProgressBar()
        self.progressBar.setRange(0, 100)
        layout.addWidget(self.progressBar)
        self.plotLabel = qt.QLabel()
        layout.addWidget(self.plotLabel)
        self.resultLabel = wrappingLabel()
        layout.addWidget(self.resultLabel)
        self.promotionLabel = wrappingLabel()
        layout.addWidget(self.promotionLabel)
        self.modelBox.connect("currentIndexChanged(int)", self._onModel)
        self.startButton.clicked.connect(self._onStart)
        self.stopButton.clicked.connect(self._onStop)

    def setWatching(self, isWatching):
        """Keep looking how a training goes, or not: nobody sees it while the module is left."""
        self._isWatching = isWatching
        self._keepTime()
        if isWatching:
            self._training.refresh()

    def close(self):
        """Stop for good."""
        self._timer.stop()

    def _keepTime(self):
        if self._isWatching and self._training.canStop:
            self._timer.start()
        else:
            self._timer.stop()

    def values(self):
        """Settings as they are chosen, by name."""
        return {name: read() for name, (_field, read) in self._fields.items()}

    def _onModel(self, index):
        self._fields = {}
        self.settingsBox.setParent(None)
        self.settingsBox.deleteLater()
        self.settingsBox = qt.QWidget()
        self._settingsLayout.addWidget(self.settingsBox)
        form = qt.QFormLayout(self.settingsBox)
        form.setContentsMargins(0, 0, 0, 0)
        if not 0 <= index < len(self._training.trainers):
            return
        for setting in self._training.trainers[index].settings:
            field, read = _fieldFor(setting)
            field.toolTip = setting.help
            self._fields[setting.name] = field, read
            form.addRow(f"{setting.name.replace('_', ' ')}:", field)

    def _onStart(self):
        self._refusal = ""
        self.reasonLabel.setVisible(False)
        self._training.start(self._training.trainers[self.modelBox.currentIndex].name, self.values())

    def _onStop(self):
        self._refusal = ""
        self.stopButton.enabled = False
        self._training.stop()

    def _onFailed(self, error):
        self._refusal = str(error)
        self._showReason(self._refusal, "bad")

    def _update(self):
        training = self._training
        if training.trainers != self._shown:  # else what the user has chosen would be lost
            self._shown = training.trainers
            wasBlocked = self.modelBox.blockSignals(True)
            self.modelBox.clear()
            for trainer in training.trainers:
                self.modelBox.addItem(trainer.title)
            self.modelBox.blockSignals(wasBlocked)
            self._onModel(self.modelBox.currentIndex)
        if training.reason or self._refusal or not training.canStop:
            self._showReason(training.reason or self._refusal, "" if training.reason else "bad")
        self.modelBox.enabled = self.settingsBox.enabled = self.startButton.enabled = training.canStart
        self.startButton.toolTip = training.reason or _("Train this model on the submitted cases.")
        self.stopButton.enabled = training.canStop
        self.stopButton.toolTip = _("Stop the training; the weights stay as they were.")
        self._showRun(training.run)
        self._keepTime()

    def _showReason(self, text, kind=""):
        say(self.reasonLabel, text, kind)

    def _showRun(self, run):
        for widget in (self.stateLabel, self.progressBar, self.plotLabel, self.resultLabel, self.promotionLabel):
            widget.setVisible(run is not None)
        if run is None:
            return
        title = stateTitles().get(run.state, run.state)
        self.stateLabel.text = _("{model}: {state}. {what}").format(model=run.model, state=title, what=run.what)
        self.stateLabel.styleSheet = styleOf("bad" if run.state == "failed" else "")
        self.progressBar.setVisible(run.isActive)
        self.progressBar.value = round(100 * run.fraction)
        self.plotLabel.setVisible(bool(run.losses or run.metrics))
        self.plotLabel.setPixmap(drawTraining(run, _("loss")))
        say(self.resultLabel, run.result)
        say(self.promotionLabel, run.promotion, "good" if run.isPromoted else "")


def _fieldFor(setting):
    """A widget for a setting, and a function that reads it."""
    if setting.choices:
        choice = comboBox(setting.choices)
        choice.currentIndex = setting.choices.index(setting.default)
        return choice, lambda: setting.choices[choice.currentIndex]
    if isinstance(setting.default, bool):
        box = qt.QCheckBox()
        box.checked = setting.default
        return box, lambda: box.checked
    if isinstance(setting.default, int):
        spin = qt.QSpinBox()
        spin.setRange(*_limits(setting, 10**6, int))
        spin.value = setting.default
        return spin, lambda: spin.value
    if isinstance(setting.default, float):
        spin = qt.QDoubleSpinBox()
        spin.setDecimals(1 if (setting.minimum or 0) >= 0.1 else 6)
        spin.setRange(*_limits(setting, 1e6, float))
        spin.value = setting.default
        return spin, lambda: spin.value
    edit = qt.QLineEdit(str(setting.default or ""))
    return edit, lambda: edit.text


def _limits(setting, largest, kind):
    low = -largest if setting.minimum is None else setting.minimum
    high = largest if setting.maximum is None else setting.maximum
    return kind(low), kind(high)
