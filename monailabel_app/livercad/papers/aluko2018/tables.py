"""The tables of the page, as rows of text."""

from __future__ import annotations

from livercad.papers.aluko2018.published import OneBoxNumbers
from livercad.papers.aluko2018.results import DetectorResult, OneBoxScores, Operating, Results, Truth
from livercad.papers.intervals import DASH, with_interval

DIGITS = 2
"""Of shares."""


def figure_3(results: Results) -> list[dict[str, str]]:
    """Figure 3: mean squared error and sensitivity, train and test, ours and the paper's.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict of str to str
        A row a network and part.
    """
    paper = results.paper
    published = {
        ("baseline", "train"): paper.baseline_train,
        ("baseline", "test"): paper.baseline_test,
        ("baseline-vgg", "train"): paper.vgg_train,
        ("baseline-vgg", "test"): paper.vgg_test,
    }
    networks = [*results.one_box.items(), ("mean", results.mean_box)]
    return [
        _row(f"{result.title}, {part}", scores, published.get((name, part)))
        for name, result in networks
        for part, scores in (("train", result.train), ("test", result.test))
    ]


def detector_rows(results: Results) -> list[dict[str, str]]:
    """The paper's two numbers of Faster R-CNN, by backbone, truth and threshold.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict of str to str
        Rows.
    """
    rows = []
    for result in results.detectors.values():
        for truth, title in _truths(result):
            for point, told in ((truth.operating, "score"), (truth.at_one, "1 false per image")):
                if point:
                    rows.append({"title": result.title, "truth": title, **_operating(point, told)})
    return rows


def froc_rows(results: Results) -> list[dict[str, object]]:
    """Sensitivity at the rates of false positives, by backbone and truth.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict
        `title`, `truth`, `at` (texts by rate), `cpm`, `ap`.
    """
    rows: list[dict[str, object]] = []
    for result in results.detectors.values():
        for truth, title in _truths(result):
            for curve in (truth.froc, truth.froc_half):
                rows.append(
                    {
                        "title": result.title,
                        "truth": title,
                        "iou": f"{curve.iou:g}",
                        "at": [with_interval(rate.sensitivity, DIGITS) for rate in curve.at],
                        "cpm": with_interval(curve.cpm, DIGITS),
                        "ap": with_interval(curve.ap[f"{curve.iou:g}"], DIGITS),
                    }
                )
    return rows


def _row(title: str, scores: OneBoxScores, paper: OneBoxNumbers | None) -> dict[str, str]:
    value, told = with_interval(scores.sensitivity, DIGITS)
    return {
        "title": title,
        "mse": f"{scores.mse:.2g}" if scores.mse < 0.001 else f"{scores.mse:.4f}",
        "sensitivity": value,
        "interval": told,
        "n": str(scores.sensitivity.n),
        "paper_mse": f"{paper.mse:g}" if paper else DASH,
        "paper_sensitivity": f"{paper.sensitivity:g}" if paper else DASH,
    }


def _truths(result: DetectorResult) -> list[tuple[Truth, str]]:
    rows = [(result.annotated, "annotated")]
    return [*rows, (result.complete, "all lesions")] if result.complete else rows


def _operating(point: Operating, told: str) -> dict[str, str]:
    return {
        "threshold": f"{point.threshold:.2f} ({told})" if told != "score" else f"{point.threshold:.2f}",
        "sensitivity": f"{point.sensitivity:.2f}",
        "counts": f"{point.hits}/{point.lesions}",
        "false_share": DASH if point.false_share is None else f"{point.false_share:.0%}",
        "false_per_image": f"{point.false_per_image:.2f}",
        "predictions": str(point.predictions),
    }
