"""Free-response receiver operating characteristic (FROC): sensitivity against false positives per image or scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livercad.evaluation.boxes.draws import Patients, Weights
from livercad.evaluation.boxes.hits import Mark, Marked, mark
from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes
from livercad.evaluation.boxes.settings import DetectionSettings, Per
from livercad.evaluation.boxes.thresholds import TOLERANCE, Points
from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, Estimate, of_draws
from livercad.evaluation.sizes import SizeBand, band_of

ALL_SIZES, UNKNOWN_SIZE = "all", "unknown size"
BAND_POINTS = 65
"""Rates at which the band is drawn."""


@dataclass(frozen=True)
class RatePoint:
    """Sensitivity at a rate of false positives.

    Parameters
    ----------
    rate : float
        False positives per image or scan that are allowed.
    sensitivity : Estimate
        Highest that a threshold reaches with at most so many, in [0, 1], with its bootstrap interval over patients.
    threshold : float or None
        The lowest score that is taken there; None where even the surest box is one false positive too many, or there is
        no box.
    """

    rate: float
    sensitivity: Estimate
    threshold: float | None


@dataclass(frozen=True)
class SizeStratum:
    """The lesions of one size.

    Parameters
    ----------
    size : str
        A `SizeBand`, `ALL_SIZES` or `UNKNOWN_SIZE`.
    lesions : int
        How many there are.
    at : tuple of RatePoint
        Their sensitivity at the rates of all false positives together, as a false one has no true size.
    cpm : Estimate
        Mean of these.
    """

    size: str
    lesions: int
    at: tuple[RatePoint, ...]
    cpm: Estimate


@dataclass(frozen=True)
class Band:
    """Pointwise bootstrap band over patients.

    Parameters
    ----------
    rates, low, high : tuple of float
        False positives per image or scan, and the ends of the interval of the sensitivity there.
    """

    rates: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Froc:
    """An FROC curve and what is read from it.

    Parameters
    ----------
    per : Per
        What false positives are counted per.
    units : int
        How many images or scans there are, those without lesions among them.
    without_lesions : int
        How many of them have none.
    patients, lesions : int
        How many there are.
    hits, repeats, false_positives : int
        Of all boxes, at the lowest threshold.
    thresholds : tuple of float
        Every score that occurs, falling.
    rates, sensitivity : tuple of float
        The curve: false positives per image or scan, and the share of the lesions that are hit, when boxes of that
        score or more are taken. The last point takes all boxes.
    sizes : tuple of SizeStratum
        All lesions first, then by size; strata without lesions are left out.
    band : Band or None
        Of the curve; None with fewer patients than `FEWEST_FOR_BOOTSTRAP`.
    """

    per: Per
    units: int
    without_lesions: int
    patients: int
    lesions: int
    hits: int
    repeats: int
    false_positives: int
    thresholds: tuple[float, ...]
    rates: tuple[float, ...]
    sensitivity: tuple[float, ...]
    sizes: tuple[SizeStratum, ...]
    band: Band | None

    @property
    def at(self) -> tuple[RatePoint, ...]:
        """Sensitivity of all lesions at the rates asked for."""
        return self.sizes[0].at

    @property
    def cpm(self) -> Estimate:
        """Mean sensitivity over these rates; with LUNA16's seven rates its competition performance metric."""
        return self.sizes[0].cpm

    def sensitivity_at(self, rate: float) -> float:
        """Highest sensitivity with at most `rate` false positives per image or scan, for any rate, in [0, 1]."""
        below = np.searchsorted(self.rates, rate + TOLERANCE, side="right")
        return self.sensitivity[below - 1] if below else 0.0


def froc(
    images: Sequence[ImageBoxes],
    settings: DetectionSettings | None = None,
    per: Per = Per.SCAN,
    marked: Marked | None = None,
) -> Froc:
    """Make the FROC curve of a detector.

    Every score that occurs is a threshold, the lowest one too. Between thresholds nothing is interpolated: the
    sensitivity at a rate is one that a threshold really has.

    Parameters
    ----------
    images : sequence of ImageBoxes
        All that were looked at, also those without lesions and those without a box.
    settings : DetectionSettings, optional
        The defaults if not given.
    per : Per
        What false positives are counted per. Scans of 2-D images are those that `ImageBoxes.scan` names.
    marked : Marked, optional
        What `livercad.evaluation.boxes.hits.mark` says of these images with these settings, if it is known already.

    Returns
    -------
    Froc
        With bootstrap intervals over patients.

    Raises
    ------
    ValueError
        If there is no lesion at all, false positives per image are asked of scans, or those per scan of images whose
        scan is not known or is two patients'.
    """
    settings = settings or DetectionSettings()
    units = _units(images, per)
    marked = marked or mark(images, settings)
    if not marked.lesions:
        raise ValueError("An FROC curve needs at least one true lesion.")
    patients = Patients.of(images)
    points = Points.of(marked, patients, list(units.values()), settings.repeats)
    draws = patients.drawn(settings.seed) if patients.count >= FEWEST_FOR_BOOTSTRAP else None
    marks = [one.mark for one in marked.boxes]
    return Froc(
        per=per,
        units=len(units),
        without_lesions=len(units) - len({_unit(images[one.image], per) for one in marked.lesions}),
        patients=patients.count,
        lesions=len(marked.lesions),
        hits=marks.count(Mark.HIT),
        repeats=marks.count(Mark.REPEAT),
        false_positives=marks.count(Mark.FALSE_POSITIVE),
        thresholds=tuple(points.thresholds.tolist()),
        rates=tuple(points.rates.tolist()),
        sensitivity=tuple(points.sensitivity.tolist()),
        sizes=_strata(marked, points, patients, draws, settings),
        band=None if draws is None else _band(points, draws, settings),
    )


def _strata(
    marked: Marked, points: Points, patients: Patients, draws: Weights | None, settings: DetectionSettings
) -> tuple[SizeStratum, ...]:
    names = np.array(
        [
            UNKNOWN_SIZE if one.lesion.diameter_mm is None else band_of(one.lesion.diameter_mm).value
            for one in marked.lesions
        ]
    )
    whole, rates = patients.all_once(), np.array(settings.rates, dtype=np.float64)
    taken = points.taken(whole, rates)
    drawn_taken = np.zeros((0, len(rates)), dtype=np.int64) if draws is None else points.taken(draws, rates)
    thresholds = [float(points.thresholds[n - 1]) if n else None for n in taken[0]]
    strata = []
    for size in (ALL_SIZES, *SizeBand, UNKNOWN_SIZE):
        among = np.ones(len(names), dtype=bool) if size == ALL_SIZES else names == size
        n = int(among.sum())
        if not n or (size == UNKNOWN_SIZE and n == len(names)):
            continue
        values = points.sensitivity_at(whole, taken, among)[0]
        drawn = None if draws is None else points.sensitivity_at(draws, drawn_taken, among)
        estimates = [
            of_draws(value, None if drawn is None else drawn[:, column], n, settings.confidence)
            for column, value in enumerate(values)
        ]
        cpm = of_draws(values.mean(), None if drawn is None else drawn.mean(axis=1), n, settings.confidence)
        at = [RatePoint(*one) for one in zip(settings.rates, estimates, thresholds, strict=True)]
        strata.append(SizeStratum(str(size), n, tuple(at), cpm))
    return tuple(strata)


def _band(points: Points, draws: Weights, settings: DetectionSettings) -> Band:
    rates = np.geomspace(min(settings.rates) / 2, max(settings.rates), BAND_POINTS)
    everything = np.ones(len(points.lesion_patient), dtype=bool)
    drawn = points.sensitivity_at(draws, points.taken(draws, rates), everything)
    low, high = np.nanquantile(drawn, [(1 - settings.confidence) / 2, (1 + settings.confidence) / 2], axis=0)
    return Band(tuple(rates.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _unit(image: ImageBoxes, per: Per) -> str:
    return image.scan if per is Per.SCAN else image.name


def _units(images: Sequence[ImageBoxes], per: Per) -> dict[str, int]:
    """The images or scans by name, each with the index of one image of it."""
    units: dict[str, int] = {}
    for index, image in enumerate(images):
        if per is Per.IMAGE and image.frame is BoxFrame.RAS:
            raise ValueError(f"{image.name} is a scan: its false positives are counted per scan, not per image.")
        name = _unit(image, per)
        if not name:
            raise ValueError(f"The scan of image {image.name} is not known: count its false positives per image.")
        if name in units and images[units[name]].patient != image.patient:
            raise ValueError(f"{per} {name} is of two patients: {images[units[name]].patient} and {image.patient}.")
        if name in units and per is Per.IMAGE:
            raise ValueError(f"Image {name} is there twice.")
        units.setdefault(name, index)
    return units
