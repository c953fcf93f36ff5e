"""Windows give what one large window would give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from livercad.errors import Cancelled
from livercad.segmentation.runtimes import Predict, Size
from livercad.segmentation.windows import predict_in_windows, window_starts


class Smoothing:
    """A network with a known answer: a mean over 5 × 5 × 3 voxels, of which it gives the valid part."""

    name = "mean"

    def for_windows(self, shape: Size) -> Predict:
        def predict(window: np.ndarray) -> np.ndarray:
            assert window.shape == shape
            return ndimage.uniform_filter(window, (5, 5, 3))[2:-2, 2:-2, 1:-1]

        return predict


@pytest.mark.parametrize("shape", [(40, 31, 20), (16, 12, 8), (9, 50, 5)])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
def test_windows_agree_with_the_whole(shape: Size, overlap: float) -> None:
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    result = predict_in_windows(image, (16, 12, 8), (2, 2, 1), Smoothing(), background=-0.5, overlap=overlap)
    expected = ndimage.uniform_filter(image, (5, 5, 3), mode="constant", cval=-0.5)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_windows_cover_the_axis_evenly_and_stay_inside() -> None:
    assert window_starts(100, 40, 0.25) == [0, 30, 60]
    assert window_starts(40, 40, 0.25) == [0]


def test_one_window_larger_than_the_axis_is_centred() -> None:
    assert window_starts(30, 40, 0.25) == [-5]


def test_progress_can_cancel_between_windows() -> None:
    def stop(done: float, total: float, what: str) -> None:
        if done == 1:
            raise Cancelled

    image = np.zeros((40, 12, 8), dtype=np.float32)
    with pytest.raises(Cancelled):
        predict_in_windows(image, (16, 12, 8), (2, 2, 1), Smoothing(), background=0, overlap=0, progress=stop)
