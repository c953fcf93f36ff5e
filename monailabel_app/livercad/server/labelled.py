"""What annotators have submitted, as cases to learn from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import nibabel as nib

from livercad.core.annotation import Annotation, CaseState
from livercad.core.taxonomy import Label
from livercad.core.volume import grid_difference
from livercad.errors import InputError, LiverCADError
from livercad.learning.cases import LabelledCase, LabelVersion, told_in
from livercad.server import submissions
from livercad.server.bookkeeping import TAG, who_saved
from livercad.server.datastore import StudyDatastore
from livercad.server.history import Version
from livercad.server.images import nifti_file
from livercad.server.labels import grid_of
from livercad.studies.discover import Problem
from livercad.studies.hashing import hash_file
from livercad.studies.nifti import is_nifti
from livercad.studies.patients import Patients
from livercad.studies.study import Series, Study

ACCEPTED = frozenset({CaseState.COMPLETE})
"""States of a submission that is learnt from. A stock client's label has no state and counts as complete."""
MAPS = (".nii.gz", ".nii", ".nrrd")
VALUES = {"liver": Label.LIVER, "lesion": Label.LESION}


def labelled_cases(
    store: StudyDatastore, accepted: Collection[CaseState] = ACCEPTED
) -> tuple[list[LabelledCase], list[Problem]]:
    """List the cases that have a final label, each with its newest accepted version.

    Parameters
    ----------
    store : StudyDatastore
        Where.
    accepted : collection of CaseState
        What an annotator must have said of the case.

    Returns
    -------
    cases : list of LabelledCase
        By name.
    problems : list of Problem
        Labels that cannot be learnt from, with the reason; a case without an accepted version is none.
    """
    patients = Patients(store.catalogue.root)
    cases, problems = [], []
    for case in sorted(store.label_infos(TAG)):
        try:
            version = next(iter(_accepted(store, case, accepted)), None)
            if version:
                cases.append(_labelled(store, case, version, patients))
        except (LiverCADError, OSError) as error:  # one case that is damaged or removed now spoils no others
            problems.append(Problem(case, str(error)))
    return cases, problems


def labels_of(store: StudyDatastore, case: str, accepted: Collection[CaseState] = ACCEPTED) -> list[LabelledCase]:
    """List what each annotator says of a case: the newest accepted version of everybody.

    Parameters
    ----------
    store : StudyDatastore
        Where.
    case : str
        The case.
    accepted : collection of CaseState
        As of `labelled_cases`.

    Returns
    -------
    list of LabelledCase
        The newest first; labels of which nobody knows who drew them count as one annotator's.

    Raises
    ------
    UnknownNameError
        If there is no such case.
    """
    by_annotator: dict[str, Version] = {}
    for version in _accepted(store, case, accepted):
        by_annotator.setdefault(who_saved(version.info), version)
    patients = Patients(store.catalogue.root)
    return [_labelled(store, case, version, patients) for version in by_annotator.values()]


def is_accepted(info: dict[str, Any], accepted: Collection[CaseState] = ACCEPTED) -> bool:
    """Whether a label is learnt from, by what is kept with it."""
    return submissions.summary_of(info)["state"] in {None, *(state.value for state in accepted)}


def _accepted(store: StudyDatastore, case: str, accepted: Collection[CaseState]) -> list[Version]:
    """Accepted versions of a case, the newest first."""
    versions = reversed(store.label_versions(case, TAG))
    return [each for each in versions if is_accepted(each.info, accepted)]


def _labelled(store: StudyDatastore, case: str, version: Version, patients: Patients) -> LabelledCase:
    found = submissions.find(store, case, version.number)
    _check_kind(version)
    study = _with_phases(store, store.study(case))
    label = store.lasting_file(case, TAG, version.number)  # others may submit while a training runs
    types, classes = told_in(Annotation.from_dict(found.annotation)) if found.annotation else ({}, {})
    return LabelledCase(
        case=case,
        patient=patients.of(study),
        study=study,
        reference=_reference(store, study, version),
        label=label,
        version=LabelVersion(TAG, version.number, hash_file(label), who_saved(version.info), found.submitted),
        instances=found.instances,
        types=types,
        classes=classes,
        # A stock client names its segments: without one for lesions, nobody has said that there are none.
        has_lesions="lesion" in _named(version) or not _named(version),
    )


def _with_phases(store: StudyDatastore, study: Study) -> Study:
    """The phases that were recognised, where nobody has told them."""
    recognised = {read.source: read for read in store.memory.reads(store.study(study.case)) if read.phase}
    series = (
        replace(one, phase=recognised[one.source].phase, told_by=recognised[one.source].told_by)
        if one.phase is None and one.source in recognised
        else one
        for one in study.series
    )
    return replace(study, series=tuple(series))


def _check_kind(version: Version) -> None:
    """Refuse what a stock client may save as final and nobody can learn from."""
    name = version.file.name.lower()
    if not name.endswith(MAPS) or name.endswith(".seg.nrrd"):
        raise _error(version, "boxes or segments", f"a label map that ends in {', '.join(MAPS)}")
    told = _named(version)
    if any(VALUES.get(name) != value for name, value in told.items()):
        found = ", ".join(f"{value} for {name}" for name, value in told.items())
        raise _error(version, f"the values {found}", "1 for liver and 2 for lesion")


def _named(version: Version) -> dict[str, Any]:
    """Value of each segment that a client has named; empty where it has named none."""
    return {entry["name"]: entry["idx"] for entry in version.info.get("label_info") or [] if "idx" in entry}


def _reference(store: StudyDatastore, study: Study, version: Version) -> Series:
    """The image that a label was drawn on: the reference, unless it is another one by now."""
    reference = store.memory.reference(store.study(study.case))
    reference = study.series[[one.files for one in study.series].index(reference.files)]
    if len(study.series) == 1 or not is_nifti(version.file):
        return reference
    try:
        label = grid_of(version.file)
        for series in sorted(study.series, key=lambda one: one is not reference):
            file = nifti_file(study.case, series, store.catalogue.root)
            if file.exists() and not grid_difference(label, grid_of(file)):
                return series
    except (nib.filebasedimages.ImageFileError, OSError, ValueError) as error:
        raise _error(version, f"that it cannot be compared with its image ({error})", "a whole file") from error
    return reference


def _error(version: Version, found: str, expected: str) -> InputError:
    return InputError(
        f"label {version.number} of {version.file.name}",
        found=found,
        expected=expected,
        todo="Label the case again; until then nothing is learnt from it.",
    )
