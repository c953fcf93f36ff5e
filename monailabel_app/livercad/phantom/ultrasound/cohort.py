"""How many cases and images of what, and how they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.taxonomy import LesionType
from livercad.phantom.ultrasound.imaging import Knobs
from livercad.phantom.ultrasound.lesions import KINDS, LIVER_ATTENUATION, Look, draw_look
from livercad.phantom.ultrasound.liver import Liver, draw_liver
from livercad.phantom.ultrasound.painting import Pose
from livercad.phantom.ultrasound.probe import Probe, Screen

CASES = {LesionType.CYST: 159, LesionType.HEMANGIOMA: 68, LesionType.HCC: 73, LesionType.METASTASIS: 24}
IMAGES = {LesionType.CYST: 338, LesionType.HEMANGIOMA: 279, LesionType.HCC: 241, LesionType.METASTASIS: 122}
"""Yamakawa 2020, Table I."""
MEAN_DIAMETER = 67.7
"""Pixels, in images as the paper's (Yamakawa 2020, section 2.5)."""
SPREAD_DIAMETER = 22.0
"""Standard deviation. The paper draws its histogram (Figure 2) but tells the mean alone, and that some tumours are so
small that the smallest region of 64 pixels matters: our choice, with the same distribution for all types."""
SMALLEST, LARGEST = 18.0, 190.0
"""Diameters are drawn between these, pixels."""
COLUMNS = 512
"""Width of the image for which diameters in pixels hold; images of another size show the same with other pixels."""
ASPECT = 0.75
"""Rows over columns of an image."""
NORMAL_VIEWS = 3
"""Images of a case without a lesion: about as many as one with a lesion has in Table I (980 of 324)."""
_DIFFICULT_MORE = 2.0
"""Images that the most difficult case of a type has more than the easiest, in units of these: "difficult cases tend to
contain more images" (Yamakawa 2020, section 3.2)."""


@dataclass(frozen=True)
class Case:
    """A patient, with a lesion or without.

    Parameters
    ----------
    name : str
        Tells nothing of the class.
    seed : tuple of int
        Of all that is drawn for it.
    look : Look or None
        The lesion; None where there is none.
    liver : Liver
        Around it.
    diameter_mm : float
        Of its longer axis; 0 where there is none.
    probe : Probe
        It is scanned with; its depth is that of the first view.
    looks : int
        How many a scanner of this case averages.
    views : int
        Images.
    """

    name: str
    seed: tuple[int, ...]
    look: Look | None
    liver: Liver
    diameter_mm: float
    probe: Probe
    looks: int
    views: int


@dataclass(frozen=True)
class View:
    """One image of a case.

    Parameters
    ----------
    probe : Probe
        With this view's depth.
    pose : Pose
        Where the lesion lies.
    knobs : Knobs
        Gain and its compensation.
    """

    probe: Probe
    pose: Pose
    knobs: Knobs


def counts(cases: int) -> tuple[dict[LesionType, int], dict[LesionType, int]]:
    """How many cases and images of each type a set has.

    Parameters
    ----------
    cases : int
        In all, at least one a type; 324 gives Table I.

    Returns
    -------
    cases, images : dict of LesionType to int
        In Table I's proportions, by largest remainders.
    """
    own_cases = _shares([CASES[kind] for kind in KINDS], cases)
    images = [max(n, round(n * IMAGES[kind] / CASES[kind])) for kind, n in zip(KINDS, own_cases, strict=True)]
    return dict(zip(KINDS, own_cases, strict=True)), dict(zip(KINDS, images, strict=True))


def draw_cases(cases: int, seed: int, normals: int = 0) -> list[Case]:
    """Draw the cases of a set.

    Parameters
    ----------
    cases : int
        How many with a lesion.
    seed : int
        Another seed, other cases.
    normals : int, default 0
        How many without, of `NORMAL_VIEWS` images each; other cases are the same with them, but for their names.

    Returns
    -------
    list of Case
        By name; types are mixed.
    """
    own_cases, images = counts(cases)
    drawn: list[tuple[tuple[int, ...], Look | None, int]] = []
    for n, kind in enumerate(KINDS):
        seeds = [(seed, n, number) for number in range(own_cases[kind])]
        looks = [draw_look(kind, np.random.default_rng((*each, 0))) for each in seeds]
        views = views_of([look.atypical for look in looks], images[kind])
        drawn += list(zip(seeds, looks, views, strict=True))
    drawn += [((seed, len(KINDS), number), None, NORMAL_VIEWS) for number in range(normals)]
    order = np.random.default_rng((seed, 2020)).permutation(len(drawn))
    return [_case(f"us-{place:04d}", *drawn[number]) for place, number in enumerate(order, start=1)]


def views_of(atypical: Sequence[float], images: int) -> list[int]:
    """Share out a type's images: one a case at least, and more to atypical cases.

    Parameters
    ----------
    atypical : sequence of float
        Of each case, in [0, 1].
    images : int
        In all, no fewer than cases.

    Returns
    -------
    list of int
        Images of each case.
    """
    ranks = np.argsort(np.argsort(atypical)) / max(len(atypical) - 1, 1)
    extra = _shares((1 + _DIFFICULT_MORE * ranks).tolist(), images - len(atypical), fewest=0)
    return [1 + n for n in extra]


def draw_view(case: Case, number: int) -> View:
    """Draw how a case is seen.

    Parameters
    ----------
    case : Case
        Which.
    number : int
        Of the image, from 0.

    Returns
    -------
    View
        Angle, place, depth and gain differ from view to view, and so does the cut through the lesion.
    """
    rng = np.random.default_rng((*case.seed, 1, number))
    first = case.probe
    probe = Probe(
        depth_mm=float(np.clip(first.depth_mm * rng.uniform(0.93, 1.07), 110, 190)),
        radius_mm=first.radius_mm,
        half_angle=first.half_angle,
        frequency_mhz=first.frequency_mhz,
        bandwidth=first.bandwidth,
        aperture_mm=first.aperture_mm,
        focus_mm=first.focus_mm,
    )
    radius = case.diameter_mm / 2
    top = case.liver.wall_mm + radius + 3
    down = float(rng.uniform(top, max(top + 1, min(probe.depth_mm - 1.6 * radius, 0.68 * probe.depth_mm))))
    room = (down + probe.radius_mm) * np.sin(probe.half_angle) - 1.15 * radius
    aside = float(np.clip(rng.normal(0, 0.45), -1, 1)) * max(room, 0.0)
    pose = Pose(aside, down, float(rng.normal(0, 0.25)), float(1 - abs(rng.normal(0, 0.05))))
    knobs = Knobs(
        gain_db=float(np.clip(rng.normal(0, 4.5), -10, 12)),
        compensated=float(LIVER_ATTENUATION + rng.normal(0, 0.03)),
        looks=case.looks,
        contact_db=float(rng.uniform(5, 25) if rng.random() < 0.25 else 0.0),
        contact_side=float(rng.choice((-1, 1))),
    )
    return View(probe, pose, knobs)


def draw_diameter(rng: np.random.Generator) -> float:
    """Draw a lesion's diameter, pixels of an image of `COLUMNS`: a gamma distribution, cut."""
    shape = (MEAN_DIAMETER / SPREAD_DIAMETER) ** 2
    return float(np.clip(rng.gamma(shape, MEAN_DIAMETER / shape), SMALLEST, LARGEST))


def _case(name: str, seed: tuple[int, ...], look: Look | None, views: int) -> Case:
    rng = np.random.default_rng((*seed, 2))
    probe = Probe(
        depth_mm=float(rng.uniform(125, 165)),
        radius_mm=float(rng.uniform(42, 60)),
        half_angle=float(rng.uniform(0.5, 0.62)),
        frequency_mhz=float(rng.uniform(2.6, 3.8)),
        focus_mm=float(rng.uniform(60, 100)),
    )
    diameter_mm = draw_diameter(rng) * Screen(probe, COLUMNS, round(COLUMNS * ASPECT)).pixel_mm
    return Case(
        name,
        seed,
        look,
        draw_liver(look.kind, diameter_mm / 2, rng) if look else draw_liver(None, 0.0, rng),
        diameter_mm if look else 0.0,
        probe,
        int(rng.choice((1, 2, 3))),
        views,
    )


def _shares(weights: Sequence[float], total: int, fewest: int = 1) -> list[int]:
    """Whole numbers in proportion to weights, of a given sum, by largest remainders."""
    wanted: npt.NDArray[np.float64] = np.asarray(weights, np.float64) / np.sum(weights) * total
    numbers = np.maximum(np.floor(wanted).astype(int), fewest)
    rest = np.argsort(-(wanted - numbers), kind="stable")
    for n in range(total - int(numbers.sum())):
        numbers[rest[n % len(rest)]] += 1
    while numbers.sum() > max(total, fewest * len(numbers)):
        numbers[int(np.argmax(numbers))] -= 1
    return [int(n) for n in numbers]
