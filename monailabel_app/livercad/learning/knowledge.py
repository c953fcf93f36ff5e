"""What scores tell of all cases together: embeddings on one scale, and clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.learning.score_table import Array, Row
from livercad.learning.strategies import Known, clusters_of


@dataclass(frozen=True)
class Knowledge:
    """What is known of cases, ready to be asked about any of them.

    Parameters
    ----------
    rows : mapping of str to Row
        The score of each case that counts: of the models in use, else the latest.
    places : mapping of str to int
        Where each of these cases stands in the arrays.
    uncertainty, classification, embeddings, clusters : ndarray
        As of `Known`.
    """

    rows: Mapping[str, Row]
    places: Mapping[str, int]
    uncertainty: Array
    classification: Array
    embeddings: Array
    clusters: npt.NDArray[np.int64]

    @classmethod
    def of(cls, by_case: Mapping[str, Mapping[str, Row]], models: str) -> Knowledge:
        """Take in all rows.

        Parameters
        ----------
        by_case : mapping of str to mapping of str to Row
            The rows of each case by their models.
        models : str
            Those in use.

        Returns
        -------
        Knowledge
            With clusters, which take most of the time.
        """
        scored = {
            case: good
            for case, rows in sorted(by_case.items())
            if (good := {name: row for name, row in rows.items() if row.score})
        }
        rows = {case: good.get(models) or max(good.values(), key=lambda row: row.at) for case, good in scored.items()}
        scores = [row.score for row in rows.values() if row.score]
        placed_by = _placed_by(scored, models)
        embeddings = _embeddings([good.get(placed_by) for good in scored.values()])
        return cls(
            rows,
            {case: place for place, case in enumerate(rows)},
            np.array([score.uncertainty for score in scores], np.float32),
            np.array([_number(score.classification) for score in scores], np.float32),
            embeddings,
            clusters_of(embeddings),
        )

    def about(self, cases: tuple[str, ...]) -> Known:
        """What is known of these cases, given by name, sorted."""
        places = np.array([self.places.get(case, -1) for case in cases], dtype=np.int64)
        there = places >= 0
        nothing = Known.nothing(cases)
        embeddings = np.full((len(cases), self.embeddings.shape[1]), np.nan, np.float32)
        embeddings[there] = self.embeddings[places[there]]
        known = {}
        for name in ("uncertainty", "classification", "clusters"):
            known[name] = getattr(nothing, name).copy()
            known[name][there] = getattr(self, name)[places[there]]
        return Known(cases=cases, embeddings=embeddings, **known)


def _placed_by(scored: Mapping[str, Mapping[str, Row]], models: str) -> str:
    """The models whose embeddings are used: those that know most cases, since embeddings of others do not compare."""
    counts = Counter(name for rows in scored.values() for name, row in rows.items() if row.score and _has_place(row))
    return max(counts, key=lambda name: (counts[name], name == models), default=models)


def _has_place(row: Row) -> bool:
    return row.score is not None and (row.score.liver is not None or row.score.lesions is not None)


def _embeddings(rows: Sequence[Row | None]) -> Array:
    """Liver and lesions side by side, shape (n, d).

    Each feature is standardised over the cases, and both parts weigh the same, however many features they have. A case
    without lesions stands where the mean of all lesions is; one without a row is not a number.
    """
    scores = [row.score if row else None for row in rows]
    parts = [_standardised([getattr(score, part, None) for score in scores]) for part in ("liver", "lesions")]
    embeddings = np.concatenate(parts, axis=1)
    embeddings[[row is None or not _has_place(row) for row in rows]] = np.nan
    return embeddings


def _standardised(features: Sequence[Array | None]) -> Array:
    """Zero where there are none."""
    told = [place for place, each in enumerate(features) if each is not None]
    if not told:
        return np.zeros((len(features), 0), np.float32)
    values = np.stack([each for each in features if each is not None])
    spread = values.std(axis=0)
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-6) / np.sqrt(values.shape[1])
    standardised = np.zeros((len(features), values.shape[1]), np.float32)
    standardised[told] = (values - values.mean(axis=0)) * scale
    return standardised


def _number(value: float | None) -> float:
    return np.nan if value is None else value
