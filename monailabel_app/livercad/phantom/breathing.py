"""Breathing: every phase is another breath-hold, so that the organs lie elsewhere in each of them.

In quiet breath-holds of one examination the liver's height differs by some millimetres, now and then by more than a
centimetre; the motion is largest under the diaphragm, mostly along the body, with a smaller part to the front (C. von
Siebenthal et al., "4D MR imaging of respiratory organ motion and its variability", Phys. Med. Biol. 2007;52:1547-1564;
M. A. Clifford et al., "Assessment of hepatic motion secondary to respiration for computer assisted interventions",
Comput. Aided Surg. 2002;7:291-299). The shape of the field is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.phases import REFERENCE_ORDER, Phase
from livercad.phantom.fields import REGION_MM, Axes, FloatArray, SmoothField
from livercad.phantom.torso import CAVITY_MM, SPINE_Y

LARGEST_MM = 15.0
"""Default for how far the diaphragm lies from the reference phase's at most."""
STEADIEST = 0.3
"""A patient who holds the breath well moves by no more than this part of the largest amplitude."""
STEP_MM = 8.0
"""Distance of the points between which the field is linear."""
WALL_MM = 20.0
"""The wall of the cavity moves the less the farther out, and from here on not at all."""
SPINE_MM = (30.0, 58.0)
"""Around the spine's axis nothing moves up to the first distance, everything from the second one on."""
TO_THE_FRONT = 0.2
"""Motion of the belly's front to the front, as a part of the amplitude: it comes forward as the diaphragm goes down."""
UNEVEN = 0.08
UNEVEN_SCALE_MM = 60.0
"""SD and width of the motion's unevenness, the former as a part of the amplitude."""


class Breathing:
    """Where one phase's breath-hold puts the patient.

    Parameters
    ----------
    amplitude_mm : float
        How much higher (towards the head) than at rest the middle of the diaphragm lies; negative is a deeper breath.
    scale : ndarray, shape (3,)
        The patient's size along R, A, S relative to the template (`Space.scale`).
    rng : numpy.random.Generator
        Draws the unevenness.
    """

    def __init__(self, amplitude_mm: float, scale: npt.NDArray[np.float64], rng: np.random.Generator) -> None:
        self.amplitude_mm = amplitude_mm
        axes = _lattice_axes()
        unevenness = [np.float32(UNEVEN) * SmoothField(rng, UNEVEN_SCALE_MM).on(axes) for _ in range(3)]
        mobile, front = _mobile(axes, scale), _to_the_front(axes, scale)
        way = (np.zeros_like(front), -TO_THE_FRONT * front, _along_the_body(axes, scale))
        self._field = [
            np.float32(amplitude_mm) * mobile * (part + uneven) for part, uneven in zip(way, unevenness, strict=True)
        ]

    def at(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where points of the resting patient lie in this phase.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            Patient coordinates R, A, S (mm) at rest.

        Returns
        -------
        ndarray, shape (n, 3)
            Patient coordinates R, A, S (mm) in this phase.
        """
        points = np.atleast_2d(np.asarray(points, dtype=np.float64))
        return np.asarray(points + np.stack(_sample(self._field, points.T), axis=-1), dtype=np.float64)

    def at_rest(self, axes: Axes) -> Axes:
        """Where at rest lies what this phase shows on a grid.

        Parameters
        ----------
        axes : tuple of ndarray
            Patient coordinates (mm) of the grid's voxel centres along R, A, S.

        Returns
        -------
        tuple of ndarray, each of shape (len R, len A, len S)
            Patient coordinates R, A, S (mm) at rest.
        """
        lattice = np.stack(np.meshgrid(*_lattice_axes(), indexing="ij"))
        back = [np.zeros(lattice.shape[1:], np.float32)] * 3
        for _ in range(8):  # A contraction, by the small slopes of the field.
            back = [-part for part in _sample(self._field, lattice + np.stack(back))]
        r, a, s = (
            axis.reshape([-1 if n == m else 1 for m in range(3)]) + _on_grid(part, axes)
            for n, (axis, part) in enumerate(zip(axes, back, strict=True))
        )
        return r, a, s


def draw_breathing(
    phases: Sequence[Phase], largest_mm: float, scale: npt.NDArray[np.float64], rng: np.random.Generator
) -> dict[Phase, Breathing]:
    """Draw a patient's breath-holds.

    Parameters
    ----------
    phases : sequence of Phase
        The study's; the one that is the reference lies at rest.
    largest_mm : float
        Amplitude that no breath-hold exceeds.
    scale : ndarray, shape (3,)
        The patient's size (`Space.scale`).
    rng : numpy.random.Generator
        Draws how steady the patient is, and every breath-hold.

    Returns
    -------
    dict of Phase to Breathing
        Of every phase but the reference; each has a draw of its own, whatever others there are.
    """
    spread = largest_mm * rng.uniform(STEADIEST, 1.0)
    streams = dict(zip(Phase, rng.spawn(len(Phase)), strict=True))
    reference = next((phase for phase in REFERENCE_ORDER if phase in phases), None)
    return {
        phase: Breathing(spread * streams[phase].uniform(-1, 1), scale, streams[phase])
        for phase in phases
        if phase is not reference
    }


def _lattice_axes() -> Axes:
    r, a, s = (np.arange(low, high + STEP_MM, STEP_MM, dtype=np.float32) for low, high in REGION_MM)
    return r, a, s


def _ramp(values: FloatArray, start: float, stop: float) -> FloatArray:
    """0 before start, 1 after stop, smooth between."""
    t = np.clip((values - np.float32(start)) / np.float32(stop - start), 0, 1)
    return t * t * (3 - 2 * t)


def _mobile(axes: Axes, scale: npt.NDArray[np.float64]) -> FloatArray:
    """How free to move each place is, in [0, 1]: not the spine, not the back, not what is outside the ribs."""
    r, a = (axis / np.float32(size) for axis, size in zip(axes[:2], scale[:2], strict=True))
    r, a = r[:, None], a[None, :]
    way_out = np.hypot(r / np.float32(CAVITY_MM[0]), a / np.float32(CAVITY_MM[1]))
    outside = (way_out - 1) * np.float32(min(CAVITY_MM))
    # The front of the belly goes with the breath, so the wall holds still at the sides and the back only.
    still = _ramp(outside, 0, WALL_MM) * (1 - _ramp(a, 0, CAVITY_MM[1]))
    from_spine = np.hypot(r, a - np.float32(SPINE_Y))
    return ((1 - still) * _ramp(from_spine, *SPINE_MM))[:, :, None]


def _to_the_front(axes: Axes, scale: npt.NDArray[np.float64]) -> FloatArray:
    return _ramp(axes[1] / np.float32(scale[1]), SPINE_Y, CAVITY_MM[1])[None, :, None]


def _along_the_body(axes: Axes, scale: npt.NDArray[np.float64]) -> FloatArray:
    """Motion along S, 1 at the diaphragm, less in the chest and low in the belly."""
    s = axes[2] / np.float32(scale[2])
    return (1 - 0.65 * (1 - _ramp(s, -260, -40)) - 0.4 * _ramp(s, 0, 120))[None, None, :]


def _sample(field: list[FloatArray], points: npt.ArrayLike) -> list[FloatArray]:
    """The field's parts at points, first axis R, A, S; beyond the lattice as at its edge."""
    index = [(np.asarray(p) - low) / STEP_MM for p, (low, _) in zip(np.asarray(points), REGION_MM, strict=True)]
    return [ndimage.map_coordinates(part, index, order=1, mode="nearest") for part in field]


def _on_grid(part: FloatArray, axes: Axes) -> FloatArray:
    """Linear interpolation of a lattice on a grid, one axis after the other."""
    for n, (axis, (low, _)) in enumerate(zip(axes, REGION_MM, strict=True)):
        index = np.clip((axis - low) / STEP_MM, 0, part.shape[n] - 1)
        below = np.minimum(index.astype(int), part.shape[n] - 2)
        weight = (index - below).astype(np.float32).reshape([-1 if n == m else 1 for m in range(3)])
        part = np.take(part, below, axis=n) * (1 - weight) + np.take(part, below + 1, axis=n) * weight
    return part
