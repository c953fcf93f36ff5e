"""Images and scans with few boxes, written shortly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes

Row = tuple[float, ...]
MakeImage = Callable[..., ImageBoxes]


@pytest.fixture
def planar() -> MakeImage:
    """A 2-D image: `found` rows are x0, y0, x1, y1, score; `true` rows x0, y0, x1, y1."""

    def make(
        name: str,
        found: Sequence[Row] = (),
        true: Sequence[Row] = (),
        patient: str = "",
        scan: str = "",
        diameters_mm: Sequence[float | None] | None = None,
    ) -> ImageBoxes:
        rows = np.array(found, dtype=float).reshape(-1, 5)
        return ImageBoxes.from_arrays(
            name,
            patient or name,
            BoxFrame.PIXELS,
            detected=rows[:, :4],
            scores=rows[:, 4],
            true=np.array(true, dtype=float).reshape(-1, 4),
            diameters_mm=diameters_mm,
            scan=scan,
        )

    return make


@pytest.fixture
def scans(planar: MakeImage) -> list[ImageBoxes]:
    """The example that tests work through by hand: three lesions, two scans with lesions and one without.

    By falling score: .9 hits a's lesion of 8 mm, .8 false, .7 hits b's of 15 mm, .6 false, .5 false, .4 hits a's of
    25 mm.
    """
    small, large, other, nothing = (0, 0, 8, 8), (20, 20, 45, 45), (10, 10, 25, 25), (60, 60, 70, 70)
    return [
        planar("a", [(*small, 0.9), (*nothing, 0.8), (*large, 0.4)], [small, large], scan="a", diameters_mm=[8, 25]),
        planar("b", [(*other, 0.7)], [other], scan="b", diameters_mm=[15]),
        planar("c", [(*nothing, 0.6), (*small, 0.5)], scan="c"),
    ]


@pytest.fixture
def crowd(planar: MakeImage) -> list[ImageBoxes]:
    """Twelve patients with some images each, made at random: lesions, boxes near them and boxes anywhere."""
    rng = np.random.default_rng(3)
    images = []
    for patient in range(12):
        for slice_number in range(int(rng.integers(1, 4))):
            corners = rng.uniform(0, 80, (int(rng.integers(0, 4)), 2))
            true = np.hstack([corners, corners + rng.uniform(6, 18, corners.shape)])
            near = true + rng.normal(0, 3, true.shape)
            anywhere = rng.uniform(0, 80, (int(rng.integers(0, 4)), 2))
            boxes = np.vstack([near, np.hstack([anywhere, anywhere + rng.uniform(6, 18, anywhere.shape)])])
            boxes = np.hstack([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])])
            scores = rng.uniform(0, 1, (len(boxes), 1)).round(2)
            images.append(
                planar(
                    f"{patient}-{slice_number}", np.hstack([boxes, scores]), true, f"patient {patient}", f"{patient}"
                )
            )
    return images
