"""What the methods see of an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.arrays import hash_of, patch_of, read_arrays, stretched, write_arrays
from livercad.papers.qi2019.data import StudyImage, phantom_data
from livercad.papers.qi2019.methods import TRAINED, Method
from livercad.papers.qi2019.settings import HanSettings, NetworkSettings, PhantomSettings, Settings

COLUMNS, ROWS = 200, 100


def marked(x: int, y: int) -> np.ndarray:
    """Black but for a square of 9 pixels around a place."""
    image = np.zeros((ROWS, COLUMNS), np.uint8)
    image[y - 4 : y + 5, x - 4 : x + 5] = 255
    return image


def box_of(x: int, y: int) -> tuple[float, float, float, float]:
    return x - 4.5, y - 4.5, x + 4.5, y + 4.5


def test_a_stretched_image_is_square_and_deformed() -> None:
    image = stretched(marked(100, 50), 100)
    height, width = np.ptp(np.nonzero(image > 100)[0]), np.ptp(np.nonzero(image > 100)[1])
    assert image.shape == (100, 100) and height > 1.5 * width


@pytest.mark.parametrize("place", [(100, 50), (8, 8), (190, 93), (150, 20)])
def test_a_patch_of_60_percent_holds_the_lesion_and_stays_inside(place: tuple[int, int]) -> None:
    image = marked(*place)
    image[0, :], image[:, 0] = np.maximum(image[0, :], 1), np.maximum(image[:, 0], 1)
    patch = patch_of(image, box_of(*place), 0.6, 60)
    assert patch.grey.shape == (60, 60)
    # 9 pixels of 60 rows and of 120 columns, whole.
    assert (patch.grey > 127).sum() == pytest.approx(9 * 4.5, abs=9)
    assert patch.numbers == (60 / 60, 60 / 120, 60 / 120)


def test_the_lesion_lies_in_the_patch_s_middle_where_the_image_allows() -> None:
    rows, columns = np.nonzero(patch_of(marked(110, 52), box_of(110, 52), 0.6, 60).grey > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx((29.5, 29.5), abs=0.6)


def test_without_a_lesion_the_patch_is_the_image_s_middle() -> None:
    patch = patch_of(marked(100, 50), None, 0.6, 60)
    rows, columns = np.nonzero(patch.grey > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx((29.5, 29.5), abs=0.8)


def test_each_method_reads_its_own_arrays_and_their_hash_tells_changes(tmp_path: Path) -> None:
    images = [StudyImage(f"{n}", "benign", n, box_of(60 + n, 50), marked(60 + n, 50)) for n in range(2)]
    settings = Settings(networks=NetworkSettings(side=120), han=HanSettings(side=90))
    write_arrays(tmp_path / "a.npz", images, settings)
    read = {method: read_arrays(tmp_path / "a.npz", method) for method in TRAINED}
    side = settings.networks.side
    assert [each.shape for each in read[Method.BASIC]["stretched"]] == [(side, side)] * 2
    assert [each.shape for each in read[Method.REM]["scaled"]] == [(side, 2 * side)] * 2
    assert [each.shape for each in read[Method.HAN]["han"]] == [(settings.han.side, settings.han.side)] * 2
    assert [each.shape for each in read[Method.CHENG]["patches"]] == [(28, 28)] * 2
    assert [each.shape for each in read[Method.CHENG]["numbers"]] == [(3,)] * 2
    before = hash_of(read[Method.REM])
    read[Method.REM]["scaled"][1][3, 5] += 1
    assert hash_of(read[Method.REM]) != before


def test_phantoms_ask_for_solid_nodules_and_keep_patients_together(tmp_path: Path) -> None:
    few = PhantomSettings.model_construct(cases=4, columns=96)
    data = phantom_data(tmp_path, few, 0)
    assert data.is_phantom and data.second is SecondQuestion.SOLID
    assert set(data.kinds) == {"cyst", "hemangioma", "hcc", "metastasis"}
    assert len(set(data.groups)) == 4 < len(data.images)
    assert all(image.box is not None for image in data.images)
