"""The page over a batch."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from livercad.core.ultrasound import PHANTOM_CAUTION
from livercad.reports.batch_row import BatchRow
from livercad.reports.cases import CaseRow
from livercad.reports.pages import render
from livercad.reports.ultrasound_cases import UltrasoundRow
from livercad.reports.words import Verdict


def render_index(cases: Sequence[CaseRow], ultrasound: Sequence[UltrasoundRow] = ()) -> str:
    """Write the index of a batch.

    Parameters
    ----------
    cases : sequence of CaseRow
        In the order wanted; a click on a column's head sorts by it.
    ultrasound : sequence of UltrasoundRow
        The cases that are ultrasound, likewise.

    Returns
    -------
    str
        One HTML file that lies beside the cases' folders and links to ``<case>/report.html``.
    """
    done = [case for case in cases if case.findings is not None]
    return render(
        "index_all.html.j2" if ultrasound else "index.html.j2",
        **_of_ultrasound(ultrasound),
        cases=_entries(cases),
        done=done,
        verdicts=dict(sum((Counter(case.verdicts) for case in done), Counter())),
        failed=[case for case in cases if case.status == "failed"],
        lesion_count=sum(len(case.findings.lesions) for case in done if case.findings),
        lesion_volume_ml=sum(case.lesion_volume_ml for case in done),
        with_lesions=sum(bool(case.findings.lesions) for case in done if case.findings),
        warned=sum(bool(case.findings.warnings) for case in done if case.findings),
        seconds=sum(case.seconds or 0.0 for case in cases),
    )


def _of_ultrasound(cases: Sequence[UltrasoundRow]) -> dict[str, object]:
    found = [case.findings for case in cases if case.findings is not None]
    verdicts = Counter(case.verdict for case in cases)
    return {
        "ultrasound": _entries(cases),
        "learnt_from_phantoms": any(each.learnt_from_phantoms for each in found),
        "phantom_caution": PHANTOM_CAUTION,
        "questions": list(dict.fromkeys(question for each in found for question in each.probabilities)),
        "version": found[-1].livercad_version if found else "",
        "counts": {
            "images": sum(len(each.images) for each in found),
            "opinions": sum(len(each.opinions) for each in found),
            "warned": sum(bool(each.warnings) for each in found),
            "verdicts": {kind: verdicts[kind] for kind in (Verdict.MALIGNANT, Verdict.BENIGN) if verdicts[kind]},
            "seconds": sum(case.seconds or 0.0 for case in cases),
        },
    }


def _entries(cases: Sequence[BatchRow[Any]]) -> list[tuple[BatchRow[Any], str, str]]:
    """Each case with the link to its report, and its picture as a ``data:`` URI, which may be empty."""
    # The leading ./ keeps a case named like "http:x" from being read as an address.
    return [(case, f"./{quote(case.case)}/report.html", _png_uri(case.thumbnail)) for case in cases]


def _png_uri(png: bytes | None) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}" if png else ""
