"""Labelled cases for the tests of what learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes import LESION_HU, LIVER_HU, synthetic_abdomen, write_case
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.learning.cases import LabelledCase, LabelVersion
from livercad.studies.discover import find_studies
from livercad.studies.hashing import hash_file
from livercad.studies.nifti import write_volume

SHAPE = (32, 24, 20)


def labelled_case(folder: Path, name: str = "one", seed: int = 0, patient: str = "", value: int = 2) -> LabelledCase:
    """Write a synthetic abdomen with its true label, whose lesions have `value`, and return the case."""
    write_case(folder / "studies", name, seed, SHAPE)
    image = synthetic_abdomen(seed, SHAPE)
    label = (image.array == LIVER_HU).astype(np.uint8) + np.uint8(value) * (image.array == LESION_HU)
    path = folder / "labels" / f"{name}.nii.gz"
    write_volume(image.like(label), path)
    study = next(study for study in find_studies(folder / "studies").studies if study.case == name)
    return LabelledCase(
        case=name,
        patient=patient or name,
        study=study,
        reference=study.reference,
        label=path,
        version=LabelVersion("final", 1, hash_file(path), "Ann Otator"),
        types={1: LesionType.CYST},
        classes={1: LesionClass.CYST},
    )
