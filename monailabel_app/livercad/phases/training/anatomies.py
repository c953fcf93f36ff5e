"""Patients to train on: tissue maps of phantoms, made once and kept in a folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.phantom.anatomy import build_anatomy
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.fields import Axes
from livercad.phantom.space import Grid
from livercad.phases.organs import SPACING_MM
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

SHAPE = (96, 80, 104)
RAISED_MM = 70.0
"""The heart and half of the lungs above the liver, and everything down to the iliac crest, are in the map."""

TissueMap = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RaisedGrid(Grid):
    """A grid that shows more of the chest than a phantom study does."""

    @property
    def axes(self) -> Axes:
        """Patient coordinates of the voxel centres along R, A, S in mm."""
        r, a, s = super().axes
        return r, a, s + np.float32(RAISED_MM)


def make_anatomies(folder: Path, seed: int, count: int, progress: Progress = silent) -> list[TissueMap]:
    """Make tissue maps, or read those that are there.

    Parameters
    ----------
    folder : Path
        Made if it is not there; one file a patient, below a folder that names the code that makes them.
    seed : int
        Patient n of a seed is the same however many are made.
    count : int
        How many.
    progress : Progress
        Called after every patient.

    Returns
    -------
    list of ndarray of uint8, shape `SHAPE`
        `livercad.phantom.tissues.Tissue` of every voxel; axes to right, front, head.
    """
    folder = folder / phantom_code_hash(__name__)
    folder.mkdir(parents=True, exist_ok=True)
    maps = []
    for number in range(count):
        progress(number, count, "phantom anatomies")
        path = folder / f"{seed}-{number:04d}.npz"
        if not path.is_file():
            tissues = build_anatomy(RaisedGrid(SHAPE, SPACING_MM), np.random.default_rng((seed, number))).tissues
            with replacing(path) as partial, partial.open("wb") as file:
                np.savez_compressed(file, tissues=tissues)
        with np.load(path) as stored:
            maps.append(stored["tissues"])
    progress(count, count, "phantom anatomies")
    return maps


def hash_of(maps: list[TissueMap]) -> str:
    """SHA-256 of the voxels of all maps in their order: the same seeds on another machine give the same."""
    digest = hashlib.sha256()
    for tissues in maps:
        digest.update(np.ascontiguousarray(tissues).data)
    return digest.hexdigest()
