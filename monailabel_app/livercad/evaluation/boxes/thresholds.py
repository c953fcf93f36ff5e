"""Hits and false positives threshold by threshold, ready for draws of patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.draws import Patients, Weights
from livercad.evaluation.boxes.hits import Mark, Marked
from livercad.evaluation.boxes.settings import Repeats

TOLERANCE = 1e-9
"""Of comparing rates, which are quotients."""


@dataclass(frozen=True)
class Points:
    """The boxes that count, surest first, as arrays that weights of patients can be laid on.

    Parameters
    ----------
    thresholds : ndarray, shape (K,)
        Scores, falling, each once.
    false_patient : ndarray of int, shape (F,)
        Whose each false positive is.
    false_until : ndarray of int, shape (K + 1,)
        How many of them are taken before any threshold, and at each.
    hit_lesion : ndarray of int, shape (H,)
        The lesion of each hit.
    hit_until : ndarray of int, shape (K + 1,)
        As `false_until`.
    lesion_patient : ndarray of int, shape (T,)
        Whose each lesion is.
    units : ndarray, shape (patients,)
        Images or scans of each patient.
    """

    thresholds: npt.NDArray[np.float64]
    false_patient: npt.NDArray[np.int64]
    false_until: npt.NDArray[np.int64]
    hit_lesion: npt.NDArray[np.int64]
    hit_until: npt.NDArray[np.int64]
    lesion_patient: npt.NDArray[np.int64]
    units: npt.NDArray[np.float64]

    @classmethod
    def of(cls, marked: Marked, patients: Patients, units: list[int], repeats: Repeats) -> Points:
        """Sort what was marked.

        Parameters
        ----------
        marked : Marked
            All boxes and lesions.
        patients : Patients
            Whose the images are.
        units : list of int
            Index of one image of each image or scan that false positives are counted per.
        repeats : Repeats
            What further boxes on a lesion count as.

        Returns
        -------
        Points
            Without those boxes that are ignored.
        """
        counted = [one for one in marked.boxes if one.mark is not Mark.REPEAT or repeats is Repeats.FALSE_POSITIVE]
        counted.sort(key=lambda one: -one.box.score)
        scores = np.array([one.box.score for one in counted], dtype=np.float64)
        lesion = np.array([-1 if one.lesion is None else one.lesion for one in counted], dtype=np.int64)
        whose = patients.of_image[[one.image for one in counted]]
        ends = np.flatnonzero(np.diff(scores, append=-np.inf)) if scores.size else np.zeros(0, dtype=np.int64)
        is_false = lesion < 0
        return cls(
            thresholds=scores[ends],
            false_patient=whose[is_false],
            false_until=np.append(0, np.cumsum(is_false)[ends]),
            hit_lesion=lesion[~is_false],
            hit_until=np.append(0, np.cumsum(~is_false)[ends]),
            lesion_patient=patients.of_image[[one.image for one in marked.lesions]],
            units=np.bincount(patients.of_image[units], minlength=patients.count).astype(np.float64),
        )

    @property
    def rates(self) -> npt.NDArray[np.float64]:
        """False positives per unit at every threshold, shape (K,)."""
        return self.false_until[1:] / self.units.sum()

    @property
    def sensitivity(self) -> npt.NDArray[np.float64]:
        """Share of the lesions hit at every threshold, shape (K,)."""
        return self.hit_until[1:] / len(self.lesion_patient)

    def taken(self, weights: Weights, rates: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """How many thresholds have at most so many false positives.

        Parameters
        ----------
        weights : ndarray, shape (draws, patients)
            How often each patient is drawn.
        rates : ndarray, shape (rates,)
            False positives per unit.

        Returns
        -------
        ndarray of int, shape (draws, rates)
            0 where even the highest has more.
        """
        taken = np.empty((len(weights), len(rates)), dtype=np.int64)
        for row, draw in enumerate(weights):
            false = np.append(0.0, np.cumsum(draw[self.false_patient]))
            boxes = np.searchsorted(false, (rates + TOLERANCE) * (draw @ self.units), side="right") - 1
            taken[row] = np.searchsorted(self.false_until[1:], boxes, side="right")
        return taken

    def sensitivity_at(
        self, weights: Weights, taken: npt.NDArray[np.int64], among: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Share of some of the lesions that so many thresholds hit.

        Parameters
        ----------
        weights : ndarray, shape (draws, patients)
            How often each patient is drawn.
        taken : ndarray of int, shape (draws, rates)
            How many thresholds, from the highest on.
        among : ndarray of bool, shape (T,)
            Which lesions.

        Returns
        -------
        ndarray, shape (draws, rates)
            NaN where a draw has none of them.
        """
        found = np.full(taken.shape, np.nan)
        lesions = weights @ np.bincount(self.lesion_patient[among], minlength=weights.shape[1])
        whose, counts = self.lesion_patient[self.hit_lesion], among[self.hit_lesion]
        for row in np.flatnonzero(lesions):
            hits = np.append(0.0, np.cumsum(weights[row][whose] * counts))
            found[row] = hits[self.hit_until[taken[row]]] / lesions[row]
        return found
