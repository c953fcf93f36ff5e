from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.phantom.rendering import Acquisition, render
from livercad.phantom.space import Grid
from livercad.phantom.studies import CTStudy
from livercad.phantom.tissues import ATTENUATION, FATTY_HU, FATTY_SHARE, Enhancement, Tissue


def core(study: CTStudy, tissue: Tissue) -> np.ndarray:
    """Voxels of a tissue that have no other beside them."""
    return ndimage.binary_erosion(study.tissues.array == tissue, np.ones((3, 3, 3)))


def test_every_tissue_has_an_attenuation() -> None:
    assert set(ATTENUATION) == set(Tissue)


def test_patients_vary_around_the_table_before_contrast_medium() -> None:
    drawn = np.array([Enhancement(np.random.default_rng(seed)).hu(Phase.UNENHANCED) for seed in range(400)])
    table = np.array([ATTENUATION[tissue].unenhanced for tissue in Tissue])
    table[Tissue.LIVER] -= FATTY_SHARE * np.mean(FATTY_HU)
    error = np.array([ATTENUATION[tissue].sd for tissue in Tissue]) / 20
    error[Tissue.LIVER] += 0.5
    assert np.all(np.abs(drawn.mean(axis=0) - table) <= 4 * error + 1e-3)
    assert drawn[:, Tissue.LIVER].std() > 6


def test_a_lesion_shares_its_patients_blood_and_differs_from_his_other_lesions() -> None:
    patient = Enhancement(np.random.default_rng(1))
    one, other = (Enhancement(np.random.default_rng(seed), patient) for seed in (2, 3))
    assert one.timing == other.timing == patient.timing
    assert one.circulation is patient.circulation
    assert abs(one.hu(Phase.ARTERIAL)[Tissue.HCC] - other.hu(Phase.ARTERIAL)[Tissue.HCC]) > 1


LESIONS = {
    # By tissue: HU less the liver's in the arterial and in the delayed phase, and its own from arterial to delayed.
    Tissue.HCC: (1, -1, -1),
    Tissue.METASTASIS_CENTER: (-1, -1, 1),
    Tissue.METASTASIS_HYPERVASCULAR: (1, -1, 0),
    Tissue.CHOLANGIOCARCINOMA_CENTER: (-1, 0, 1),
    Tissue.HEMANGIOMA_NODULE: (1, 1, -1),
    Tissue.HEMANGIOMA_CENTER: (-1, 1, 1),
    Tissue.FNH: (1, 0, -1),
    Tissue.HYPERVASCULAR_NODULE: (1, 0, 0),
    Tissue.DYSPLASTIC_NODULE: (-1, 0, 1),
    Tissue.CYST: (-1, -1, 0),
}


@pytest.mark.parametrize(("tissue", "expected"), LESIONS.items(), ids=lambda value: getattr(value, "name", ""))
def test_every_lesion_has_the_pattern_that_the_literature_gives_it(
    tissue: Tissue, expected: tuple[int, int, int]
) -> None:
    patients = [Enhancement(np.random.default_rng(seed)) for seed in range(60)]
    lesions = [Enhancement(np.random.default_rng(seed + 999), patient) for seed, patient in enumerate(patients)]
    arterial, delayed = (
        np.mean([lesion.hu(phase)[tissue] for lesion in lesions]) for phase in (Phase.ARTERIAL, Phase.DELAYED)
    )
    liver = [np.mean([patient.hu(phase)[Tissue.LIVER] for patient in patients]) for phase in tuple(Phase)[1::2]]
    found = (arterial - liver[0], delayed - liver[1], delayed - arterial)
    for difference, sign, bound in zip(found, expected, (5, 9, 0), strict=True):
        assert difference * sign > bound if sign else abs(difference) < 13


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
    assert abs(mean(Tissue.CYST, portal) - mean(Tissue.CYST, unenhanced)) < 12
    assert mean(Tissue.METASTASIS_CENTER, portal) < mean(Tissue.LIVER, portal) - 25
