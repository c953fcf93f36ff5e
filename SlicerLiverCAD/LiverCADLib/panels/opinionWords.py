"""What a model says about an ultrasound image, in words."""

from livercad.core.ultrasound import IS_MALIGNANT, MALIGNANT, Question
from LiverCADLib.classWords import wordOf
from LiverCADLib.translation import _

QUESTION_WORDS = {
    Question.MASS: _("Is there a mass?"),
    Question.SOLID: _("Is there a solid nodule?"),
    Question.MALIGNANT: _("Is it malignant?"),
    Question.TYPE: _("What is it?"),
}


def shortAnswer(probabilities):
    """The most probable class of the first question with its probability: "HCC 64%".

    A "?" follows where that is benign and a malignant lesion is the likelier, as its types together may be, or the
    other way round.
    """
    classes = next(iter(probabilities.values()), {})
    if not classes:
        return ""
    name, malignancy = max(classes, key=classes.get), probabilities.get(Question.MALIGNANT)
    isUnclear = malignancy and IS_MALIGNANT.get(name) is (max(malignancy, key=malignancy.get) != MALIGNANT)
    text = _("{name} {probability:.0%} ?") if isUnclear else _("{name} {probability:.0%}")
    return text.format(name=wordOf(name), probability=classes[name])


def questionLines(probabilities):
    """Every question with its classes, the most probable first, in bold: rich text, a line a question."""
    lines = []
    for question, classes in probabilities.items():
        words = QUESTION_WORDS.get(question, question)
        ordered = sorted(classes, key=classes.get, reverse=True)
        shares = [f"{wordOf(name)}&nbsp;{classes[name]:.0%}" for name in ordered]
        lines.append(f"{words} <b>{shares[0]}</b>{''.join(f' &middot; {share}' for share in shares[1:])}")
    return "<br>".join(lines)
