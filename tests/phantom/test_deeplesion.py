"""Phantoms in DeepLesion's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.phantom.deeplesion import FIELD_MM, HEIGHT_MM, ORIENTATION, PARTS, Options, write_deeplesion
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.studies.deeplesion.folder import read_deeplesion, read_rows
from livercad.studies.deeplesion.slices import read_stack

OPTIONS = Options(patients=2, seed=3, size=96, slice_mm=8.0, context=1, main_only=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deeplesion")
    write_deeplesion(folder, OPTIONS)
    return folder


@pytest.fixture(scope="module")
def study() -> CTStudy:
    """The first patient once more."""
    spacing = FIELD_MM / OPTIONS.size
    return make_ct_study(
        (OPTIONS.seed, 1),
        phases=(Phase.PORTAL,),
        shape=(OPTIONS.size, OPTIONS.size, round(HEIGHT_MM / OPTIONS.slice_mm)),
        spacing=(spacing, spacing, OPTIONS.slice_mm),
        orientation=ORIENTATION,
    )


def test_slices_hold_the_study_s_hu_and_boxes_the_lesions_of_the_slice(folder: Path, study: CTStudy) -> None:
    data = read_deeplesion(folder, table="DL_all.csv")
    own = [key for key in data.slices if key.patient == 1]
    assert own
    for key in own:
        stack, k = read_stack(data, key), key.index - 1
        assert np.array_equal(stack.hu[1], study.images[Phase.PORTAL].array[:, :, k].T.astype(np.float32))
        section = study.instances.array[:, :, k].T
        outside = section > 0
        padding = 5 * OPTIONS.size / 512
        for row in key.lesions:
            x0, y0, x1, y1 = row.box
            marked = section[max(0, round(y0)) : round(y1), max(0, round(x0)) : round(x1)]
            number = np.bincount(marked[marked > 0]).argmax()
            rows, columns = np.nonzero(section == number)
            # The box goes around both diameters: it holds the lesion's extent to about a pixel, and is padded.
            assert x0 <= columns.min() + 1 and columns.max() <= x1 and y0 <= rows.min() + 1 and rows.max() <= y1
            assert x1 - x0 <= np.ptp(columns) + 1 + 2 * padding + 1e-3
            outside[section == number] = False
        left = np.unique(section[outside])
        # What is not marked is too small to be measured.
        assert all(np.ptp(np.nonzero(section == n), axis=1).max() * FIELD_MM / OPTIONS.size < 5 for n in left)


def test_columns_run_to_the_patient_s_left_and_rows_to_the_back(study: CTStudy) -> None:
    liver = np.argwhere(study.liver.array > 0).mean(axis=0)
    assert liver[0] < OPTIONS.size / 2  # the liver is on the right: on the left of the picture
    directions = np.sign(np.diag(study.images[Phase.PORTAL].affine[:3, :3]))
    assert directions.tolist() == [-1, -1, -1]


def test_the_paper_s_noise_leaves_one_box_a_slice_its_largest(folder: Path) -> None:
    marked, complete = read_rows(folder / "DL_info.csv"), read_rows(folder / "DL_all.csv")
    assert len({row.image for row in marked}) == len(marked) < len(complete)
    for row in marked:
        assert row in complete
        assert max(row.diameters_px or ()) == max(
            max(other.diameters_px or ()) for other in complete if other.image == row.image
        )


def test_without_the_noise_all_lesions_are_marked(folder: Path, tmp_path: Path) -> None:
    write_deeplesion(tmp_path, Options(1, OPTIONS.seed, OPTIONS.size, OPTIONS.slice_mm))
    rows = read_rows(tmp_path / "DL_info.csv")
    assert rows == read_rows(tmp_path / "DL_all.csv")
    assert rows == [row for row in read_rows(folder / "DL_all.csv") if row.patient == 1]


def test_patients_are_in_one_part_and_kept_by_a_second_call(folder: Path) -> None:
    rows = read_rows(folder / "DL_all.csv")
    assert {row.part for row in rows if row.patient == 2} == {PARTS[1]}
    before = {path: path.stat().st_mtime_ns for path in (folder / "Images_png").rglob("*.png")}
    write_deeplesion(folder, OPTIONS)
    assert before == {path: path.stat().st_mtime_ns for path in before}
