"""The templates of all pages, and the quantities that they may write."""

from __future__ import annotations

import jinja2

from livercad.core.findings import DISCLAIMER
from livercad.core.taxonomy import LABEL_COLORS
from livercad.reports import formatting

FORMATS = ("ml", "mm", "hu", "percent", "seconds", "location", "shape", "spacing", "phase")
"""The functions of `livercad.reports.formatting` that templates use as filters."""


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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("livercad.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {name: getattr(formatting, name) for name in FORMATS}
    colors = {label.name.lower(): "rgb({}, {}, {})".format(*color) for label, color in LABEL_COLORS.items()}
    return environment.get_template(template).render(disclaimer=DISCLAIMER, colors=colors, **values)
