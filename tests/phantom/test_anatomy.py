from __future__ import annotations

import cc3d
import numpy as np
import pytest
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.phantom.studies import CTStudy
from livercad.phantom.tissues import INTRAHEPATIC, Tissue

KIDNEY = (Tissue.KIDNEY_CORTEX, Tissue.KIDNEY_MEDULLA)


def center(study: CTStudy, *tissues: Tissue) -> np.ndarray:
    """Centre of mass of tissues in RAS mm, relative to that of the body."""
    affine = study.tissues.affine[:3, :3]
    where = np.argwhere(np.isin(study.tissues.array, tissues)).mean(axis=0)
    body = np.argwhere(study.tissues.array > Tissue.TABLE).mean(axis=0)
    return affine @ (where - body)


def volume_ml(study: CTStudy, *tissues: Tissue) -> float:
    return float(np.isin(study.tissues.array, tissues).sum()) * study.tissues.voxel_volume_ml


def near(study: CTStudy, *tissues: Tissue) -> np.ndarray:
    return ndimage.binary_dilation(np.isin(study.tissues.array, tissues), iterations=2)


def test_organs_lie_where_they_belong(patient: CTStudy) -> None:
    liver, spleen, heart = (center(patient, t) for t in (Tissue.LIVER, Tissue.SPLEEN, Tissue.MYOCARDIUM))
    spine, aorta, cava = (center(patient, t) for t in (Tissue.BONE_MARROW, Tissue.AORTA, Tissue.CAVA))
    assert liver[0] > 25 > -25 > spleen[0]
    assert heart[2] > liver[2] > center(patient, *KIDNEY)[2]
    assert spine[1] < aorta[1] < liver[1]
    assert aorta[0] < cava[0]


def test_the_liver_is_of_human_size_in_one_piece_and_whole(patient: CTStudy) -> None:
    mask = patient.liver.array
    assert 1000 < mask.sum() * patient.liver.voxel_volume_ml < 2300
    assert cc3d.connected_components(mask, connectivity=26).max() == 1
    assert not mask[:, :, [0, -1]].any()


@pytest.mark.parametrize(
    ("tissues", "low", "high"),
    [((Tissue.SPLEEN,), 60, 400), (KIDNEY, 120, 450), ((Tissue.BILE,), 2, 60), ((Tissue.GAS,), 5, 1500)],
)
def test_organs_are_of_human_size(patient: CTStudy, tissues: tuple[Tissue, ...], low: float, high: float) -> None:
    assert low < volume_ml(patient, *tissues) < high


def test_gallbladder_and_cava_touch_the_liver(patient: CTStudy) -> None:
    liver = patient.liver.array > 0
    assert (liver & near(patient, Tissue.GALLBLADDER_WALL, Tissue.BILE)).any()
    assert (liver & near(patient, Tissue.CAVA)).any()


def test_the_right_liver_lies_against_the_wall_and_under_the_lung(patient: CTStudy) -> None:
    liver = patient.liver.array > 0
    wall = near(patient, Tissue.MUSCLE, Tissue.BONE_CORTEX)
    assert (liver & wall)[patient.liver.shape[0] // 2 :].sum() * patient.liver.voxel_volume_ml > 30
    assert (liver & near(patient, Tissue.LUNG)).any()


def test_the_left_lobe_crosses_the_midline(patient: CTStudy) -> None:
    middle = int(np.argwhere(patient.tissues.array == Tissue.SPINAL_CANAL)[:, 0].mean())
    left = patient.liver.array[:middle].sum() * patient.liver.voxel_volume_ml
    assert 50 < left < 0.5 * patient.liver.array.sum() * patient.liver.voxel_volume_ml


def test_no_other_organ_reaches_into_the_liver(patient: CTStudy) -> None:
    assert set(np.unique(patient.tissues.array[patient.liver.array > 0])) <= set(INTRAHEPATIC)


def test_vessels_run_through_the_liver(patient: CTStudy) -> None:
    inside = patient.tissues.array[patient.liver.array > 0]
    for vessel in (Tissue.PORTAL_VEIN, Tissue.HEPATIC_VEIN):
        assert 0.002 < (inside == vessel).mean() < 0.1


def test_gas_lies_in_front_of_the_fluid_in_the_stomach(patient: CTStudy) -> None:
    tissues = patient.tissues.array
    fluid = np.argwhere(tissues == Tissue.STOMACH_CONTENT)
    box = tuple(slice(a, b + 1) for a, b in zip(fluid.min(axis=0), fluid.max(axis=0), strict=True))
    gas = np.argwhere(tissues[box[0], :, box[2]] == Tissue.GAS)
    assert len(gas) == 0 or gas[:, 1].mean() > fluid[:, 1].mean()


def test_the_body_is_surrounded_by_air(patient: CTStudy) -> None:
    image = patient.images[Phase.PORTAL].array
    assert image[0, -1].max() < -900 and image[-1, -1].max() < -900
