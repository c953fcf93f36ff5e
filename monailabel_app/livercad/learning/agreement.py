"""How far two annotators say the same of a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from livercad.core.taxonomy import Label
from livercad.core.volume import grid_difference
from livercad.errors import InputError
from livercad.evaluation.matching import match, overlap_table
from livercad.evaluation.overlap import Overlap
from livercad.evaluation.settings import EvaluationSettings
from livercad.learning.cases import LabelledCase, LabelVersion

FEWEST = 2
"""Lesions that both have named; of a single one there is no agreement beyond chance to speak of."""


@dataclass(frozen=True)
class Agreement:
    """Two labels of one case, compared.

    Parameters
    ----------
    case : str
        The case.
    versions : tuple of LabelVersion
        Of both labels, with their annotators.
    liver : Overlap
        Of the livers, lesions among them. `predicted` is the first annotator's, `true` the second's.
    lesions : Overlap
        Of all lesions together.
    lesion_counts : tuple of int
        How many each has outlined.
    matched : int
        Lesions that both have outlined: IoU above 0.1, one to one, as in `livercad evaluate`.
    types, classes : tuple of tuple of str
        What both say of each matched lesion of which both have said it.
    """

    case: str
    versions: tuple[LabelVersion, LabelVersion]
    liver: Overlap
    lesions: Overlap
    lesion_counts: tuple[int, int]
    matched: int
    types: tuple[tuple[str, str], ...]
    classes: tuple[tuple[str, str], ...]

    @property
    def annotators(self) -> tuple[str, str]:
        """Their names."""
        one, other = self.versions
        return one.annotator, other.annotator

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with what follows from it."""
        return {
            "annotators": self.annotators,
            "versions": [version.number for version in self.versions],
            "submitted": [version.submitted for version in self.versions],
            "liver_dice": self.liver.dice,
            "lesion_dice": self.lesions.dice,
            "lesions": self.lesion_counts,
            "matched": self.matched,
            "typed": len(self.types),
            "type_kappa": kappa(self.types),
            "classified": len(self.classes),
            "class_kappa": kappa(self.classes),
        }


def compare(one: LabelledCase, other: LabelledCase) -> Agreement:
    """Compare two labels of a case.

    Parameters
    ----------
    one, other : LabelledCase
        The same case, labelled by two annotators.

    Returns
    -------
    Agreement
        Volumes, matched lesions and what both say of them.

    Raises
    ------
    InputError
        If a label cannot be read, or both lie on different grids.
    """
    first, second = one.read_label(), other.read_label()
    if difference := grid_difference(first, second):
        raise InputError(
            f"labels of case {one.case!r}",
            found=f"different grids ({difference})",
            expected="labels that were drawn on the same image",
            todo="Label the case again on its present reference image.",
        )
    masks = [[label.like(label.array >= kind) for label in (first, second)] for kind in (Label.LIVER, Label.LESION)]
    table = overlap_table(one.read_instances(), other.read_instances())
    settings = EvaluationSettings()
    pairs = [
        (int(table.predicted[row]), int(table.true[column]))
        for row, column in match(table.by(settings.hit_criterion), settings.hit_threshold)
    ]
    return Agreement(
        case=one.case,
        versions=(one.version, other.version),
        liver=Overlap.of(*masks[0]),
        lesions=Overlap.of(*masks[1]),
        lesion_counts=(len(table.predicted), len(table.true)),
        matched=len(pairs),
        types=tuple((one.types[a], other.types[b]) for a, b in pairs if a in one.types and b in other.types),
        classes=tuple((one.classes[a], other.classes[b]) for a, b in pairs if a in one.classes and b in other.classes),
    )


def compare_all(labels: Sequence[LabelledCase]) -> list[Agreement]:
    """Compare every two labels of a case; InputError as of `compare`."""
    return [compare(one, other) for one, other in combinations(labels, 2)]


def kappa(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Cohen's kappa: agreement beyond what chance would give.

    Parameters
    ----------
    pairs : iterable of tuple of str
        What two annotators call each of some lesions.

    Returns
    -------
    float or None
        In [-1, 1], 1 is best. None where it is not defined: for fewer than `FEWEST` lesions, or where both call all of
        them the same, so that chance would agree as well.
    """
    from sklearn.metrics import cohen_kappa_score

    told = list(pairs)
    if len(told) < FEWEST or len({name for pair in told for name in pair}) == 1:
        return None
    return float(cohen_kappa_score(*zip(*told, strict=True)))
