from __future__ import annotations

import cc3d
import numpy as np
import pytest

from livercad.core.diameters import longest_axial_diameters
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.fillings import Inside, fill
from livercad.phantom.lesions import KINDS, Placed, draw_types, outline
from livercad.phantom.studies import CTStudy
from livercad.phantom.tissues import LESION_TISSUES, Tissue
from livercad.phantom.truth import true_lesions

AXES = tuple(np.arange(-30, 30.1, step, dtype=np.float32) for step in (0.8, 0.8, 1.5))


def as_volume(mask: np.ndarray) -> Volume:
    affine = np.diag([0.8, 0.8, 1.5, 1.0])
    affine[:3, 3] = -30
    return Volume(mask.astype(np.uint16), affine)


def test_a_regular_lesion_is_a_sphere_and_its_truth_is_the_closed_form() -> None:
    center = (2.0, -3.0, 1.5)
    distance = outline(AXES, center, 36.0, irregularity=0.0, rng=np.random.default_rng(0))
    (row,) = true_lesions("sphere", [Placed(1, LesionType.CYST)], as_volume(distance < 0))
    assert row.volume_ml == pytest.approx(np.pi / 6 * 3.6**3, rel=0.01)
    # The outline runs along voxel faces, so a digital disc is up to two voxels wider than the true one.
    assert 36.0 <= row.diameter_mm <= 36.0 + 2 * 0.8
    assert (row.center_r_mm, row.center_a_mm, row.center_s_mm) == pytest.approx(center, abs=0.1)


def test_an_irregular_lesion_keeps_its_size_but_not_its_shape() -> None:
    volumes, errors = [], []
    for seed in range(8):
        distance = outline(AXES, (0, 0, 0), 30.0, irregularity=0.09, rng=np.random.default_rng(seed))
        sphere = sum(np.meshgrid(*(a**2 for a in AXES), indexing="ij")) < 15**2
        volumes.append((distance < 0).sum() * 0.8 * 0.8 * 1.5 / 1000)
        errors.append(((distance < 0) ^ sphere).sum() / sphere.sum())
    assert np.mean(volumes) == pytest.approx(np.pi / 6 * 27, rel=0.15)
    assert min(errors) > 0.08


def test_sizes_and_numbers_stay_in_their_ranges() -> None:
    for seed in range(200):
        drawn = draw_types(np.random.default_rng(seed))
        assert drawn and [d for _, d in drawn] == sorted((d for _, d in drawn), reverse=True)
        for kind_of, diameter in drawn:
            low, high = KINDS[kind_of].range_mm
            assert low <= diameter <= high


def test_all_lesions_asked_for_are_there(study: CTStudy) -> None:
    wanted = [LesionType.HCC, LesionType.METASTASIS, LesionType.HEMANGIOMA, LesionType.CYST]
    assert [row.type for row in study.lesions] == wanted


def test_every_type_is_drawn_in_some_patient() -> None:
    drawn = {kind_of for seed in range(300) for kind_of, _ in draw_types(np.random.default_rng(seed))}
    assert drawn == set(LesionType)


def test_lesions_lie_inside_the_liver(study: CTStudy, patient: CTStudy) -> None:
    for one in (study, patient):
        assert one.instances.array.any()
        assert np.all(one.liver.array[one.instances.array > 0] == 1)


def test_instances_are_the_components_of_the_lesion_tissues(study: CTStudy, patient: CTStudy) -> None:
    for one in (study, patient):
        mask = np.isin(one.tissues.array, LESION_TISSUES)
        assert np.array_equal(mask, one.instances.array > 0)
        components = cc3d.connected_components(mask, connectivity=26)
        pairs = np.unique(np.stack([components[mask], one.instances.array[mask]]), axis=1)
        assert pairs.shape[1] == components.max() == len(one.lesions)


def test_the_table_says_what_the_map_shows(study: CTStudy) -> None:
    labels = study.instances
    for row in study.lesions:
        where = np.argwhere(labels.array == row.lesion)
        assert row.volume_ml == pytest.approx(len(where) * 4.2 * 4.2 * 5.0 / 1000)
        center = labels.affine[:3, :3] @ where.mean(axis=0) + labels.affine[:3, 3]
        assert (row.center_r_mm, row.center_a_mm, row.center_s_mm) == pytest.approx(center)
        longest, _ = longest_axial_diameters(labels.like(labels.array == row.lesion))
        assert row.diameter_mm == pytest.approx(longest.length_mm, abs=0.01)
    volumes = [row.volume_ml for row in study.lesions]
    assert [row.lesion for row in study.lesions] == [1, 2, 3, 4] and volumes == sorted(volumes, reverse=True)


ALLOWED = {
    LesionType.CYST: {Tissue.CYST},
    LesionType.HEMANGIOMA: {Tissue.HEMANGIOMA_NODULE, Tissue.HEMANGIOMA_CENTER},
    LesionType.HCC: {Tissue.HCC, Tissue.HCC_CAPSULE, Tissue.NECROSIS},
    LesionType.METASTASIS: {
        Tissue.METASTASIS_RIM,
        Tissue.METASTASIS_CENTER,
        Tissue.METASTASIS_HYPERVASCULAR,
        Tissue.NECROSIS,
    },
    LesionType.CHOLANGIOCARCINOMA: {Tissue.CHOLANGIOCARCINOMA_RIM, Tissue.CHOLANGIOCARCINOMA_CENTER},
    LesionType.FNH: {Tissue.FNH, Tissue.FNH_SCAR},
    LesionType.HYPERVASCULAR_NODULE: {Tissue.HYPERVASCULAR_NODULE},
    LesionType.DYSPLASTIC_NODULE: {Tissue.DYSPLASTIC_NODULE},
}


@pytest.mark.parametrize("kind_of", LesionType)
def test_lesions_of_a_type_consist_of_its_tissues_and_take_every_form(kind_of: LesionType) -> None:
    distance = outline(AXES, (0, 0, 0), 44.0, irregularity=0.02, rng=np.random.default_rng(0))
    found: set[int] = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        tissues = np.full(distance.shape, Tissue.LIVER, np.uint8)
        grain = rng.standard_normal(distance.shape).astype(np.float32)
        fill(tissues, distance < 0, Inside(distance, 44.0, grain), kind_of, rng)
        assert np.all(tissues[distance >= 0] == Tissue.LIVER)
        found |= set(np.unique(tissues[distance < 0]).tolist())
    assert found == {int(tissue) for tissue in ALLOWED[kind_of]}
