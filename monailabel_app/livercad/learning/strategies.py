"""Which cases are worth labelling next: orders of cases, the best first, made from what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

CASES_A_CLUSTER = 8
"""Our choice: with some hundred cases there are a dozen clusters."""
MOST_CLUSTERS = 64
"""Keeps clustering of ten thousand cases under a second."""


class Strategy(StrEnum):
    """Ways to choose."""

    RANDOM = "random"
    FIRST = "first"
    UNCERTAINTY = "uncertainty"
    CLASSIFICATION = "classification"
    DIVERSITY = "diversity"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class Known:
    """What is known of all cases, row by row.

    Parameters
    ----------
    cases : tuple of str
        Names, sorted.
    uncertainty, classification : ndarray of float32, shape (n,)
        How unsure the models are of masks and of classes; NaN where a case has not been looked at.
    embeddings : ndarray of float32, shape (n, d)
        Where the models place each case; NaN likewise.
    clusters : ndarray of int, shape (n,)
        Cluster of each case, see `clusters_of`; -1 where there is no embedding.
    """

    cases: tuple[str, ...]
    uncertainty: Array
    classification: Array
    embeddings: Array
    clusters: npt.NDArray[np.int64]

    @classmethod
    def nothing(cls, cases: tuple[str, ...]) -> Known:
        """Cases that nobody has looked at."""
        unknown = np.full(len(cases), np.nan, np.float32)
        return cls(cases, unknown, unknown, np.zeros((len(cases), 0), np.float32), np.full(len(cases), -1))

    @cached_property
    def are_placed(self) -> npt.NDArray[np.bool_]:
        """Which cases have an embedding, shape (n,)."""
        return np.isfinite(self.embeddings).all(axis=1) & (self.embeddings.shape[1] > 0)

    @cached_property
    def distances(self) -> Distances:
        """How far cases lie from labelled ones."""
        return Distances(self.embeddings)


class Distances:
    """Squared distance of each case to the nearest labelled one.

    From one question to the next few cases are added, and only these are looked at: from nothing, half of ten thousand
    cases take half a second.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n, d)
        NaN in rows that are not known.
    """

    def __init__(self, embeddings: Array) -> None:
        self._embeddings = embeddings
        count = len(embeddings)
        self._latest = np.zeros(count, dtype=bool), np.full(count, np.inf, np.float32), np.full(count, -1)

    def to(self, labelled: npt.NDArray[np.bool_]) -> Array:
        """Tell the distances to these labelled cases, shape (n,); infinite where there is none."""
        before, nearest, by = self._latest
        if (gone := before & ~labelled).any():  # put back: who was nearest to nothing else changes nothing
            lost = np.flatnonzero((by >= 0) & gone[by])
            nearest, by = nearest.copy(), by.copy()
            nearest[lost], by[lost] = np.inf, -1
            nearest[lost], by[lost] = self._nearer(lost, before & labelled, nearest[lost], by[lost])
        nearest, by = self._nearer(np.arange(len(by)), labelled & ~before, nearest, by)
        self._latest = labelled.copy(), nearest, by  # at once, since several threads may ask
        return nearest

    def _nearer(
        self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.bool_], nearest: Array, by: npt.NDArray[np.int64]
    ) -> tuple[Array, npt.NDArray[np.int64]]:
        """Distances of some rows, and to whom, when there are others as well."""
        added = _with_embedding(np.flatnonzero(others), self._embeddings)
        if not added.size or not rows.size:
            return nearest, by
        distances, which = _nearest_of(self._embeddings[rows], self._embeddings[added])
        closer = distances < nearest  # never where a row has no embedding
        return np.where(closer, distances, nearest), np.where(closer, added[which], by)


def order(
    strategy: Strategy, known: Known, open_cases: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Iterator[str]:
    """Order the open cases, the one most worth labelling first.

    Parameters
    ----------
    strategy : Strategy
        How.
    known : Known
        Of all cases.
    open_cases : ndarray of bool, shape (n,)
        Cases that may be chosen. All others count as labelled: they are, or they are in somebody's hands.
    rng : Generator
        Breaks ties, and orders cases of which nothing is known; these come last but for `first`.

    Yields
    ------
    str
        Every open case once.
    """
    rows = np.flatnonzero(open_cases)
    if strategy is not Strategy.FIRST:
        rows = rng.permutation(rows)
    match strategy:
        case Strategy.FIRST | Strategy.RANDOM:
            found: Iterator[int] = iter(rows)
        case Strategy.UNCERTAINTY:
            found = iter(_by_value(rows, known.uncertainty))
        case Strategy.CLASSIFICATION:
            found = iter(_by_value(rows, known.classification))
        case Strategy.DIVERSITY:
            found = _farthest_first(rows, known)
        case Strategy.HYBRID:
            found = _cluster_by_cluster(rows, known)
    return (known.cases[row] for row in found)


def clusters_of(embeddings: Array, seed: int = 0) -> npt.NDArray[np.int64]:
    """Group cases by k-means, about one cluster for `CASES_A_CLUSTER` cases.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n, d)
        NaN in rows that are not known.
    seed : int, default 0
        Of the first centres.

    Returns
    -------
    ndarray of int, shape (n,)
        From 0; -1 where the embedding is not known.
    """
    from sklearn.cluster import MiniBatchKMeans

    clusters = np.full(len(embeddings), -1, dtype=np.int64)
    rows = _with_embedding(np.arange(len(embeddings)), embeddings)
    if rows.size:
        count = int(np.clip(round(rows.size / CASES_A_CLUSTER), 1, MOST_CLUSTERS))
        means = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=2048)
        clusters[rows] = means.fit_predict(embeddings[rows])
    return clusters


def _by_value(rows: npt.NDArray[np.int64], values: Array) -> npt.NDArray[np.int64]:
    """Highest value first, unknown ones last, equal ones as they came."""
    return rows[np.argsort(-np.nan_to_num(values[rows], nan=-np.inf), kind="stable")]


def _with_embedding(rows: npt.NDArray[np.int64], embeddings: Array) -> npt.NDArray[np.int64]:
    if not embeddings.shape[1]:
        return rows[:0]
    return rows[np.isfinite(embeddings[rows]).all(axis=1)]


def _farthest_first(rows: npt.NDArray[np.int64], known: Known) -> Iterator[int]:
    """Next the case farthest from all that are labelled or chosen (core set; Sener and Savarese 2018, algorithm 1)."""
    candidates = rows[known.are_placed[rows]]
    if candidates.size:
        is_labelled = np.ones(len(known.cases), dtype=bool)
        is_labelled[rows] = False
        nearest = known.distances.to(is_labelled)[candidates]
        # Without a labelled case the first is the one nearest to all: a centre is a better start than an outlier.
        if np.isinf(nearest).all():
            places = known.embeddings[candidates]
            first = int(np.argmin(_squared_distances(places, places.mean(axis=0, keepdims=True))))
        else:
            first = int(np.argmax(nearest))
        yield from _go_on(candidates, known.embeddings, nearest, first)
    yield from np.setdiff1d(rows, candidates, assume_unique=True)


def _go_on(candidates: npt.NDArray[np.int64], embeddings: Array, nearest: Array, first: int) -> Iterator[int]:
    yield int(candidates[first])
    chosen, places = first, embeddings[candidates]  # a copy of all, which is not made for the first one
    for _ in range(candidates.size - 1):
        nearest = np.minimum(nearest, _squared_distances(places, places[chosen : chosen + 1]))
        nearest[chosen] = -np.inf
        chosen = int(np.argmax(nearest))
        yield int(candidates[chosen])


def _squared_distances(places: Array, others: Array) -> Array:
    """Squared distance of each place to the nearest of the others."""
    return _nearest_of(places, others)[0]


def _nearest_of(places: Array, others: Array, block: int = 1024) -> tuple[Array, npt.NDArray[np.int64]]:
    """Squared distance of each place to the nearest of the others, and which; never all distances at once."""
    lengths = np.einsum("ij,ij->i", others, others)
    nearest, which = np.empty(len(places), np.float32), np.empty(len(places), np.int64)
    for start in range(0, len(places), block):
        part = places[start : start + block]
        own = np.einsum("ij,ij->i", part, part)[:, None]
        table = own + lengths - 2 * part @ others.T
        found = which[start : start + block] = table.argmin(axis=1)
        nearest[start : start + block] = table[np.arange(len(part)), found]
    return np.maximum(nearest, 0), which


def _cluster_by_cluster(rows: npt.NDArray[np.int64], known: Known) -> Iterator[int]:
    """The most uncertain case of the cluster of which the smallest share is labelled; then again."""
    candidates = rows[known.clusters[rows] >= 0]
    sizes = np.bincount(known.clusters[known.clusters >= 0])
    waiting = {
        int(cluster): list(_by_value(candidates[known.clusters[candidates] == cluster], known.uncertainty))
        for cluster in dict.fromkeys(known.clusters[candidates])
    }
    while waiting:
        # The order of `waiting` is that of `rows`, so that ties are broken at random.
        cluster = max(waiting, key=lambda each: len(waiting[each]) / sizes[each])
        yield int(waiting[cluster].pop(0))
        if not waiting[cluster]:
            del waiting[cluster]
    yield from _by_value(np.setdiff1d(rows, candidates, assume_unique=True), known.uncertainty)
