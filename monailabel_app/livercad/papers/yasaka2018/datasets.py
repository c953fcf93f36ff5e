"""What the training and the test data consist of ("Image Data", "CT Imaging")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from livercad.evaluation.comparisons import fisher_exact
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.image_sets import ImageSet, hash_of
from livercad.papers.yasaka2018.published import SCANNERS
from livercad.papers.yasaka2018.results import PartResult, Scanners
from livercad.papers.yasaka2018.sources import Part, Patient


def part_result(sets: Sequence[ImageSet], part: Part, patients: Sequence[Patient]) -> PartResult:
    """Describe a part of the data.

    Parameters
    ----------
    sets : sequence of ImageSet
        Of all data.
    part : Part
        Which.
    patients : sequence of Patient
        Whose they are: several examinations may be of one person.

    Returns
    -------
    PartResult
        Counts, sizes of lesions, and a hash.
    """
    own = [each for each in sets if each.part is part]
    people = {patient.name: patient.identity for patient in patients}
    lesions = {(each.patient, each.lesion): each for each in own}.values()
    sizes = {c: [each.diameter_mm for each in lesions if each.category is c] for c in CATEGORIES}
    known = {category: values for category, values in sizes.items() if values}
    every = [each.diameter_mm for each in lesions]
    return PartResult(
        patients=len({people[each.patient] for each in own}),
        lesions=len(lesions),
        image_sets=len(own),
        by_category={category: sum(each.category is category for each in own) for category in CATEGORIES},
        by_kind=dict(Counter(each.kind for each in own if each.kind)),
        mean_diameter_mm={category: round(float(np.mean(values)), 1) for category, values in known.items()},
        sd_diameter_mm={
            category: round(float(np.std(values, ddof=1)), 1) for category, values in known.items() if len(values) > 1
        },
        all_mean_diameter_mm=round(float(np.mean(every)), 1),
        all_sd_diameter_mm=round(float(np.std(every, ddof=1)), 1) if len(every) > 1 else None,
        sha256=hash_of(own),
    )


def scanners_of(sets: Sequence[ImageSet]) -> Scanners | None:
    """Compare scanners between the categories of the test patients.

    Parameters
    ----------
    sets : sequence of ImageSet
        Of all data.

    Returns
    -------
    Scanners or None
        None where a test patient's is not told.
    """
    test = [each for each in sets if each.part is Part.TEST]
    if not test or not all(each.scanner for each in test):
        return None
    names = sorted({each.scanner for each in test})
    pairs = Counter((each.category, each.scanner) for each in test)
    counts = {category: [pairs[category, name] for name in names] for category in CATEGORIES}
    return Scanners(names=names, counts=counts, fisher_p=fisher_exact(list(counts.values())))


@cache
def paper_scanners_p() -> float:
    """Fisher's exact test as it is done here, on the paper's scanners."""
    return fisher_exact(list(SCANNERS.values()))
