"""What is measured of organs that lie where we put them."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.phases.features import FEATURES, features_of, measure_organs
from livercad.phases.organs import Organ

HU = {Organ.BACKGROUND: -100, Organ.LIVER: 110, Organ.AORTA: 150, Organ.SPLEEN: 120, Organ.MUSCLE: 60,
      Organ.PORTAL_VEIN: 160}  # fmt: skip


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((48, 40, 24), np.uint8)
    labels[24:44, 10:35, 4:20] = Organ.LIVER
    labels[30:33, 20:23, 6:18] = Organ.PORTAL_VEIN
    labels[18:22, 8:12] = Organ.AORTA
    labels[4:12, 12:24, 6:18] = Organ.SPLEEN
    labels[:, :5] = Organ.MUSCLE
    return labels


@pytest.fixture
def image(labels: np.ndarray) -> np.ndarray:
    """Every organ at its HU, its outer layer half way to the fat, as at the spacing of the network."""
    hu = np.zeros(256, np.float32)
    hu[list(HU)] = list(HU.values())
    image = hu[labels]
    blurred = sum(np.roll(image, shift, axis) for axis in range(3) for shift in (-1, 1)) / 6
    return np.where(blurred < image, (image + blurred) / 2, image).astype(np.float32)


def test_organs_are_measured_off_their_edges_and_missing_ones_are_left_out(image, labels):
    measured = measure_organs(image, labels)
    for organ in ("liver", "aorta", "spleen", "muscle", "portal_vein"):
        assert measured[f"{organ}_50"] == pytest.approx(HU[Organ[organ.upper()]], abs=1)
    assert not any(name.startswith(("kidney", "cava", "heart", "hepatic")) for name in measured)


def test_features_have_differences_and_nan_where_an_organ_is_missing(image, labels):
    features = dict(zip(FEATURES, features_of(measure_organs(image, labels)), strict=True))
    assert features["aorta_50-liver_50"] == pytest.approx(40, abs=2)
    assert np.isnan(features["kidney_50"]) and np.isnan(features["aorta_50-cava_50"])


def test_a_liver_that_is_given_counts_and_its_vessels_do_not(image, labels):
    liver = labels == Organ.PORTAL_VEIN
    liver[24:44, 10:35, 4:12] = True
    labels[labels == Organ.LIVER] = Organ.BACKGROUND
    assert "liver_50" not in measure_organs(image, labels)
    assert measure_organs(image, labels, liver)["liver_75"] == pytest.approx(110, abs=1)


def test_what_lies_apart_from_the_aorta_is_not_the_aorta(image, labels):
    image[46:48, 36:38], labels[46:48, 36:38] = 900, Organ.AORTA
    assert measure_organs(image, labels)["aorta_80"] == pytest.approx(150, abs=1)


def test_a_few_voxels_are_no_organ(image, labels):
    labels[0, 39, :5] = Organ.CAVA
    labels[:, :5] = Organ.BACKGROUND
    labels[:3, :3, :3] = Organ.MUSCLE
    assert {"cava_50", "muscle_50"}.isdisjoint(measure_organs(image, labels))
