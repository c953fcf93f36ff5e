"""Features of phantoms in four phases, measured as they are of patients: through the organ network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.phantom.tissues import INTRAHEPATIC
from livercad.phases.classifier import PHASES
from livercad.phases.features import FEATURES, features_of, measure_organs
from livercad.phases.training.anatomies import TissueMap
from livercad.phases.training.patients import draw_patient
from livercad.phases.training.rendering import FloatArray, render_view
from livercad.phases.training.views import draw_size, draw_view
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

Label = Callable[[FloatArray], npt.NDArray[np.uint8]]
"""An image in HU at the network's spacing to its organs."""

PATIENTS_A_FILE = 50
LIVER_GIVEN_PROBABILITY = 0.6
OWN_LABELS = 2
"""Of how many phases of a patient the organs are found; the others take those of another phase, which costs nothing
and shows the classifier organs that are a little off."""


def make_examples(
    maps: list[TissueMap], label: Label, folder: Path, seed: int, patients: int, progress: Progress = silent
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Measure phantoms, or read what was measured already.

    Parameters
    ----------
    maps : list of ndarray
        Anatomies; each patient is a new view of one.
    label : callable
        The organ network.
    folder : Path
        Made if it is not there.
    seed : int
        Patient n of a seed is the same however many are made.
    patients : int
        How many, each in four phases.
    progress : Progress
        Called after every patient.

    Returns
    -------
    features : ndarray, shape (4 * patients, len(FEATURES))
        NaN where an organ is missing.
    phases : ndarray of int, shape (4 * patients,)
        Index into `PHASES`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    measured = []
    for start in range(0, patients, PATIENTS_A_FILE):
        path = folder / f"{seed}-{start:05d}.npy"
        if not path.is_file():
            rows = []
            for number in range(start, start + PATIENTS_A_FILE):
                progress(number, patients, "phantoms measured")
                rng = np.random.default_rng((seed, number))
                rows.append(_measure(maps, label, rng))
            with replacing(path) as partial, partial.open("wb") as file:
                np.save(file, np.stack(rows))
        measured.append(np.load(path))
    features = np.concatenate(measured)[:patients].reshape(-1, len(FEATURES))
    progress(patients, patients, "phantoms measured")
    return features, np.tile(np.arange(len(PHASES)), patients)


@dataclass(frozen=True)
class Examination:
    """One view of a patient in every phase.

    Parameters
    ----------
    images : dict of Phase to ndarray
        HU at the network's spacing.
    liver : ndarray of bool
        With its vessels, on the same grid.
    """

    images: dict[Phase, FloatArray]
    liver: npt.NDArray[np.bool_]


def draw_examination(maps: list[TissueMap], rng: np.random.Generator) -> Examination:
    """Draw a patient, a view of him, and what his blood carries in every phase."""
    view, hu = draw_view(maps[rng.integers(len(maps))], draw_size(rng), rng), draw_patient(rng)
    images = {phase: render_view(view, hu[phase], rng) for phase in Phase}
    return Examination(images, np.isin(view, INTRAHEPATIC))


def _measure(maps: list[TissueMap], label: Label, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """One patient's features in every phase, shape (4, len(FEATURES))."""
    seen = draw_examination(maps, rng)
    own = rng.choice(len(PHASES), OWN_LABELS, replace=False)
    labels = {PHASES[n]: label(seen.images[PHASES[n]]) for n in own}
    borrowed = labels[PHASES[own[0]]]
    liver = seen.liver if rng.random() < LIVER_GIVEN_PROBABILITY else None
    return np.stack([features_of(measure_organs(seen.images[p], labels.get(p, borrowed), liver)) for p in PHASES])
