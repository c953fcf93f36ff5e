"""Phantoms as the detector will see patients: livers outlined not quite right, phases not quite in place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import Box
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detectors.scene import Scene
from livercad.phantom.studies import make_ct_study
from livercad.phantom.tissues import Tissue
from livercad.studies.atomic import replacing

SHAPE, SPACING_MM = (176, 144, 96), (2.0, 2.0, 2.5)
"""As fine as the detector looks."""
KEPT_MM = 24.0
"""Around the liver."""
OUTLINE_MM, OUTLINE_SCALE_MM = 1.8, 14.0
"""SD and scale of the error of a liver's outline; the network's Dice on phantoms is .96. Our choice."""
GALLBLADDER = (Tissue.BILE, Tissue.GALLBLADDER_WALL)
TAKEN_IN = 0.5
"""How often a part of the gallbladder is taken for liver."""
SHIFT_MM = 1.2
"""SD along each axis of what registration leaves (`livercad.phantom.excerpts.SHIFT_SD_MM`)."""
SUBSETS: tuple[tuple[float, tuple[Phase, ...]], ...] = (
    (0.25, (Phase.PORTAL,)),
    (0.2, (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL)),
    (0.15, (Phase.ARTERIAL, Phase.PORTAL, Phase.DELAYED)),
    (0.15, (Phase.ARTERIAL, Phase.PORTAL)),
    (0.1, (Phase.UNENHANCED, Phase.PORTAL)),
    (0.05, (Phase.ARTERIAL,)),
    (0.05, (Phase.DELAYED,)),
    (0.05, (Phase.UNENHANCED, Phase.ARTERIAL, Phase.DELAYED)),
)
"""Which phases there are, beside all four, how often."""


@dataclass(frozen=True, eq=False)
class Example:
    """A liver to learn from.

    Parameters
    ----------
    scene : Scene
        As the detector will see it.
    truth : ndarray of uint16, shape (i, j, k)
        Numbers of the true lesions on its grid.
    """

    scene: Scene
    truth: npt.NDArray[np.uint16]


def phantom_arrays(path: Path, *seed: int) -> dict[str, npt.NDArray[Any]]:
    """Make a phantom's liver and what is around it, or read the one that was made before.

    Parameters
    ----------
    path : Path
        Where it is kept, ``.npz``.
    *seed : int
        The same seed gives the same.

    Returns
    -------
    dict of str to ndarray
        The images by phase, in HU; ``liver``, ``instances`` and ``gallbladder``; ``affine``.
    """
    if path.is_file():
        with np.load(path) as file:
            return dict(file)
    study = make_ct_study(
        seed, phases=tuple(Phase), shape=SHAPE, spacing=SPACING_MM, orientation="RAS", breathing_mm=0, slice_mm={}
    )
    box = Box.around(study.liver.array > 0)
    margin = KEPT_MM / np.asarray(SPACING_MM)
    ends = np.asarray(box.minimum) - margin, np.asarray(box.maximum) + margin
    arrays = {phase.value: image.crop(*ends).array for phase, image in study.images.items()}
    liver = study.liver.crop(*ends)
    gallbladder = np.isin(study.tissues.crop(*ends).array, GALLBLADDER)
    arrays |= {"liver": liver.array, "instances": study.instances.crop(*ends).array, "gallbladder": gallbladder}
    arrays["affine"] = liver.affine
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
    return arrays


def examples_of(arrays: dict[str, npt.NDArray[Any]], rng: np.random.Generator) -> list[Example]:
    """Make two examples of a phantom: with all phases, and with some.

    Parameters
    ----------
    arrays : dict of str to ndarray
        From `phantom_arrays`.
    rng : numpy.random.Generator
        Draws errors and phases.

    Returns
    -------
    list of Example
        Two.
    """
    weights = np.array([weight for weight, _ in SUBSETS])
    some = SUBSETS[rng.choice(len(SUBSETS), p=weights / weights.sum())][1]
    return [_example(arrays, phases, rng) for phases in (tuple(Phase), some)]


def _example(arrays: dict[str, npt.NDArray[Any]], phases: tuple[Phase, ...], rng: np.random.Generator) -> Example:
    affine = np.asarray(arrays["affine"], np.float64)
    liver = Volume(_outlined(arrays["liver"] > 0, np.asarray(arrays["gallbladder"], bool), rng), affine)
    reference = Phase.PORTAL if Phase.PORTAL in phases else phases[-1]
    images = {
        phase: Volume(arrays[phase.value] if phase is reference else _moved(arrays[phase.value], phase, rng), affine)
        for phase in phases
    }
    scene = Scene.of(images, liver)
    truth = np.zeros(scene.searched.shape, np.uint16)
    block = arrays["instances"][scene.block]
    for number in np.unique(block[block > 0]):
        truth[scene.bring(block == number)] = number
    return Example(scene, truth)


def _outlined(
    liver: npt.NDArray[np.bool_], gallbladder: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """A liver's outline with errors."""
    inner, outer = (ndimage.distance_transform_edt(mask, sampling=SPACING_MM) for mask in (liver, ~liver))
    error = ndimage.gaussian_filter(rng.standard_normal(liver.shape), OUTLINE_SCALE_MM / np.asarray(SPACING_MM))
    outline = inner - outer + OUTLINE_MM * error / error.std() > 0
    if rng.random() < TAKEN_IN and gallbladder.any():
        reach = ndimage.distance_transform_edt(~liver, sampling=SPACING_MM)
        outline |= gallbladder & (reach <= rng.uniform(2, 30))
    return np.asarray(outline, np.uint8)


def _moved(image: npt.NDArray[np.generic], phase: Phase, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A phase as registration leaves it, a little blurred by interpolation; unenhanced slices are 5 mm thick."""
    moved = ndimage.shift(
        image.astype(np.float32), rng.normal(0, SHIFT_MM, 3) / np.asarray(SPACING_MM), order=1, mode="nearest"
    )
    return np.asarray(ndimage.uniform_filter1d(moved, 2, axis=2) if phase is Phase.UNENHANCED else moved)
