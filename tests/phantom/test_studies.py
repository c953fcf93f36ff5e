from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.errors import Cancelled
from livercad.phantom import studies
from livercad.phantom.studies import CTStudy, make_ct_study, reorient, write_ct_studies
from livercad.phantom.tissues import Enhancement, Tissue
from livercad.studies.nifti import read_volume

SMALL = {"shape": (56, 56, 40), "spacing": (6.6, 6.6, 6.0)}


@cache
def small(orientation: str | None = None, phases: tuple[Phase, ...] = (Phase.PORTAL,)) -> CTStudy:
    return make_ct_study(7, orientation=orientation, phases=phases, **SMALL)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_makes_the_same_voxels() -> None:
    first, second = small(), make_ct_study(7, **SMALL)
    for name in ("liver", "instances", "tissues"):
        assert np.array_equal(getattr(first, name).array, getattr(second, name).array)
    assert np.array_equal(first.images[Phase.PORTAL].array, second.images[Phase.PORTAL].array)
    assert first.lesions == second.lesions
    assert not np.array_equal(make_ct_study(8, **SMALL).tissues.array, first.tissues.array)


def test_a_further_phase_changes_no_other() -> None:
    one, two = small(), small(phases=(Phase.ARTERIAL, Phase.PORTAL))
    assert np.array_equal(one.images[Phase.PORTAL].array, two.images[Phase.PORTAL].array)
    assert not np.array_equal(two.images[Phase.ARTERIAL].array, two.images[Phase.PORTAL].array)


def test_all_lesions_of_a_patient_share_his_blood_and_his_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Enhancement] = []

    class Noted(Enhancement):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(studies, "Enhancement", Noted)
    make_ct_study(3, lesions=[(LesionType.HCC, 30.0), (LesionType.HEMANGIOMA, 30.0)], **SMALL)
    patient, *lesions = made
    assert len(lesions) == 2
    assert all(one.circulation is patient.circulation and one.timing == patient.timing for one in lesions)
    first, second = (one.hu(Phase.ARTERIAL)[Tissue.HCC] for one in lesions)
    assert first != second


def test_a_finer_grid_shows_the_same_patient() -> None:
    coarse = make_ct_study(7, shape=(56, 56, 40), spacing=(6.6, 6.6, 6.0), orientation="RAS", lesions=())
    fine = make_ct_study(7, shape=(112, 112, 80), spacing=(3.3, 3.3, 3.0), orientation="RAS", lesions=())
    ratio = fine.liver.array.sum() / coarse.liver.array.sum() / 8
    assert ratio == pytest.approx(1, abs=0.04)


def test_hu_are_whole_numbers_of_ct(study: CTStudy) -> None:
    for image in study.images.values():
        assert image.array.dtype == np.int16
        assert image.array.min() >= -1024 and 300 < image.array.max() <= 3071


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LAS", "LPI", "SRA"])
def test_turning_the_axes_moves_nothing_in_the_patient(orientation: str) -> None:
    rng = np.random.default_rng(0)
    affine = np.diag([1.5, 2.0, 3.0, 1.0])
    affine[:3, 3] = (-40, 12, 300)
    volume = Volume(rng.integers(0, 1000, (4, 5, 6)), affine)
    turned = reorient(volume, orientation)
    assert "".join(nib.aff2axcodes(turned.affine)) == orientation
    for index in np.argwhere(turned.array >= 0):
        back = np.linalg.inv(affine) @ turned.affine @ [*index, 1]
        assert turned.array[tuple(index)] == volume.array[tuple(np.rint(back[:3]).astype(int))]


def test_flipped_studies_are_the_same_study() -> None:
    ras, lps = (small(axes) for axes in ("RAS", "LPS"))
    for name in ("liver", "instances"):
        assert np.array_equal(getattr(ras, name).array, getattr(lps, name).array[::-1, ::-1])
        assert np.array_equal(getattr(ras, name).affine @ [55, 55, 0, 1], getattr(lps, name).affine @ [0, 0, 0, 1])
    assert ras.lesions == lps.lesions


def test_written_studies_hold_what_was_made(tmp_path: Path) -> None:
    phases = (Phase.PORTAL, Phase.ARTERIAL)
    rows = write_ct_studies(tmp_path, 1, 3, phases=phases, **SMALL)
    case = "phantom-001"
    made = make_ct_study((3, 1), case=case, phases=phases, **SMALL)
    for phase, image in made.images.items():
        read = read_volume(tmp_path / "studies" / case / f"{phase}.nii.gz")
        assert np.array_equal(read.array, image.array) and np.allclose(read.affine, image.affine, atol=1e-4)
    liver, lesions = (read_volume(tmp_path / "truth" / case / f"{name}.nii.gz") for name in ("liver", "lesions"))
    assert np.array_equal(liver.array, made.liver.array) and liver.array.dtype == np.uint8
    assert np.array_equal(lesions.array, made.instances.array) and lesions.array.dtype == np.uint16
    table = list(csv.DictReader((tmp_path / "truth" / "lesions.csv").open(encoding="utf-8")))
    assert [(row["case"], int(row["lesion"]), row["type"]) for row in table] == [
        (row.case, row.lesion, row.type) for row in rows
    ]
    assert [float(row["volume_ml"]) for row in table] == pytest.approx([row.volume_ml for row in rows], abs=1e-3)


def test_writing_again_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_ct_studies(tmp_path / folder, 1, 5, **SMALL)
    assert files_below(tmp_path / "a") == files_below(tmp_path / "b")


def test_progress_is_told_and_cancelling_stops(tmp_path: Path) -> None:
    told: list[tuple[float, float, str]] = []

    def stop_at_the_second(done: float, total: float, what: str) -> None:
        told.append((done, total, what))
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_ct_studies(tmp_path, 3, **SMALL, progress=stop_at_the_second)
    assert told == [(0, 3, "phantom-001"), (1, 3, "phantom-002")]
    assert [path.name for path in (tmp_path / "studies").iterdir()] == ["phantom-001"]


def test_the_command_refuses_an_unknown_phase(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["phantom", "ct", str(tmp_path / "out"), "--phases", "portal,early"])
    assert result.exit_code == 2 and "early" in result.output
    assert not (tmp_path / "out").exists()


def test_the_command_writes_studies_and_truth(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["phantom", "ct", str(tmp_path), "-n", "1", "--phases", "portal"])
    assert result.exit_code == 0 and "1 studies" in result.output
    assert (tmp_path / "studies" / "phantom-001" / "portal.nii.gz").is_file()
