"""Folders of truth as cases to learn from: phantoms, and whatever `livercad evaluate --truth` takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from livercad.core.taxonomy import LesionType
from livercad.errors import InputError
from livercad.evaluation.cases import LESION_NAMES, LIVER_NAMES
from livercad.evaluation.truth_tables import Kind, class_of, read_tables
from livercad.learning.cases import LabelledCase, LabelVersion
from livercad.studies.discover import Problem, find_studies
from livercad.studies.hashing import hash_file
from livercad.studies.patients import Patients
from livercad.studies.study import Study

TAG = "truth"
FOLDERS = ("studies", "truth")
"""What `livercad phantom ct` calls the two in its output folder."""


def cases_of_truth(studies: Path, truth: Path | None = None) -> tuple[list[LabelledCase], list[Problem]]:
    """Find the studies of a folder that have a truth.

    Parameters
    ----------
    studies : Path
        The folder of studies, or one that holds ``studies`` and ``truth``.
    truth : Path, optional
        Folder of case folders with ``liver.nii.gz`` and ``lesions.nii.gz`` (`livercad.evaluation.cases` has the other
        names), and ``lesions.csv`` with the lesions' types if it is known, or one that holds such a folder under the
        name ``truth``. By default the folder ``truth`` beside the studies, and the masks in the studies' own folders.

    Returns
    -------
    cases : list of LabelledCase
        By name. Where there is a mask of the liver only, nothing is known of lesions.
    problems : list of Problem
        Studies that cannot be used, with the reason; without a truth as well.

    Raises
    ------
    InputError
        If a folder is missing, or a table in it is wrong.
    """
    if truth is None and all((studies / name).is_dir() for name in FOLDERS):
        studies = studies / FOLDERS[0]
    masks = _truth_folder(studies, truth)
    found = find_studies(studies)
    types = (read_tables(masks).types if masks else None) or {}
    patients = Patients(studies)
    cases, problems = [], list(found.problems)
    for study in found.studies:
        case = _labelled(study, _folder_of(study, studies, masks), types.get(study.case, {}), patients.of(study))
        if isinstance(case, Problem):
            problems.append(case)
        else:
            cases.append(case)
    return cases, sorted(problems, key=lambda problem: problem.case)


def _truth_folder(studies: Path, truth: Path | None) -> Path | None:
    if truth is None:
        beside = studies.parent / FOLDERS[1]
        return beside if beside.is_dir() else None
    if not truth.is_dir():
        raise InputError(
            truth, found="no such folder", expected="a folder of case folders with masks", todo="Check the path."
        )
    return truth / FOLDERS[1] if (truth / FOLDERS[1]).is_dir() else truth


def _folder_of(study: Study, studies: Path, truth: Path | None) -> Path:
    if truth and (truth / study.case).is_dir():
        return truth / study.case
    return studies if study.case == studies.name else studies / study.case


def _labelled(study: Study, folder: Path, kinds: Mapping[int, Kind], patient: str) -> LabelledCase | Problem:
    livers, lesions = _masks(folder, LIVER_NAMES), _masks(folder, LESION_NAMES)
    if len(livers) != 1 or len(lesions) > 1:
        several = next((files for files in (livers, lesions) if len(files) > 1), [])
        found = f"{' and '.join(path.name for path in several)} for one mask" if several else "no mask of the liver"
        return Problem(study.case, f"{folder}: found {found}; expected liver.nii.gz, and lesions.nii.gz if known")
    files = [*livers, *lesions]
    version = LabelVersion(TAG, 1, hashlib.sha256("".join(map(hash_file, files)).encode()).hexdigest())
    return LabelledCase(
        case=study.case,
        patient=patient,
        study=study,
        reference=study.reference,
        label=livers[0],
        version=version,
        lesions=lesions[0] if lesions else None,
        # A mask with types has a value for each lesion; others may be 0 and 1.
        instances=lesions[0] if lesions and kinds else None,
        types={number: kind for number, kind in kinds.items() if isinstance(kind, LesionType)},
        classes={number: class_of(kind) for number, kind in kinds.items()},
        has_lesions=bool(lesions),
    )


def _masks(folder: Path, names: tuple[str, ...]) -> list[Path]:
    paths = (folder / f"{name}{extension}" for name in names for extension in (".nii.gz", ".nii"))
    return [path for path in paths if path.is_file()]
