"""What models say about the lesions of the open ultrasound case, and what spoke for it."""

import qt

from livercad.core.findings import DISCLAIMER
from LiverCADLib.asking import MODELS
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.opinionWords import questionLines
from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, quietly, row, say, wrappingLabel
from LiverCADLib.pictureLoading import WHOLE
from LiverCADLib.translation import _


def modelTitles():
    """What the server's models of ultrasound are called, by their names there."""
    return {
        "ultrasound_lesion": _("Lesions (the default model)"),
        "yamakawa2020": _("Yamakawa 2020"),
        "qi2019": _("Qi 2019"),
    }


class OpinionsPanel:
    """The section "Classify".

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    asking : Asking
        Asks the models.
    session : Session
        The server.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, pictures, asking, session):
        self._pictures, self._asking, self._session = pictures, asking, session
        self.widget, layout = column()
        self._build(layout)
        self._followed = pictures.changed, asking.changed
        for signal in self._followed:
            signal.connect(self._update)
        asking.told.connect(self._say)
        self._update()

    def _build(self, layout):
        self.modelBox = comboBox([modelTitles()[name] for name in MODELS], _("Which of the server's models is asked"))
        layout.addWidget(self.modelBox)
        toolTip = _("Ask the model about every circle of this image.")
        self.imageButton = pushButton(_("Classify this image"), toolTip, "segment")
        self.caseButton = pushButton(_("All images"), _("Ask the model about all images of the case."))
        self.imageButton.clicked.connect(self.classifyImage)
        self.caseButton.clicked.connect(self.classifyCase)
        layout.addLayout(row((self.imageButton, 1), (self.caseButton, 1)))
        self.messageLabel, self._sayIt = messageLabel()
        layout.addWidget(self.messageLabel)
        self._sayIt("")
        self.lesionLabel, self.caseLabel = wrappingLabel(), wrappingLabel()
        self.warningLabel, self.modelLabel = wrappingLabel(), wrappingLabel()
        for label in (self.lesionLabel, self.caseLabel, self.warningLabel, self.modelLabel):
            layout.addWidget(label)
        self.caseLabel.toolTip = _(
            "The mean over lesions or images; of a mass or a solid nodule, what the image tells where it is likeliest."
        )
        self.saliencyBox = qt.QCheckBox(_("Show what the model looked at"))
        self.saliencyBox.toolTip = _("Lay over image and previews what spoke for the more probable class.")
        self.saliencyBox.toggled.connect(self._onSaliency)
        layout.addWidget(self.saliencyBox)

    def classifyImage(self):
        """Ask about the image that is shown."""
        self._ask(areAll=False)

    def classifyCase(self):
        """Ask about all images."""
        self._ask(areAll=True)

    def close(self):
        """Follow nothing any more: the widget is about to go."""
        for signal in self._followed:
            signal.disconnect(self._update)
        self._asking.told.disconnect(self._say)

    def _ask(self, areAll):
        if hasConsent(self._session):
            self._asking.ask(MODELS[self.modelBox.currentIndex], areAll)

    def _say(self, text, kind=""):
        self._sayIt(text, kind)

    def _onSaliency(self, isOn):
        self._pictures.scene.parameters.pictureSaliency = isOn
        self._pictures.refresh()

    def _update(self, *news):
        reason = self._asking.whyNot()
        for button in (self.imageButton, self.caseButton):
            button.enabled = not reason and not self._asking.isBusy
        self.caseButton.setVisible(len(self._pictures.pictures) > 1)
        told = self._asking.answer()
        quietly(self.saliencyBox, self.saliencyBox.setChecked, self._pictures.scene.parameters.pictureSaliency)
        self.saliencyBox.enabled = told is not None and told.saliency is not None
        whole = self._asking.answerOf(WHOLE)
        texts = [self._lesionText(each) for each in (told, whole if whole is not told else None) if each]
        say(self.lesionLabel, "<br>".join(texts))
        say(self.caseLabel, self._caseText())
        warnings = [*(warning.message for warning in told.findings.warnings), *told.problems] if told else []
        say(self.warningLabel, "\n".join(warnings), "bad")
        say(self.modelLabel, self._modelText(told))

    def _lesionText(self, told):
        if told.asked.number != WHOLE:
            title = _("Lesion {number}").format(number=told.asked.number)
        else:
            title = _("The image as a whole")
        if self._asking.isOutdated(told):
            title = _("{title}, before its circle was moved").format(title=title)
        if told.opinion is None:
            return _("{title}: the model gives no answer").format(title=f"<b>{title}</b>")
        return f"<b>{title}</b><br>{questionLines(told.opinion.probabilities)}"

    def _caseText(self):
        probabilities, lesions, images = self._asking.caseProbabilities()
        if max(lesions, images) < 2:
            return ""
        counts = [_("{count} lesions").format(count=lesions)] if lesions > 1 else [_("1 lesion")] * lesions
        counts += [_("{count} images").format(count=images)] if images > 1 else [_("1 image")] * images
        title = _("The case: {counts} together").format(counts=", ".join(counts))
        return f"<b>{title}</b><br>{questionLines(probabilities)}"

    def _modelText(self, told):
        if told is None:
            return ""
        disclaimer = told.findings.disclaimer or DISCLAIMER
        models = ", ".join(f"{model.name} {model.version}" for model in told.findings.models)
        if told.model and told.trainedOn:
            sentence = _("{title} ({models}), trained on {data}. {disclaimer}")
            return sentence.format(title=told.model, models=models, data=told.trainedOn, disclaimer=disclaimer)
        return _("By {models}. {disclaimer}").format(models=models, disclaimer=disclaimer) if models else disclaimer
