"""How unsure the lesion network is: a closed form, small lesions in large livers, and images that change a little."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from fakes import LESION_HU, LIVER_HU, synthetic_abdomen
from livercad.errors import Cancelled
from livercad.progress import Progress, silent
from livercad.segmentation.lesion_grid import BACKGROUND, LiverView
from livercad.segmentation.lesions import LesionPredictor
from livercad.segmentation.uncertainty import CHANGES, Change, entropy_bits, mean_probability, uncertainty_of
from livercad.settings import Settings

LIVER = np.zeros((40, 40, 20), np.float32)
LIVER[5:35, 5:35, 2:18] = 1
INSIDE = LIVER > 0.5
SMALLEST = 8


def with_lesion(side: int, probability: float, rim: float = 0.0) -> np.ndarray:
    """A cube of a lesion in the middle of the liver; its outermost voxels may have another probability."""
    place = np.zeros(LIVER.shape)
    low = slice(20 - side // 2, 20 - side // 2 + side), slice(12, 12 + side), slice(5, 5 + min(side, 10))
    place[low] = rim or probability
    place[tuple(slice(each.start + 1, each.stop - 1) for each in low)] = probability
    return place


def test_entropy_is_that_of_a_coin() -> None:
    p = np.linspace(0, 1, 11)
    np.testing.assert_allclose(entropy_bits(p), entropy([p, 1 - p], base=2), atol=1e-12)


def test_one_doubtful_place_has_a_closed_form() -> None:
    probability = with_lesion(4, 0.3)
    bits = -0.3 * np.log2(0.3) - 0.7 * np.log2(0.7)
    expected = bits + bits * 64 / INSIDE.sum()
    assert uncertainty_of(probability, INSIDE, SMALLEST) == pytest.approx(expected)


def test_a_small_doubtful_lesion_tells_more_than_the_rim_of_a_large_sure_one() -> None:
    small, large = with_lesion(3, 0.4), with_lesion(10, 0.99, rim=0.5)
    bits = [entropy_bits(each)[INSIDE].mean() for each in (small, large)]
    assert bits[0] < bits[1] / 10  # what the mean over the liver would say
    assert uncertainty_of(small, INSIDE, SMALLEST) > uncertainty_of(large, INSIDE, SMALLEST)


def test_the_size_of_the_liver_hardly_matters() -> None:
    lesion = with_lesion(3, 0.4)
    wide, wide_liver = (np.pad(each, 20, mode=mode) for each, mode in ((lesion, "constant"), (INSIDE, "edge")))
    one, other = uncertainty_of(lesion, INSIDE, SMALLEST), uncertainty_of(wide, wide_liver, SMALLEST)
    assert one == pytest.approx(other, rel=0.01)


def test_places_too_small_to_be_lesions_count_in_the_mean_only() -> None:
    assert uncertainty_of(with_lesion(1, 0.5, rim=0.5), INSIDE, SMALLEST) == pytest.approx(1 / INSIDE.sum())


def test_a_sure_liver_is_sure_and_what_lies_outside_does_not_count() -> None:
    outside = np.where(INSIDE, 0.0, 0.5)
    assert uncertainty_of(outside, INSIDE, SMALLEST) == 0
    assert uncertainty_of(np.ones(LIVER.shape), INSIDE, SMALLEST) == 0


def hu_of(shape: tuple[int, ...] = LIVER.shape) -> np.ndarray:
    return np.random.default_rng(0).normal(80, 10, shape).astype(np.float32)


def test_what_a_network_says_wherever_the_image_lies_is_its_mean() -> None:
    """A network that takes the scaled HU for probabilities: shifts cancel, offset and contrast do as well."""
    hu = hu_of()

    def look(image: np.ndarray, progress: Progress) -> np.ndarray:
        return image + 0.5

    probability, box = mean_probability(look, hu, LIVER)
    expected = LiverView.of(hu, LIVER)
    assert box == expected.box
    inside = LIVER[box] > 0.5
    # Four noises of 10 HU, of which only one image has any: a quarter of it, in units of 400 HU.
    assert np.abs(probability - expected.image - 0.5)[inside].max() < 5.5 * 10 / 400 / 4 + 1e-6


def test_every_image_lies_elsewhere_on_the_networks_strides() -> None:
    corners = []

    def look(image: np.ndarray, progress: Progress) -> np.ndarray:
        corners.append(tuple(np.argwhere(image > BACKGROUND).min(axis=0)[:2]))
        return np.zeros_like(image)

    mean_probability(look, hu_of(), LIVER)
    assert corners == [change.shift for change in CHANGES]
    assert len(set(corners)) == len(CHANGES)


def test_a_change_is_what_it_says() -> None:
    hu = hu_of()
    middle = hu[INSIDE].mean()
    np.testing.assert_allclose(Change(contrast=0.5).applied(hu, LIVER), (hu + middle) / 2, rtol=1e-4)
    np.testing.assert_allclose(Change(offset_hu=8).applied(hu, LIVER), hu + 8, rtol=1e-5)
    noise = Change(noise_hu=10).applied(hu, LIVER) - hu
    assert noise.std() == pytest.approx(10, rel=0.05)
    np.testing.assert_array_equal(Change(noise_hu=10).applied(hu, LIVER) - hu, noise)


def test_it_can_be_cancelled() -> None:
    def look(image: np.ndarray, progress: Progress) -> np.ndarray:
        progress(1, 1, "lesions")
        return image

    def stop(done: float, total: float, what: str) -> None:
        if done > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        mean_probability(look, hu_of(), LIVER, stop)
    mean_probability(look, hu_of(), LIVER, silent)


def test_the_predictor_asks_both_passes_and_counts_in_millilitres() -> None:
    abdomen = synthetic_abdomen()
    liver = abdomen.like(np.isin(abdomen.array, (LIVER_HU, LESION_HU)).astype(np.uint8))
    abdomen = abdomen.like(np.where(liver.array, abdomen.array, LIVER_HU).astype(np.int16))  # else its rim is dark too
    middle = (LIVER_HU + LESION_HU) / 2 / 400

    def look(image: np.ndarray, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
        """Sensitively every darker voxel is a lesion's, strictly none."""
        dark = (image < middle) & (image > BACKGROUND)
        return dark.astype(np.float32), np.zeros_like(image)

    def uncertainty(settings: Settings) -> float:
        predictor = object.__new__(LesionPredictor)
        predictor._settings, predictor._look = settings, look
        return predictor.uncertainty(abdomen, liver)

    share = (abdomen.array == LESION_HU).sum() / liver.array.sum()
    # One bit in every lesion, less at the edges, which contrast and noise move; then the mean over the liver.
    assert 0.85 + share < uncertainty(Settings()) <= 1 + share
    assert uncertainty(Settings(minimum_volume_ml=1000)) == pytest.approx(share, rel=0.25)
