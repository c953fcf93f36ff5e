from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.phantom.rendering import Acquisition, render
from livercad.phantom.space import Grid
from livercad.phantom.studies import CTStudy
from livercad.phantom.tissues import ATTENUATION, UPTAKE_SD, Enhancement, Tissue


def core(study: CTStudy, tissue: Tissue) -> np.ndarray:
    """Voxels of a tissue that have no other beside them."""
    return ndimage.binary_erosion(study.tissues.array == tissue, np.ones((3, 3, 3)))


def test_every_tissue_has_an_attenuation() -> None:
    assert set(ATTENUATION) == set(Tissue)


@pytest.mark.parametrize("phase", Phase)
def test_patients_vary_around_the_table(phase: Phase) -> None:
    drawn = np.array([Enhancement(np.random.default_rng(seed)).hu(phase) for seed in range(400)])
    table = np.array([ATTENUATION[tissue].in_phase(phase) for tissue in Tissue])
    error = np.array([ATTENUATION[tissue].sd for tissue in Tissue]) / 20
    uptake = np.abs(table - [ATTENUATION[tissue].unenhanced for tissue in Tissue]) * UPTAKE_SD / 20
    assert np.all(np.abs(drawn.mean(axis=0) - table) <= 4 * (error + uptake) + 1e-3)
    assert drawn[:, Tissue.LIVER].std() > 2


@pytest.mark.parametrize("phase", Phase)
def test_an_image_without_noise_shows_the_patients_hu(study: CTStudy, phase: Phase) -> None:
    patient = Enhancement(np.random.default_rng(5))
    tissues = study.tissues.array
    grid = Grid(study.tissues.shape, study.tissues.spacing)
    image = render(
        tissues,
        np.zeros(tissues.shape, np.uint16),
        np.zeros(tissues.shape, np.float32),
        phase,
        patient,
        {},
        grid,
        Acquisition(slice_thickness_mm=5, resolution_mm=1.2, noise_hu=0),
        np.random.default_rng(0),
    )
    for tissue in (Tissue.LIVER, Tissue.SPLEEN, Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.LUNG, Tissue.AIR):
        assert np.median(image[core(study, tissue)]) == pytest.approx(patient.hu(phase)[tissue], abs=3)


def test_contrast_comes_and_goes_as_it_does_in_patients(study: CTStudy) -> None:
    def mean(tissue: Tissue, phase: Phase) -> float:
        return float(study.images[phase].array[study.tissues.array == tissue].mean())

    unenhanced, arterial, portal, delayed = Phase
    assert mean(Tissue.AORTA, arterial) > mean(Tissue.AORTA, portal) + 50 > mean(Tissue.AORTA, delayed) + 70
    assert mean(Tissue.LIVER, portal) > mean(Tissue.LIVER, arterial) + 20 > mean(Tissue.LIVER, unenhanced) + 22
    for phase in Phase:
        assert -130 < mean(Tissue.FAT, phase) < -60
    assert mean(Tissue.HCC, arterial) > mean(Tissue.LIVER, arterial) + 10
    assert mean(Tissue.HCC, delayed) < mean(Tissue.LIVER, delayed) - 5
    assert abs(mean(Tissue.CYST, portal) - mean(Tissue.CYST, unenhanced)) < 12
    assert mean(Tissue.HEMANGIOMA_CENTER, delayed) > mean(Tissue.HEMANGIOMA_CENTER, arterial) + 25
    assert mean(Tissue.METASTASIS_CENTER, portal) < mean(Tissue.LIVER, portal) - 25
