"""From tissue to a B-mode image: speckle, attenuation, amplification, compression, the sector.

References
----------
Jensen JA. Field: a program for simulating ultrasound systems. Med Biol Eng Comput 1996;34(suppl 1):351-353: an image is
the sum of scatterers' echoes, each the system's point spread function at its place.

Burckhardt CB. Speckle in ultrasound B-mode scans. IEEE Trans Sonics Ultrason 1978;25(1):1-6: where many scatterers
share a resolution cell the envelope is Rayleigh distributed, mean over standard deviation 1.91.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from livercad.phantom.ultrasound.probe import STEP_MM, Probe, Screen

Array = npt.NDArray[np.float32]

DYNAMIC_RANGE_DB = 60.0
"""Echoes from black to white; 50 to 70 dB are usual presets for the abdomen."""
LIVER_GREY = 0.32
"""Share of white that liver has at a gain of 0 dB. By eye, of real images."""
NOISE_DB = -62.0
"""Of the receiver against liver at the probe's face, before amplification: with 3 dB/cm it shows from about 15 cm."""
CLUTTER_DB = -27.0
"""Echoes from beside the beam and from out of the slice (side lobes, elevation), which fill small cysts."""
CLUTTER_LINES = 14.0
"""How far these come from, in lines."""
BACK_AND_FORTH = 2.0
"""Sound passes tissue twice."""


@dataclass(frozen=True)
class Tissue:
    """What lies along the beams; arrays of shape (samples, lines).

    Parameters
    ----------
    echo_db : ndarray
        Backscatter against normal liver, dB.
    attenuation : ndarray
        dB/cm/MHz, one way.
    mirror_db : ndarray
        Strength of surfaces that reflect as a whole, in the unit of `echo_db`; -inf where there are none.
    """

    echo_db: Array
    attenuation: Array
    mirror_db: Array


@dataclass(frozen=True)
class Knobs:
    """How the scanner is set.

    Parameters
    ----------
    gain_db : float
        Above or below what shows liver as `LIVER_GREY`.
    compensated : float
        Attenuation that the time gain compensation makes up for, dB/cm/MHz: that of normal liver, more or less.
    looks : int
        Independent looks (directions, frequencies) whose envelopes are averaged to calm speckle, as scanners do; the
        mean over the standard deviation grows with their square root.
    contact_db : float
        What the outer beams lose where the probe's face does not touch the skin.
    contact_side : float
        Which: −1 on the left, 1 on the right.
    """

    gain_db: float = 0.0
    compensated: float = 0.5
    looks: int = 1
    contact_db: float = 0.0
    contact_side: float = 1.0


def envelope(tissue: Tissue, probe: Probe, knobs: Knobs, rng: np.random.Generator) -> Array:
    """Echo amplitude after amplification, normal liver at 1.

    Echoes are held in baseband, as amplitude and phase: scatterers lie anywhere within a wavelength, so their phases
    are random, and as dozens share a sample each sample is a complex normal number.

    Parameters
    ----------
    tissue : Tissue
        Along the beams of `probe`.
    probe : Probe
        Frequency, pulse and beams.
    knobs : Knobs
        Time gain compensation; gain is applied by `b_mode`.
    rng : Generator
        Of scatterers and noise.

    Returns
    -------
    ndarray of float32, shape (samples, lines)
        Above 0.
    """
    lost = np.cumsum(tissue.attenuation, axis=0, dtype=np.float32)
    path = BACK_AND_FORTH * probe.frequency_mhz * STEP_MM / 10
    gained = knobs.compensated * path * np.arange(1, len(lost) + 1, dtype=np.float32)[:, None]
    across = knobs.contact_side * probe.angles / probe.half_angle
    level = gained - lost * path - knobs.contact_db / (1 + np.exp((0.72 - across) / 0.05))
    scattering, mirrors = _amplitude(tissue.echo_db + level), _amplitude(tissue.mirror_db + level)
    spread = np.sqrt(ndimage.uniform_filter1d(scattering**2, int(2 * CLUTTER_LINES), axis=1, mode="nearest"))
    # Clutter adds its power to the scatterers' own, as its phases are random as well.
    scattering = np.hypot(scattering, _amplitude(CLUTTER_DB) * spread)
    noise = _amplitude(NOISE_DB + gained)
    total = np.zeros_like(scattering)
    for _ in range(knobs.looks):
        seen = blurred(scattering * _phasors(rng, scattering.shape) + mirrors, probe)
        total += np.abs(seen + noise * _phasors(rng, scattering.shape))
    return total / np.float32(knobs.looks)


def blurred(echoes: npt.NDArray[np.complex64], probe: Probe) -> npt.NDArray[np.complex64]:
    """Convolve scatterers with the point spread function: a Gaussian pulse, and a beam whose width goes with depth.

    Parameters
    ----------
    echoes : ndarray of complex64, shape (samples, lines)
        Scatterers in baseband.
    probe : Probe
        Pulse and beams.

    Returns
    -------
    ndarray of complex64, shape (samples, lines)
        White noise of power 1 keeps it at every depth.
    """
    lines = echoes.shape[1]
    wide = fft.next_fast_len(lines + 32)
    waves = 2 * np.pi * np.fft.fftfreq(wide).astype(np.float32)
    across = np.exp(-0.5 * (waves * probe.beam_sigma) ** 2)
    across /= np.sqrt((across**2).mean(axis=1, keepdims=True))
    # The transform is periodic: each end of the sector is mirrored, that the other does not shine into it.
    before = (wide - lines) // 2
    padded = np.pad(echoes, ((0, 0), (before, wide - lines - before)), mode="reflect")
    beams = fft.ifft(fft.fft(padded, axis=1) * across, axis=1)[:, before : before + lines]
    sigma = probe.pulse_mm / STEP_MM
    reach = np.arange(-int(4 * sigma + 1), int(4 * sigma + 1) + 1)
    pulse = np.exp(-0.5 * (reach / sigma) ** 2).astype(np.float32)
    pulse /= np.sqrt((pulse**2).sum())
    parts = [ndimage.convolve1d(part, pulse, axis=0, mode="reflect") for part in (beams.real, beams.imag)]
    return np.asarray(parts[0] + 1j * parts[1], np.complex64)


def b_mode(amplitude: Array, screen: Screen, knobs: Knobs) -> npt.NDArray[np.uint8]:
    """Compress to the dynamic range and lay the beams out as a sector.

    Parameters
    ----------
    amplitude : ndarray, shape (samples, lines)
        Of `envelope`.
    screen : Screen
        The image.
    knobs : Knobs
        Gain.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        Black outside the sector.
    """
    level = 20 * np.log10(np.maximum(amplitude, 1e-6)) + knobs.gain_db
    shown = np.clip(level / DYNAMIC_RANGE_DB + LIVER_GREY, 0, 1).astype(np.float32)
    grey = ndimage.map_coordinates(shown, screen.beam_places, order=1, mode="nearest")
    return np.round(np.where(screen.sector, grey, 0) * 255).astype(np.uint8)


def _amplitude(level_db: npt.ArrayLike) -> Array:
    return np.exp(np.asarray(level_db, np.float32) * np.float32(np.log(10) / 20))


def _phasors(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.complex64]:
    parts = rng.standard_normal((2, *shape), dtype=np.float32)
    return np.asarray((parts[0] + 1j * parts[1]) * np.float32(np.sqrt(0.5)), np.complex64)
