"""From tissues at the network's spacing to HU: drawn wide, so that no scanner and no disease lies outside.

B. Billot et al., "SynthSeg: segmentation of brain MRI scans of any contrast and resolution without retraining", Medical
Image Analysis 2023;86:102789, train on contrasts that are drawn at random; half of ours are, half are a CT's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.phantom.tissues import LESION_TISSUES, Enhancement, Tissue
from livercad.phases.organs import SPACING_MM
from livercad.phases.training.anatomies import TissueMap

FloatArray = npt.NDArray[np.float32]

REALISTIC_PROBABILITY = 0.5
FIXED_HU: dict[Tissue, tuple[float, float]] = {
    Tissue.AIR: (-1010, -990),
    Tissue.TABLE: (-300, 250),
    Tissue.SKIN: (-40, 90),
    Tissue.FAT: (-135, -65),
    Tissue.VISCERAL_FAT: (-130, -60),
    Tissue.FASCIA: (-90, 20),
    Tissue.LUNG: (-950, -550),
    Tissue.GAS: (-1000, -850),
    Tissue.BONE_CORTEX: (250, 1100),
    Tissue.BONE_MARROW: (60, 420),
    Tissue.CARTILAGE: (60, 250),
    Tissue.MUSCLE: (15, 95),
    Tissue.BILE: (-15, 60),
    Tissue.STOMACH_CONTENT: (-40, 90),
    Tissue.BOWEL_FLUID: (-40, 90),
    Tissue.STOOL: (-250, 120),
}
"""Tissues that keep to a range of HU even where contrasts are drawn at random."""
SOFT_HU = (15.0, 170.0)
SOFT_SPREAD_HU = 110.0
"""Random contrast: the mean of the soft tissues, and the largest SD of single ones about it."""
ORAL_CONTRAST_PROBABILITY = 0.2
ASCITES_PROBABILITY = 0.06
EXCRETION_PROBABILITY = 0.3
TISSUE_SD_HU = 14.0
NOISE_SD_HU = (1.0, 28.0)
PSF_VOXELS = (0.3, 0.8)
THICK_SLICES_PROBABILITY = 0.45
SLICE_MM = (5.0, 11.0)
BLOBS = {Tissue.LIVER: 4.0, Tissue.SPLEEN: 0.3, Tissue.KIDNEY_CORTEX: 0.5}
"""Mean number of round lesions by organ, where there are any at all."""
BLOB_PROBABILITY = 0.5
BLOB_MM = (6.0, 75.0)


def draw_hu(rng: np.random.Generator) -> FloatArray:
    """Draw mean HU of the tissues, shape (number of tissues,), for training the organ network."""
    if rng.random() < REALISTIC_PROBABILITY:
        hu = Enhancement(rng).hu(Phase(rng.choice(list(Phase))))
        hu += rng.normal(0, rng.uniform(0, 20), len(Tissue)).astype(np.float32)
    else:
        hu = rng.normal(rng.uniform(*SOFT_HU), rng.uniform(0, SOFT_SPREAD_HU), len(Tissue)).astype(np.float32)
        hu = np.clip(hu, -30, 450)
    # A CT's own means at times, the tissue's whole range otherwise.
    for tissue, (low, high) in FIXED_HU.items():
        hu[tissue] = rng.uniform(low, high)
    if rng.random() < ORAL_CONTRAST_PROBABILITY:
        hu[[Tissue.STOMACH_CONTENT, Tissue.BOWEL_FLUID, Tissue.STOOL]] = rng.uniform(90, 700, 3)
    if rng.random() < ASCITES_PROBABILITY:
        hu[Tissue.VISCERAL_FAT] = rng.uniform(-20, 30)
    if rng.random() < EXCRETION_PROBABILITY:
        hu[Tissue.KIDNEY_PELVIS] = rng.uniform(60, 1500)
    return hu


def render_view(tissues: TissueMap, hu: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Make an image of a view.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (R, A, S)
        From `draw_view`.
    hu : ndarray, shape (number of tissues,)
        Mean HU by tissue.
    rng : numpy.random.Generator
        Draws lesions, unevenness, resolution, slice thickness and noise.

    Returns
    -------
    ndarray of float32, shape (R, A, S)
        HU at the network's spacing.
    """
    image = hu[tissues]
    if rng.random() < BLOB_PROBABILITY:
        for organ, mean in BLOBS.items():
            for _ in range(rng.poisson(mean)):
                _add_blob(image, tissues, organ, hu[organ], rng)
    uneven = rng.uniform(0, TISSUE_SD_HU, len(hu)).astype(np.float32)
    uneven[[Tissue.STOOL, Tissue.LUNG, Tissue.BONE_MARROW]] += 40
    grain = ndimage.gaussian_filter(rng.standard_normal(tissues.shape, dtype=np.float32), 0.7)
    image += uneven[tissues] * grain / np.float32(grain.std())
    psf = rng.uniform(*PSF_VOXELS)
    image = ndimage.gaussian_filter(image, psf, mode="nearest", truncate=3)
    if rng.random() < THICK_SLICES_PROBABILITY:
        image = _thick(image, rng.uniform(*SLICE_MM) / SPACING_MM[2])
    noise = np.exp(rng.uniform(*np.log(NOISE_SD_HU)))
    image += np.float32(noise) * rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(image)


def _add_blob(image: FloatArray, tissues: TissueMap, organ: Tissue, hu: float, rng: np.random.Generator) -> None:
    """Paint a round lesion, with another density in its middle at times, into one organ."""
    inside = np.argwhere(tissues == organ)
    if not len(inside):
        return
    center = inside[rng.integers(len(inside))]
    radius = np.exp(rng.uniform(*np.log(BLOB_MM))) / 2 / SPACING_MM[0] * rng.uniform(0.8, 1.25, 3)
    offsets = np.ogrid[tuple(slice(0, n) for n in tissues.shape)]
    distance = sum(((o - c) / r) ** 2 for o, c, r in zip(offsets, center, radius, strict=True))
    lesion = (distance < 1) & np.isin(tissues, (organ, *LESION_TISSUES))
    image[lesion] = hu + rng.normal(0, 45)
    if rng.random() < 0.4:
        image[lesion & (distance < rng.uniform(0.2, 0.7))] = rng.uniform(-5, 45)


def _thick(image: FloatArray, slice_voxels: float) -> FloatArray:
    """What slices of this thickness, resampled, leave of the image along S."""
    averaged = ndimage.gaussian_filter1d(image, slice_voxels / 12**0.5, axis=2, mode="nearest")
    few = max(2, round(image.shape[2] / slice_voxels))
    at = np.linspace(0, image.shape[2] - 1, few)
    slices = averaged[:, :, np.rint(at).astype(int)]
    position = np.interp(np.arange(image.shape[2]), at, np.arange(few))
    below = np.minimum(position.astype(int), few - 2)
    part = (position - below).astype(np.float32)
    return np.asarray(slices[:, :, below] * (1 - part) + slices[:, :, below + 1] * part)
