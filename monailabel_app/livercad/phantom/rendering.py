"""From tissues to HU: unevenness of tissue, the scanner's blur and slice thickness, and its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.phantom.fields import REGION_MM, FloatArray, Region, SmoothField
from livercad.phantom.space import Grid
from livercad.phantom.tissues import TEXTURE, Enhancement, Tissue

HU_RANGE = (-1024, 3071)
"""What 12-bit CT stores."""
FWHM_PER_SIGMA = 2.3548


@dataclass(frozen=True)
class Acquisition:
    """How the scanner sees.

    Parameters
    ----------
    slice_thickness_mm : float
        Full width of the (rectangular) slice profile.
    resolution_mm : float
        Full width at half maximum of the in-plane point spread function.
    noise_hu : float
        SD of the noise in the middle of the body at dose 1 and slices of 2.5 mm.
    dose : float, default 1
        Relative to the reference; noise goes with its inverse square root.
    """

    slice_thickness_mm: float
    resolution_mm: float
    noise_hu: float
    dose: float = 1.0

    @property
    def noise_sd_hu(self) -> float:
        """SD of the noise in the middle of the body: quantum noise falls with dose and slice thickness."""
        return self.noise_hu * (2.5 / self.slice_thickness_mm / self.dose) ** 0.5


def draw_acquisition(grid: Grid, rng: np.random.Generator) -> Acquisition:
    """Draw a scanner: body kernels between soft and standard, slices as thick as they are apart or a little thicker.

    Noise around the noise indices of 11 to 13 HU that Yasaka 2018, "CT Imaging", names.
    """
    return Acquisition(
        slice_thickness_mm=grid.spacing[2] * rng.uniform(1.0, 1.4),
        resolution_mm=rng.uniform(1.1, 1.8),
        noise_hu=rng.uniform(9, 17),
    )


def texture(grid: Grid, rng: np.random.Generator, region: Region = REGION_MM) -> FloatArray:
    """Unevenness inside tissues, SD 1, the same in every phase of a patient.

    Parameters
    ----------
    grid : Grid
        Voxels.
    rng : numpy.random.Generator
        Draws it.
    region : tuple of tuple of float, optional
        Where it is drawn, mm along R, A, S; another region gives another unevenness.

    Returns
    -------
    ndarray, shape (R, A, S)
        To be scaled by each tissue's own amount.
    """
    fine, coarse = (SmoothField(rng, scale_mm, region).on(grid.axes) for scale_mm in (3.0, 10.0))
    return np.float32(0.75) * fine + np.float32(0.66) * coarse


def render(
    tissues: npt.NDArray[np.uint8],
    instances: npt.NDArray[np.uint16],
    uneven: FloatArray,
    phase: Phase,
    patient: Enhancement,
    lesions: dict[int, Enhancement],
    grid: Grid,
    acquisition: Acquisition,
    rng: np.random.Generator,
) -> npt.NDArray[np.int16]:
    """Make the volume of one phase.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (R, A, S)
        `Tissue` of every voxel.
    instances : ndarray of uint16, shape (R, A, S)
        Lesion numbers.
    uneven : ndarray, shape (R, A, S)
        From `texture`.
    phase : Phase
        When it is taken.
    patient : Enhancement
        HU of the patient's tissues.
    lesions : dict of int to Enhancement
        HU of each lesion's tissues.
    grid : Grid
        Voxels.
    acquisition : Acquisition
        The scanner.
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    ndarray of int16, shape (R, A, S)
        HU.
    """
    image = patient.hu(phase)[tissues]
    for number, lesion in lesions.items():
        where = instances == number
        image[where] = lesion.hu(phase)[tissues[where]]
    image += TEXTURE[tissues] * uneven
    image = ndimage.gaussian_filter(image, _blur_voxels(grid, acquisition), mode="nearest", truncate=3)
    image += _noise(grid, acquisition, rng) * _noise_profile(tissues, grid)[:, :, None]
    return np.clip(np.rint(image), *HU_RANGE).astype(np.int16)


def _blur_voxels(grid: Grid, acquisition: Acquisition) -> tuple[float, float, float]:
    """SD (voxels) of the blur: point spread and voxel width in the plane, slice profile across it."""
    psf = acquisition.resolution_mm / FWHM_PER_SIGMA
    r, a, s = grid.spacing
    in_plane = [float(np.hypot(psf, step / 12**0.5) / step) for step in (r, a)]
    return in_plane[0], in_plane[1], acquisition.slice_thickness_mm / 12**0.5 / s


def _noise(grid: Grid, acquisition: Acquisition, rng: np.random.Generator) -> FloatArray:
    """Noise with the power spectrum of filtered back-projection, f · MTF(f)², in the plane.

    S. J. Riederer, N. J. Pelc, D. A. Chesler, "The noise power spectrum in computed X-ray tomography", Phys. Med. Biol.
    1978;23:446-454. Slices that overlap share noise.
    """
    white = rng.standard_normal(grid.shape, dtype=np.float32)
    f_r = scipy.fft.fftfreq(grid.shape[0], grid.spacing[0])[:, None]
    f_a = scipy.fft.rfftfreq(grid.shape[1], grid.spacing[1])[None, :]
    frequency = np.hypot(f_r, f_a)
    mtf = np.exp(-2 * (np.pi * frequency * acquisition.resolution_mm / FWHM_PER_SIGMA) ** 2)
    shaping = (np.sqrt(frequency) * mtf).astype(np.float32)
    spectrum = scipy.fft.rfft2(white, axes=(0, 1)) * shaping[:, :, None]
    noise: FloatArray = scipy.fft.irfft2(spectrum, s=grid.shape[:2], axes=(0, 1))
    overlap = np.sqrt(max(acquisition.slice_thickness_mm**2 - grid.spacing[2] ** 2, 0) / 12) / grid.spacing[2]
    if overlap > 0.1:
        noise = ndimage.gaussian_filter1d(noise, overlap, axis=2)
    return noise * np.float32(acquisition.noise_sd_hu / noise.std())


def _noise_profile(tissues: npt.NDArray[np.uint8], grid: Grid) -> FloatArray:
    """Noise relative to the middle of the body, shape (R, A): the more tissue around, the fewer photons arrive."""
    body = (tissues > Tissue.TABLE).mean(axis=2).astype(np.float32)
    around = ndimage.gaussian_filter(body, [55 / grid.spacing[0], 55 / grid.spacing[1]], mode="constant")
    return np.float32(0.35) + np.float32(0.65) * around / np.float32(around.max())
