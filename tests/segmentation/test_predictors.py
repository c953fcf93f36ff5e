"""What stands around the networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livercad.errors import ModelError
from livercad.networks.leuven_unet import LESION_HALO
from livercad.segmentation.lesions import LARGEST_WINDOW, LesionPredictor, output_window
from livercad.segmentation.liver import LiverPredictor, one_organ
from livercad.settings import Settings


def test_only_the_largest_piece_stays_and_its_holes_are_filled() -> None:
    mask = np.zeros((40, 40, 40), dtype=bool)
    mask[5:25, 5:25, 5:25] = True
    mask[12:16, 12:16, 12:16] = False
    mask[30:36, 30:36, 30:36] = True
    organ = one_organ(mask)
    assert organ[14, 14, 14]
    assert not organ[30:].any()


def test_what_hangs_on_a_thin_bridge_is_cut_off() -> None:
    mask = np.zeros((50, 30, 30), dtype=bool)
    mask[5:25, 5:25, 5:25] = True
    mask[25:32, 14, 14] = True
    mask[32:42, 9:19, 9:19] = True
    organ = one_organ(mask)
    assert not organ[34:].any()
    np.testing.assert_array_equal(organ[5:25, 5:25, 5:25], True)


def test_the_corners_of_the_organ_are_not_rounded_off() -> None:
    mask = np.zeros((30, 30, 30), dtype=bool)
    mask[5:25, 5:25, 5:25] = True
    np.testing.assert_array_equal(one_organ(mask), mask)


def test_a_slab_that_the_image_cuts_on_both_sides_stays() -> None:
    mask = np.zeros((30, 30, 2), dtype=bool)
    mask[5:25, 5:25] = True
    np.testing.assert_array_equal(one_organ(mask), mask)


def test_an_empty_mask_has_no_organ() -> None:
    assert not one_organ(np.zeros((20, 20, 20), dtype=bool)).any()


@pytest.mark.parametrize("shape", [(4, 4, 2), (226, 223, 52), (181, 175, 50), (333, 290, 110), (512, 400, 170)])
def test_lesion_windows_fit_the_network_and_the_memory_limit(shape: tuple[int, int, int]) -> None:
    window = output_window(shape)
    assert [n % 8 for n in window] == [4, 4, 2]
    assert np.prod(np.add(window, LESION_HALO) + LESION_HALO) <= LARGEST_WINDOW


def test_an_ordinary_liver_is_one_lesion_window() -> None:
    assert all(w >= n for w, n in zip(output_window((226, 223, 52)), (226, 223, 52), strict=True))


@pytest.mark.parametrize("predictor", [LiverPredictor, LesionPredictor])
def test_a_predictor_refuses_to_answer_without_weights(
    predictor: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="livercad models install"):
        predictor(Settings())
