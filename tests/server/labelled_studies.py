"""Studies with submitted labels, for servers that train."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from fakes import LESION_HU, LIVER_HU, synthetic_abdomen, write_case
from livercad.learning.tracking import DATABASE, FOLDER
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.datastore import StudyDatastore
from livercad.studies.nifti import write_volume

SHAPE = (32, 24, 20)
SHARE = 0.6
"""Of validation: a promotion needs five patients."""


def write_labelled(studies: Path, cases: int = 16, share: float = SHARE) -> StudyDatastore:
    """Write synthetic abdomens, each with its true label submitted as a stock client does."""
    for number in range(cases):
        write_case(studies, f"case-{number:02d}", number, SHAPE)
    store = StudyDatastore(studies, book=Bookkeeping(studies, share))
    for number in range(cases):
        image = synthetic_abdomen(number, SHAPE)
        label = (image.array == LIVER_HU).astype(np.uint8) + np.uint8(2) * (image.array == LESION_HU)
        file = studies.with_name("label.nii.gz")
        write_volume(image.like(label), file)
        store.save_label(f"case-{number:02d}", str(file), "final", {"client_id": "Ann"})
    return store


def models_folder(folder: Path, empty_database: Path) -> Path:
    """A models folder of the tests' own, so that nothing is promoted on this machine."""
    (folder / "models" / FOLDER).mkdir(parents=True)
    shutil.copyfile(empty_database, folder / "models" / FOLDER / DATABASE)
    return folder / "models"
