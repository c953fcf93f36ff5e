"""Examples to learn from: phantom lesions, cut wider than the network sees them, so that they can turn and move."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.crops import PHASES, plane_offsets_mm, side_mm
from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Point, transform_points
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.excerpts import PhantomPatient
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

MARGIN = 1.6
"""Side of a stored square over that of the network's: room for turns, shifts and another zoom."""
STORED_PIXELS = 84
STORED_PLANES = 5
LESIONS_PER_PATIENT = 4
WEIGHTS: dict[LesionType, float] = {
    LesionType.CYST: 1.0,
    LesionType.HEMANGIOMA: 1.2,
    LesionType.HCC: 1.2,
    LesionType.METASTASIS: 1.2,
    LesionType.CHOLANGIOCARCINOMA: 0.9,
    LesionType.FNH: 0.5,
    LesionType.HYPERVASCULAR_NODULE: 0.5,
    LesionType.DYSPLASTIC_NODULE: 0.5,
}
"""How often each type is drawn: classes about evenly, the harder ones a little more often. Our choice."""
TYPES = tuple(LesionType)


@dataclass(frozen=True)
class LesionExamples:
    """Lesions of many patients.

    Parameters
    ----------
    squares : ndarray of int16, shape (n, phases, planes, rows, columns)
        HU; `MARGIN` times as wide as the network's, planes at the network's distance.
    types : ndarray of int64, shape (n,)
        Index in `TYPES`.
    patients : ndarray of int64, shape (n,)
        Whose lesion it is.
    diameters_mm : ndarray, shape (n,)
        Longest axial diameter.
    """

    squares: npt.NDArray[np.int16]
    types: npt.NDArray[np.int64]
    patients: npt.NDArray[np.int64]
    diameters_mm: npt.NDArray[np.float64]


def load_examples(
    folder: Path, seed: int, patients: int, *, workers: int | None = None, progress: Progress = silent
) -> LesionExamples:
    """Read examples from a folder, making those that are not there.

    Parameters
    ----------
    folder : Path
        Holds a file a patient, below a folder that names the code that makes them; what an interrupted run has made is
        kept.
    seed : int
        Another seed gives other patients.
    patients : int
        How many.
    workers : int, optional
        Processes that make them; as many as cores where not given.
    progress : Progress
        Told of every patient; may raise Cancelled.

    Returns
    -------
    LesionExamples
        In the order of patients.
    """
    shared = (f"livercad.core.{name}" for name in ("crops", "diameters", "geometry", "roi", "volume"))
    folder = folder / phantom_code_hash(*shared, __name__)
    paths = [folder / f"{seed}-{number:05d}.npz" for number in range(patients)]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    there = patients - len(missing)
    for done in _each(folder, seed, missing, workers or os.cpu_count() or 1):
        progress(there + done, patients, "phantom lesions")
    parts = [np.load(path) for path in paths]
    return LesionExamples(
        squares=np.concatenate([part["squares"] for part in parts]),
        types=np.concatenate([part["types"] for part in parts]),
        patients=np.repeat(np.arange(patients), [len(part["types"]) for part in parts]),
        diameters_mm=np.concatenate([part["diameters_mm"] for part in parts]),
    )


def _each(folder: Path, seed: int, numbers: Sequence[int], workers: int) -> Iterator[int]:
    """Make the patients' files; yields how many are done."""
    if len(numbers) < 2 or workers < 2:
        for done, number in enumerate(numbers, 1):
            _make(folder, seed, number)
            yield done
        return
    with ProcessPoolExecutor(workers) as pool:
        made = pool.map(_make, [folder] * len(numbers), [seed] * len(numbers), numbers)
        yield from (done for done, _ in enumerate(made, 1))


def _make(folder: Path, seed: int, number: int) -> int:
    """Make one patient's file; returns how many lesions it holds."""
    patient = PhantomPatient(seed, number)
    rng = np.random.default_rng((seed, number, 3))
    weights = np.array([WEIGHTS[kind] for kind in TYPES])
    types = rng.choice(len(TYPES), LESIONS_PER_PATIENT, p=weights / weights.sum())
    squares, diameters, kept = [], [], []
    for lesion, kind in enumerate(types):
        try:
            excerpt = patient.excerpt(lesion, TYPES[kind])
        except RuntimeError:
            continue  # Too large for this liver: the patient has one lesion less.
        center, diameter_mm = measured(excerpt.lesion)
        squares.append(squares_of(excerpt.images, center, diameter_mm))
        diameters.append(diameter_mm)
        kept.append(kind)
    with replacing(folder / f"{seed}-{number:05d}.npz") as path, path.open("wb") as file:
        shape = (0, len(PHASES), STORED_PLANES, STORED_PIXELS, STORED_PIXELS)
        stacked = np.stack(squares) if squares else np.zeros(shape, np.int16)
        np.savez(file, squares=stacked, types=np.array(kept, np.int64), diameters_mm=np.array(diameters))
    return len(kept)


def measured(lesion: Volume) -> tuple[Point, float]:
    """Measure a lesion as the analysis does: its centre of mass, RAS mm, and its longest axial diameter in mm."""
    r, a, s = transform_points(np.argwhere(lesion.array).mean(axis=0), lesion.affine).tolist()
    longest, _ = longest_axial_diameters(lesion)
    return (r, a, s), longest.length_mm


def squares_of(images: Mapping[Phase, Volume], center: Point, diameter_mm: float) -> npt.NDArray[np.int16]:
    """Cut a lesion as `LesionExamples` stores it, shape (phases, planes, rows, columns), HU."""
    offsets, side = plane_offsets_mm(diameter_mm, STORED_PLANES), MARGIN * side_mm(diameter_mm)
    squares = [axial_squares(images[phase], center, side, STORED_PIXELS, offsets_mm=offsets) for phase in PHASES]
    return np.rint(np.stack(squares)).astype(np.int16)
