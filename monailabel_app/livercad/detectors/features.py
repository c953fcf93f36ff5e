"""What is measured of a candidate, in all phases: contrast, shape, place; missing where a phase is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.detectors.scene import STEP_MM, Array, Block, Mask, Scene

GAP_MM, SHELL_MM = 2.0, 8.0
"""The surroundings of a candidate begin this far from it and end there."""
BESIDE_MM = 6.0
"""What lies beside the liver is looked at so far from a candidate."""
LEAST_VOXELS = 10
"""Fewer are not measured."""
VISIBLE = 1.5
"""Contrast, in SD of the liver's HU, from which a phase shows a candidate."""
OF_PHASE = ("around", "z", "liver", "core", "texture", "beside")
"""Of each phase: HU of the candidate above its surroundings, the same in SD, above the liver; HU of its middle above
its border; SD of its HU over that of the liver's; HU of what lies beside the liver there, above the candidate's."""
OF_SHAPE = ("diameter", "flatness", "elongation", "filling", "depth", "touching", "leaking", "in_liver")
"""Diameter of the ball of its volume (mm); its axes, second and third over the longest; share of its ellipsoid that it
fills; depth of its middle over its radius; shares: of its voxels at the surface of the liver, of its surroundings that
look more like it than like the liver, of its voxels in the liver as found."""
OF_ALL = ("strongest", "brightest", "darkest", "all_z", "seen_in")
"""Over the phases: the largest contrast in SD whatever its sign, the largest, the smallest, the root of their mean
square; the share that shows it."""
OF_VOXELS = ("voxels_mean", "voxels_low", "voxels_around")
"""Of the probabilities that the network gives its voxels: mean and first decile; mean of its surroundings'."""
FEATURES = (*(f"{phase}_{name}" for phase in Phase for name in OF_PHASE), *OF_SHAPE, *OF_ALL, *OF_VOXELS)
"""Names in their order."""


def features_of(scene: Scene, probability: Array, region: Mask) -> npt.NDArray[np.float64]:
    """Measure a candidate.

    Parameters
    ----------
    scene : Scene
        Of the study.
    probability : ndarray of float32, shape (i, j, k)
        What the network says of its voxels.
    region : ndarray of bool, shape (i, j, k)
        The candidate on the scene's grid, not empty.

    Returns
    -------
    ndarray, shape (len(FEATURES),)
        NaN where missing.
    """
    block = _around(region)
    inside, searched = region[block], scene.searched[block]
    off = ndimage.distance_transform_edt(~inside, sampling=STEP_MM)
    depth = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=STEP_MM)[1:-1, 1:-1, 1:-1]
    shell = searched & (off > GAP_MM) & (off <= SHELL_MM)
    beside = ~searched & (scene.depth_mm[block] <= 0) & (off > 0) & (off <= BESIDE_MM)
    middle = inside & (depth >= 0.6 * depth.max())
    border = inside & (depth <= max(STEP_MM, 0.3 * depth.max()))
    measured: dict[str, float] = {}
    contrasts, similar = [], np.zeros(int(shell.sum()))
    for phase, whole in scene.contrast.items():
        image, spread = whole[block], scene.spread[phase]
        mean = float(image[inside].mean())
        around = float(np.median(image[shell])) if shell.sum() >= LEAST_VOXELS else 0.0
        measured |= {
            f"{phase}_around": mean - around,
            f"{phase}_z": (mean - around) / spread,
            f"{phase}_liver": float(np.median(image[inside])),
            f"{phase}_core": float(image[middle].mean() - image[border].mean()),
            f"{phase}_texture": float(image[inside].std()) / spread,
        }
        if beside.sum() >= LEAST_VOXELS:
            measured[f"{phase}_beside"] = float(np.median(image[beside])) - mean
        contrasts.append((mean - around) / spread)
        similar += (mean / spread**2) * (image[shell] - mean / 2)
    z = np.array(contrasts)
    measured |= _shape_of(inside)
    measured |= {
        "depth": float(scene.depth_mm[block][inside].mean()) / max(measured["diameter"] / 2, STEP_MM),
        "touching": float((scene.depth_mm[block][inside] <= STEP_MM).mean()),
        "leaking": float((similar > 0).mean()) if similar.size >= LEAST_VOXELS else np.nan,
        "in_liver": float(scene.liver[block][inside].mean()),
        "strongest": float(z[np.abs(z).argmax()]),
        "brightest": float(z.max()),
        "darkest": float(z.min()),
        "all_z": float(np.sqrt((z**2).mean())),
        "seen_in": float((np.abs(z) >= VISIBLE).mean()),
        "voxels_mean": float(probability[block][inside].mean()),
        "voxels_low": float(np.quantile(probability[block][inside], 0.1)),
        "voxels_around": float(probability[block][shell].mean()) if shell.any() else np.nan,
    }
    return np.array([measured.get(name, np.nan) for name in FEATURES])


def _shape_of(inside: Mask) -> dict[str, float]:
    """Of a mask's voxels, as an ellipsoid of their second moments."""
    places = STEP_MM * np.argwhere(inside)
    volume = len(places) * STEP_MM**3
    # A voxel's own extent keeps flat and single ones from having no axis.
    moments = np.cov(places.T, bias=True) if len(places) > 1 else np.zeros((3, 3))
    axes = np.sqrt(np.clip(np.linalg.eigvalsh(moments + np.eye(3) * STEP_MM**2 / 12), 1e-6, None))
    ellipsoid = 4 / 3 * np.pi * float(np.prod(np.sqrt(5) * axes))
    return {
        "diameter": float(np.cbrt(6 * volume / np.pi)),
        "flatness": float(axes[0] / axes[2]),
        "elongation": float(axes[1] / axes[2]),
        "filling": volume / ellipsoid,
    }


def _around(region: Mask) -> Block:
    reach = int(np.ceil(SHELL_MM / STEP_MM)) + 1
    sides = ndimage.find_objects(region.astype(np.uint8))[0]
    i, j, k = (slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(sides, region.shape, strict=True))
    return i, j, k


def visible_phases(scene: Scene, features: npt.NDArray[np.float64]) -> tuple[Phase, ...]:
    """The phases that show a candidate, by its features; at least the one that shows it best."""
    z = {phase: abs(features[FEATURES.index(f"{phase}_z")]) for phase in Phase if phase in scene.contrast}
    return tuple(phase for phase, value in z.items() if value >= min(VISIBLE, max(z.values())))
