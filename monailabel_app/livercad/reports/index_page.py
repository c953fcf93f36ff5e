"""The page over a batch."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from livercad.reports.cases import CaseRow
from livercad.reports.pages import render


def render_index(cases: Sequence[CaseRow]) -> str:
    """Write the index of a batch.

    Parameters
    ----------
    cases : sequence of CaseRow
        In the order wanted; a click on a column's head sorts by it.

    Returns
    -------
    str
        One HTML file that lies beside the cases' folders and links to ``<case>/report.html``.
    """
    done = [case for case in cases if case.findings is not None]
    return render(
        "index.html.j2",
        cases=[(case, _link(case), _thumbnail(case)) for case in cases],
        done=done,
        verdicts=dict(sum((Counter(case.verdicts) for case in done), Counter())),
        failed=[case for case in cases if case.status == "failed"],
        lesion_count=sum(len(case.findings.lesions) for case in done if case.findings),
        lesion_volume_ml=sum(case.lesion_volume_ml for case in done),
        with_lesions=sum(bool(case.findings.lesions) for case in done if case.findings),
        warned=sum(bool(case.findings.warnings) for case in done if case.findings),
        seconds=sum(case.seconds or 0.0 for case in cases),
    )


def _link(case: CaseRow) -> str:
    # The leading ./ keeps a case named like "http:x" from being read as an address.
    return f"./{quote(case.case)}/report.html"


def _thumbnail(case: CaseRow) -> str:
    if case.thumbnail is None:
        return ""
    return "data:image/png;base64," + base64.b64encode(case.thumbnail).decode("ascii")
