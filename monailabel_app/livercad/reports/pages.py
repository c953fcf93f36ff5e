"""The templates of all pages, and the quantities that they may write."""

from __future__ import annotations

from functools import cache

import jinja2

from livercad.core.class_names import name_of
from livercad.core.findings import DISCLAIMER
from livercad.core.question_names import question_name
from livercad.core.taxonomy import BENIGN_COLOR, LABEL_COLORS, MALIGNANT_COLOR, UNSURE_COLOR
from livercad.reports import formatting, ultrasound_words, words

FORMATS = (
    *("ml", "mm", "hu", "signed_hu", "fixed", "percent", "whole_percent"),
    *("seconds", "location", "shape", "spacing", "phase", "phases"),
)
"""The functions of `livercad.reports.formatting` that templates use as filters."""
WORDS = (
    *("class_name", "class_text", "verdict_of", "organ_name", "told_by"),
    *("sign_name", "sign_state", "sign_value", "sign_threshold", "sign_gap", "asks_for_more"),
)
"""Those of `livercad.reports.words`."""
ULTRASOUND_WORDS = ("answer_text", "style_of", "most_probable", "verdict_of_case")
"""Those of `livercad.reports.ultrasound_words`."""
COLORS = {label.name.lower(): color for label, color in LABEL_COLORS.items()} | {
    "benign": BENIGN_COLOR,
    "malignant": MALIGNANT_COLOR,
    "unsure": UNSURE_COLOR,
}
CSS_COLORS = {name: "rgb({}, {}, {})".format(*color) for name, color in COLORS.items()}


def render(template: str, **values: object) -> str:
    """Fill a template; whatever comes from data is escaped.

    Parameters
    ----------
    template : str
        File name in the package's ``templates`` folder.
    **values
        What the template shows.

    Returns
    -------
    str
        The page.
    """
    return _environment().get_template(template).render(disclaimer=DISCLAIMER, colors=CSS_COLORS, **values)


@cache
def _environment() -> jinja2.Environment:
    """Templates are compiled once a process: a batch renders many pages."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("livercad.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {name: getattr(formatting, name) for name in FORMATS}
    environment.filters |= {name: getattr(words, name) for name in WORDS}
    environment.filters |= {name: getattr(ultrasound_words, name) for name in ULTRASOUND_WORDS}
    environment.filters |= {"question_name": question_name, "answer_name": name_of}
    return environment
