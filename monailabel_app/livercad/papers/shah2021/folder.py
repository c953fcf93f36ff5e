"""Patients of one's own: studies, masks of liver and lesions, and the table ``labels.csv``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from livercad.code import code_hash
from livercad.core.taxonomy import LesionType
from livercad.errors import InputError
from livercad.evaluation.cases import LIVER_NAMES
from livercad.papers.shah2021.classes import CLASSES, OF_CATEGORY, OF_TYPE, ShahClass
from livercad.papers.shah2021.settings import PHASES
from livercad.papers.shah2021.sources import Part, Patient, PatientImages
from livercad.papers.yasaka2018.labels import TABLE, Label, read_labels
from livercad.papers.yasaka2018.masks import mask_file
from livercad.papers.yasaka2018.sources import Part as TablePart
from livercad.studies.discover import find_studies
from livercad.studies.nifti import read_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

CODE = ("livercad.studies", "livercad.papers.yasaka2018.masks", __name__)
"""What a patient's images depend on, but for his files."""
PARTS = {TablePart.TRAINING: Part.TRAINING, TablePart.TEST: Part.TEST, None: None}
FEWEST = 2
"""Patients, so that there is one for training and one for the test."""


@dataclass(frozen=True)
class FolderSource:
    """A folder of patients.

    Parameters
    ----------
    folder : Path
        The studies, each case with masks ``liver.nii.gz`` and ``lesions.nii.gz`` in its folder.
    studies : dict of str to Study
        By case.
    patients : tuple of Patient
        One for each case that is used.
    left_out : tuple of str
        What is not used, and why.
    """

    folder: Path
    studies: dict[str, Study]
    patients: tuple[Patient, ...]
    left_out: tuple[str, ...]
    is_phantom: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """The folder's name."""
        return f"the patients of {self.folder.name}"

    @classmethod
    def of(cls, folder: Path) -> FolderSource:
        """Read the table and find the images.

        Parameters
        ----------
        folder : Path
            As the class has it.

        Returns
        -------
        FolderSource
            With the cases that have an arterial or a portal phase, both masks, and lesions of the four classes.

        Raises
        ------
        InputError
            If the table is wrong, names a case that is not there, or no two cases can be used.
        """
        studies = {study.case: study for study in find_studies(folder).studies}
        cases: dict[str, list[Label]] = defaultdict(list)
        for label in read_labels(folder):
            if label.case not in studies:
                raise InputError(
                    folder / TABLE,
                    found=f"the case '{label.case}' in line {label.line}",
                    expected="a case with images: " + (", ".join(sorted(studies)[:5]) or "there are none"),
                    todo="Correct the table, or add the images (docs/data.md).",
                )
            cases[label.case].append(label)
        patients, left_out = [], []
        for case, labels in cases.items():
            reason = _problem(folder, studies[case], labels)
            lesions = {label.lesion: kind for label in labels if (kind := class_of(label))}
            if reason:
                left_out.append(f"{case}: {reason}")
            else:
                patients.append(Patient(case, lesions, labels[0].person, PARTS[labels[0].part]))
        if len({patient.identity for patient in patients}) < FEWEST:
            raise InputError(
                folder / TABLE,
                found=f"{len(patients)} patients that can be used" + (f" ({left_out[0]})" if left_out else ""),
                expected="two or more, each with an arterial or portal phase and masks of liver and lesions",
                todo="Mend what is named there; docs/shah2021.md has what a case needs.",
            )
        return cls(folder, studies, tuple(patients), tuple(left_out))

    def key(self, patient: Patient) -> str:
        """The code that reads them; names, sizes and dates of the patient's files."""
        files = [path for series in self._series(patient.name) for path in series.files]
        files += [mask_file(self.folder, patient.name), liver_file(self.folder, patient.name)]
        stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
        return "\n".join([code_hash(*CODE), *stamps])

    def load(self, patient: Patient) -> PatientImages:
        """Read the patient's images and masks."""
        images = {series.phase: load_series(series) for series in self._series(patient.name) if series.phase}
        path = mask_file(self.folder, patient.name)
        lesions = read_volume(path)
        missing = sorted(set(patient.lesions) - set(np.unique(lesions.array).tolist()))
        if missing:
            raise InputError(
                path,
                found=f"no lesion {missing[0]}",
                expected=f"the lesions' numbers of {TABLE} as values",
                todo="Correct the table or the mask.",
            )
        return PatientImages(images, read_volume(liver_file(self.folder, patient.name)), lesions)

    def _series(self, case: str) -> list[Series]:
        return [series for series in self.studies[case].series if series.phase in PHASES]


def class_of(label: Label) -> ShahClass | None:
    """Which of the four classes a line of the table means; None where it is none of them.

    Parameters
    ----------
    label : Label
        With a type, or a category of Yasaka 2018, of which A, D and E mean HCC, haemangioma and cyst.

    Returns
    -------
    ShahClass or None
        The class.
    """
    return OF_TYPE.get(LesionType(label.kind)) if label.kind else OF_CATEGORY.get(label.category)


def liver_file(folder: Path, case: str) -> Path:
    """Find the mask of a case's liver.

    Parameters
    ----------
    folder : Path
        The studies.
    case : str
        In a folder of its own.

    Returns
    -------
    Path
        Of the mask.

    Raises
    ------
    InputError
        If there is none.
    """
    for name in LIVER_NAMES:
        for extension in (".nii.gz", ".nii"):
            if (folder / case / f"{name}{extension}").is_file():
                return folder / case / f"{name}{extension}"
    raise InputError(
        folder / case,
        found="no liver mask",
        expected=f"{case}/{LIVER_NAMES[0]}.nii.gz",
        todo="Add it; `livercad analyze` makes one that can be corrected.",
    )


def _problem(folder: Path, study: Study, labels: Sequence[Label]) -> str:
    """Why a case cannot be used; empty if it can."""
    if not any(series.phase in PHASES for series in study.series):
        return "no arterial and no portal phase"
    others = [label for label in labels if class_of(label) is None]
    if others:
        what = others[0].kind or f"of category {others[0].category}"
        return f"lesion {others[0].lesion} is {what}, none of {', '.join(CLASSES)}"
    try:
        mask_file(folder, study.case)
        liver_file(folder, study.case)
    except InputError as error:
        return str(error)
    return ""
