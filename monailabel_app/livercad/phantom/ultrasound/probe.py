"""A convex probe: where its beams run, and where they lie in the image.

References
----------
Szabo TL. Diagnostic ultrasound imaging: inside out. 2nd ed. Academic Press 2014, chapters 7 and 10: resolution along
and across the beam, convex arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SOUND_MM_PER_US = 1.54
"""Mean speed of sound in soft tissue, to which scanners are set (Szabo 2014, appendix B)."""
LINES = 256
"""Beams: twice the 128 elements of common arrays, as interpolated beams are usual."""
STEP_MM = 0.25
"""Between samples along a beam: two or more in the length of a pulse."""
MARGIN = 0.03
"""Black above and below the sector, as a share of the image's height."""
GROWTH = 0.03
"""mm that a beam is wider for each mm from the focus, beside what diffraction does: receive focusing follows the echo
and leaves the transmitted beam's spread. Our choice, by eye against real images."""


@dataclass(frozen=True)
class Probe:
    """Probe and depth setting.

    Parameters
    ----------
    depth_mm : float
        From the probe's face to the image's lower end; 12 to 18 cm are usual for the liver.
    radius_mm : float
        Of the face's curve; 40 to 60 mm in abdominal probes.
    half_angle : float
        Radians from the middle to the outermost beam; "the maximum deflection angle of the ultrasound beam was about
        ±30°" (Yamakawa 2020, section 2.4).
    frequency_mhz : float
        Centre frequency; 2 to 5 MHz in abdominal probes.
    bandwidth : float
        At half the amplitude, as a share of the centre frequency.
    aperture_mm : float
        Width that receives; sets how wide a beam is.
    focus_mm : float
        Depth of the transmit focus.
    """

    depth_mm: float = 145.0
    radius_mm: float = 50.0
    half_angle: float = 0.56
    frequency_mhz: float = 3.2
    bandwidth: float = 0.5
    aperture_mm: float = 20.0
    focus_mm: float = 80.0

    @cached_property
    def depths(self) -> Array:
        """Depth of every sample, mm, shape (samples, 1)."""
        return np.arange(STEP_MM / 2, self.depth_mm, STEP_MM, dtype=np.float32)[:, None]

    @cached_property
    def angles(self) -> Array:
        """Angle of every beam, radians, shape (1, lines)."""
        return np.linspace(-self.half_angle, self.half_angle, LINES, dtype=np.float32)[None]

    @cached_property
    def places(self) -> tuple[Array, Array]:
        """Where the samples lie: x to the right and y down from the middle of the face, mm, shapes (samples, lines)."""
        radius = self.depths + self.radius_mm
        return radius * np.sin(self.angles), radius * np.cos(self.angles) - self.radius_mm

    @property
    def pulse_mm(self) -> float:
        """Standard deviation of the pulse's envelope along the beam.

        A Gaussian pulse with the bandwidth b has a duration 4 ln 2 / (π b) at half its amplitude, and an echo comes
        from half of what sound travels meanwhile.
        """
        duration_us = 4 * np.log(2) / (np.pi * self.bandwidth * self.frequency_mhz)
        return float(SOUND_MM_PER_US * duration_us / 2 / _WIDTH_PER_SIGMA)

    @cached_property
    def beam_sigma(self) -> Array:
        """Standard deviation of the beam's width at every depth, in lines, shape (samples, 1).

        At half the amplitude a focused beam is λ z / a wide, and wider away from its focus.
        """
        wavelength = SOUND_MM_PER_US / self.frequency_mhz
        spread = GROWTH * (self.depths - self.focus_mm)
        width_mm = np.hypot(wavelength * np.maximum(self.depths, 10.0) / self.aperture_mm, spread)
        line_mm = (self.depths + self.radius_mm) * 2 * self.half_angle / (LINES - 1)
        return np.asarray(width_mm / line_mm / _WIDTH_PER_SIGMA, np.float32)


_WIDTH_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True)
class Screen:
    """The image that a sector fills.

    Parameters
    ----------
    probe : Probe
        Whose sector.
    columns, rows : int
        Pixels.
    """

    probe: Probe
    columns: int
    rows: int

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel: the smallest with which the sector fits."""
        probe, room = self.probe, 1 - 2 * MARGIN
        reach = probe.radius_mm + probe.depth_mm
        height = reach - probe.radius_mm * np.cos(probe.half_angle)
        return float(max(height / (self.rows * room), 2 * reach * np.sin(probe.half_angle) / (self.columns * room)))

    @cached_property
    def places(self) -> tuple[Array, Array]:
        """Where pixels lie, as `Probe.places`: shapes (1, columns) and (rows, 1)."""
        top = self.probe.radius_mm * (np.cos(self.probe.half_angle) - 1)
        x = (np.arange(self.columns, dtype=np.float32) - (self.columns - 1) / 2) * self.pixel_mm
        y = (np.arange(self.rows, dtype=np.float32) - MARGIN * self.rows) * self.pixel_mm + top
        return x[None].astype(np.float32), y[:, None].astype(np.float32)

    @cached_property
    def beam_places(self) -> tuple[Array, Array]:
        """Sample and line of every pixel, as fractions; shapes (rows, columns)."""
        x, y = self.places
        from_apex = y + self.probe.radius_mm
        depth = np.hypot(x, from_apex) - self.probe.radius_mm
        angle = np.arctan2(x, from_apex)
        sample = depth / STEP_MM - 0.5
        line = (angle / self.probe.half_angle + 1) / 2 * (LINES - 1)
        return sample.astype(np.float32), line.astype(np.float32)

    @cached_property
    def sector(self) -> npt.NDArray[np.bool_]:
        """Which pixels show tissue, shape (rows, columns)."""
        sample, line = self.beam_places
        return (sample >= 0) & (sample <= len(self.probe.depths) - 1) & (line >= 0) & (line <= LINES - 1)

    def pixel_of(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Column and row of a place in mm; 0 at the middle of the first pixel."""
        xs, ys = self.places
        return (x_mm - float(xs[0, 0])) / self.pixel_mm, (y_mm - float(ys[0, 0])) / self.pixel_mm
