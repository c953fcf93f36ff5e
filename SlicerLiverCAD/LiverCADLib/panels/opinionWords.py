"""What a model says about an ultrasound image, in words."""

from livercad.core.ultrasound import Question
from LiverCADLib.classWords import wordOf
from LiverCADLib.translation import _

QUESTION_WORDS = {
    Question.MASS: _("Is there a mass?"),
    Question.SOLID: _("Is there a solid nodule?"),
    Question.MALIGNANT: _("Is it malignant?"),
    Question.TYPE: _("What is it?"),
}


def shortAnswer(probabilities):
    """The most probable class of the first question with its probability: "HCC 64%"."""
    classes = next(iter(probabilities.values()), {})
    if not classes:
        return ""
    name = max(classes, key=classes.get)
    return _("{name} {probability:.0%}").format(name=wordOf(name), probability=classes[name])


def questionLines(probabilities):
    """Every question with its classes, the most probable first, in bold: rich text, a line a question."""
    lines = []
    for question, classes in probabilities.items():
        words = QUESTION_WORDS.get(question, question)
        ordered = sorted(classes, key=classes.get, reverse=True)
        shares = [f"{wordOf(name)}&nbsp;{classes[name]:.0%}" for name in ordered]
        lines.append(f"{words} <b>{shares[0]}</b>{''.join(f' &middot; {share}' for share in shares[1:])}")
    return "<br>".join(lines)
