"""What the organ network sees of a liver: pooled over the liver alone, wherever it lies in the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.core.phases import Phase
from livercad.networks.organ_unet import STRIDE, WIDTHS, OrganUNet
from livercad.phantom.studies import CTStudy, reorient
from livercad.phases.embedding import liver_features
from livercad.phases.recognize import PhaseRecognizer

SIDE = 4 * STRIDE


@pytest.fixture(scope="module")
def network() -> OrganUNet:
    torch.manual_seed(0)
    return OrganUNet(3).eval().requires_grad_(False)


def test_features_are_the_deepest_level_averaged_over_the_liver(network: OrganUNet) -> None:
    image = np.random.default_rng(0).normal(60, 40, (SIDE,) * 3).astype(np.float32)
    seen = []
    handle = network.down[-1].register_forward_hook(lambda module, given, made: seen.append(made[0].numpy()))
    liver = np.zeros(image.shape, np.float32)
    liver[STRIDE : 2 * STRIDE, :STRIDE, :STRIDE] = 1
    liver[:STRIDE, :STRIDE, :STRIDE] = 0.5
    found = liver_features(network, image, liver)
    handle.remove()
    (maps,) = seen
    assert maps.shape == (WIDTHS[-1], 4, 4, 4)
    np.testing.assert_allclose(found, (2 * maps[:, 1, 0, 0] + maps[:, 0, 0, 0]) / 3, rtol=1e-5, atol=1e-6)


def test_the_same_liver_has_the_same_features_however_its_file_is_turned(
    recognizer: PhaseRecognizer, patient: CTStudy
) -> None:
    image, liver = patient.images[Phase.PORTAL], patient.livers[Phase.PORTAL]
    found = recognizer.liver_features(image, liver)
    turned = recognizer.liver_features(reorient(image, "PIR"), reorient(liver, "PIR"))
    np.testing.assert_allclose(turned, found, atol=1e-3)
    other = recognizer.liver_features(patient.images[Phase.UNENHANCED], patient.livers[Phase.UNENHANCED])
    assert np.linalg.norm(other - found) > 10 * np.linalg.norm(turned - found)
