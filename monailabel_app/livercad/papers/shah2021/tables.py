"""The paper's numbers beside ours, as text."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.papers.intervals import DASH, Cell, Interval
from livercad.papers.shah2021.published import PublishedOverlap
from livercad.papers.shah2021.results import OverlapResult, PartResult, RateResult, Results
from livercad.papers.shah2021.settings import Split

METRICS = (("dice", "Dice"), ("voe", "VOE"), ("rvd", "RVD"))
RATES = (("accuracy", "Accuracy"), ("sensitivity", "Sensitivity"), ("specificity", "Specificity"))


@dataclass(frozen=True)
class Row:
    """One row of a table: ours on both sides of both splits, and the paper's.

    Parameters
    ----------
    title : str
        What.
    cells : list of Cell
        Training and test by image, training and test by patient.
    paper : str
        Its number.
    """

    title: str
    cells: list[Cell]
    paper: str = DASH


def overlap_table(results: Results) -> list[Row]:
    """Equations 4 to 6 of liver and lesions.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of Row
        In percent, as the paper has them.
    """
    livers, lesions = [], []
    for split in Split:
        result = results.splits[split]
        livers += [result.liver_training.overlap, result.liver_test.overlap]
        lesions += [result.training.lesions, result.test.lesions]
    return [*_overlaps("Liver", livers, results.paper.liver), *_overlaps("Lesions", lesions, results.paper.lesions)]


def class_table(results: Results) -> list[Row]:
    """Equations 7 to 9 of the four classes, and of malignant against benign.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of Row
        In percent.
    """
    paper, parts = results.paper.classes, _parts(results)
    rows = [
        Row(
            f"{title}, four classes",
            [percent(getattr(part.classes, name)) for part in parts],
            f"{100 * getattr(paper, name):.2f}",
        )
        for name, title in RATES
    ]
    rows += [
        Row(f"{title}, malignant", [percent(getattr(part.malignant, name)) for part in parts]) for name, title in RATES
    ]
    found = [Cell(f"{100 * part.found / part.images:.1f}", f"{part.found} of {part.images}") for part in parts]
    losses = [
        Cell(f"{loss[-1]:.2f}")
        for split in Split
        for curve in (results.splits[split].lesion_network.curve,)
        for loss in (curve.loss, curve.test_loss)
    ]
    return [*rows, Row("Images with anything found", found), Row("Loss, last epoch", losses, f"{paper.loss:.2f}")]


def each_class_table(results: Results) -> list[tuple[str, list[Row]]]:
    """Each class against the others.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, list of Row)
        By class, in percent.
    """
    parts = _parts(results)

    def rates(kind: str) -> list[RateResult]:
        return [next(rate for each, rate in part.by_class.items() if each == kind) for part in parts]

    return [
        (
            kind.value,
            [
                Row(f"{kind}, {title.lower()}", [percent(getattr(rate, name)) for rate in rates(kind)])
                for name, title in RATES
            ],
        )
        for kind in parts[0].by_class
    ]


def leak_table(results: Results) -> list[tuple[str, list[Cell]]]:
    """What the split by image adds.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, list of Cell)
        Measure; by image, by patient, the difference, and that on the same images.
    """
    return [
        (
            leak.measure[0].upper() + leak.measure[1:],
            [
                percent(leak.by_image),
                percent(leak.by_patient),
                percent(leak.difference, signed=True),
                percent(leak.same_images, signed=True, counted=True),
            ],
        )
        for leak in results.leaks
    ]


def box_table(results: Results) -> list[Row]:
    """Boxes against marked areas.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of Row
        Shares with their counts.
    """
    parts = _parts(results)
    hits = [Cell(_share(part.sections_hit, part.sections), f"{part.sections_hit} of {part.sections}") for part in parts]
    beside = [Cell(f"{part.boxes_beside / part.images:.2f}", f"{part.boxes_beside} of {part.boxes}") for part in parts]
    return [Row("Marked areas hit by a box (%)", hits), Row("Boxes beside them, an image", beside)]


def other_methods_table(results: Results) -> list[tuple[str, list[str]]]:
    """The liver segmentation of other methods, as the paper compares them ("Discussion").

    Parameters
    ----------
    results : Results
        The paper's numbers.

    Returns
    -------
    list of (str, list of str)
        Method; Dice, VOE and RVD in percent.
    """
    paper = results.paper
    rows = [("Shah et al.", paper.liver), *((other.name, other) for other in paper.others)]
    return [
        (name, [f"{100 * getattr(row, metric):.2f}".replace("-", "−") for metric, _ in METRICS]) for name, row in rows
    ]


def largest_voe(dice: float) -> float:
    """The largest mean VOE that images of this mean Dice can have.

    Of one image VOE is 1 − D / (2 − D), and that bends down: the mean over images lies below it (Jensen's inequality).
    """
    return 1 - dice / (2 - dice)


def percent(interval: Interval | None, *, signed: bool = False, counted: bool = False) -> Cell:
    """An interval in percent; without one, or a number, a dash."""
    if interval is None:
        return Cell(DASH)
    sign = "+" if signed else ""
    n = f"{interval.n} images" if counted else ""
    if interval.low is None or interval.high is None:
        return Cell(number(interval.value, sign), n)
    return Cell(
        number(interval.value, sign),
        f"{number(interval.low, sign)} to {number(interval.high, sign)}" + (f", {n}" if n else ""),
    )


def number(value: float, sign: str = "", digits: int = 1) -> str:
    """A share in percent, with a true minus."""
    return f"{100 * value:{sign}.{digits}f}".replace("-", "−")


def _parts(results: Results) -> list[PartResult]:
    return [part for split in Split for part in (results.splits[split].training, results.splits[split].test)]


def _overlaps(what: str, parts: list[OverlapResult], paper: PublishedOverlap) -> list[Row]:
    return [
        Row(
            f"{what}, {title}",
            [
                Cell(own.value, f"{own.below}; pooled {number(getattr(part, f'pooled_{name}'))}".removeprefix("; "))
                for part in parts
                for own in (percent(getattr(part, name)),)
            ],
            f"{100 * getattr(paper, name):.1f}" if name != "dice" else f"{100 * paper.dice:.2f}",
        )
        for name, title in METRICS
    ]


def _share(count: int, n: int) -> str:
    return f"{100 * count / n:.1f}" if n else DASH
