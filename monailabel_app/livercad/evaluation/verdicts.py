"""What the pipeline calls each lesion, beside what the lesion is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.findings import Findings
from livercad.core.lesion import Classification
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from livercad.evaluation.matching import values_of
from livercad.evaluation.outcomes import LesionResult, OneLesion
from livercad.evaluation.truth_tables import CATEGORY_OF_CLASS, TYPES_TABLE, Kind, class_of


@dataclass(frozen=True)
class Verdict:
    """One true lesion, found or not, or one false positive, with its names.

    Parameters
    ----------
    result : LesionResult
        What became of it.
    kind : Kind or None
        What it is; None where the truth does not tell, and of a false positive.
    classification : Classification or None
        What the lesion found was called; None where none was found or it was not classified.
    """

    result: LesionResult
    kind: Kind | None
    classification: Classification | None

    @property
    def true_class(self) -> LesionClass | None:
        """The class it belongs to."""
        return class_of(self.kind) if self.kind else None

    @property
    def is_right(self) -> bool:
        """Whether the most probable of six classes is the true one."""
        return self.classification is not None and self.classification.label is self.true_class

    @property
    def is_right_category(self) -> bool:
        """Whether the most probable of Yasaka's five categories is the true one.

        A category's probability is the sum of its classes'.
        """
        if self.classification is None or self.true_class is None:
            return False
        sums = dict.fromkeys(CATEGORY_OF_CLASS.values(), 0.0)
        for name, probability in self.classification.probabilities.items():
            sums[CATEGORY_OF_CLASS[LesionClass(name)]] += probability
        return max(sums, key=lambda category: sums[category]) is CATEGORY_OF_CLASS[self.true_class]


def unknown_lesions(kinds: Mapping[int, Kind], truth: Volume) -> str | None:
    """Why a table's lesions are not those of the mask; None if they are.

    Parameters
    ----------
    kinds : mapping of int to Kind
        By the lesion's value in the mask.
    truth : Volume
        The true lesions.

    Returns
    -------
    str or None
        For people.
    """
    there = values_of(truth)
    strange = sorted(kinds.keys() - set(there.tolist()))
    if not strange:
        return None
    values = ", ".join(map(str, there)) or "none"
    return (
        f"{TYPES_TABLE} tells of lesion {', '.join(map(str, strange))}, which the mask does not have (its values: "
        f"{values}); every lesion that the table lists needs a value of its own"
    )


def verdicts_of(
    results: tuple[LesionResult, ...],
    predicted: Volume,
    truth: Volume,
    kinds: Mapping[int, Kind],
    findings: Findings | None,
) -> tuple[Verdict, ...]:
    """Put the names to compared lesions.

    Parameters
    ----------
    results : tuple of LesionResult
        Of `livercad.evaluation.lesions.compare_lesions`.
    predicted, truth : Volume
        The masks that were compared. Where a mask has a single value, all its components are the lesion of that value.
    kinds : mapping of int to Kind
        By value in the true mask.
    findings : Findings or None
        Of the result; without them nothing was called anything.

    Returns
    -------
    tuple of Verdict
        In the order of `results`.
    """
    called = {lesion.number: lesion.classification for lesion in findings.lesions} if findings else {}
    true_values, found_values = values_of(truth), values_of(predicted)

    def value(lesion: OneLesion, values: npt.NDArray[np.int64]) -> int:
        return int(values[0]) if len(values) == 1 else lesion.number

    return tuple(
        Verdict(
            result,
            kinds.get(value(result.true, true_values)) if result.true else None,
            called.get(value(result.predicted, found_values)) if result.predicted else None,
        )
        for result in results
    )
