"""The shipped recogniser on real CT of public collections."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phases.assign import assign_phases
from livercad.studies.nifti import read_volume

HCC = "hcc009_baseline"


def crop_of_lits(folder: Path, tmp_path: Path) -> Volume:
    """A volume without geometry, axes R>L, A>P, I>S; its voxels are taken for 1.5 mm wide, as the anatomy suggests."""
    path = tmp_path / "crop.mrc"
    path.write_bytes(gzip.decompress((folder / "img_117.mrc.gz").read_bytes()))
    return Volume(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), np.diag([-1.5, -1.5, 1.5, 1.0]))


@pytest.mark.parametrize(
    ("case", "file", "phase"),
    [
        ("ircadb01", "ct.nii.gz", Phase.PORTAL),
        ("chaos_ct03", "ct.nii.gz", Phase.PORTAL),
        ("totalseg_example", "ct.nii.gz", Phase.UNENHANCED),
        ("totalseg_example_sm", "ct.nii.gz", Phase.UNENHANCED),
    ],
)
def test_the_phase_of_a_real_ct_is_told(recognizer, real_data, case, file, phase):
    assert recognizer(read_volume(real_data / "ct" / case / file)).phase is phase


def test_a_crop_that_shows_a_little_of_one_kidney_is_told_or_unsure(recognizer, real_data, tmp_path):
    guess = recognizer(crop_of_lits(real_data / "ct/lits117_crop", tmp_path))
    assert guess.phase is Phase.PORTAL or guess.is_unsure
    assert guess.probabilities[Phase.PORTAL] > 0.4


def test_three_phases_of_one_patient_are_told_without_names(recognizer, real_data):
    told = {"ct_portal": Phase.PORTAL, "ct_noncontrast": Phase.UNENHANCED, "ct_arterial": Phase.ARTERIAL}
    guesses = [recognizer(read_volume(real_data / "ct" / HCC / f"{name}.nii.gz")) for name in told]
    assert [guess.phase for guess in guesses] == list(told.values())
    assert assign_phases(guesses, [None] * 3) == tuple(told.values())
