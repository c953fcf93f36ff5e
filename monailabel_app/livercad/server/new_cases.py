"""New cases of several phases: into the studies folder as a whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from livercad.core.names import looks_like_mask
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.catalogue import Catalogue
from livercad.server.errors import ConflictError
from livercad.server.names import check_name
from livercad.studies.discover import find_studies
from livercad.studies.files import stem_of
from livercad.studies.nifti import is_nifti
from livercad.studies.reading import load_series
from livercad.studies.study import Series

FOLDER = Path(".livercad") / "uploads"
"""Where a case is put together, in the studies folder: it is renamed from there."""


def add_case(catalogue: Catalogue, case: str, files: Sequence[Path], phases: Mapping[str, Phase | None]) -> None:
    """Make a case of the files of its phases.

    Parameters
    ----------
    catalogue : Catalogue
        Of the studies folder.
    case : str
        Its name.
    files : sequence of Path
        NIfTI files, each name once; they are moved.
    phases : mapping of str to Phase or None
        By file name. A file whose phase is told is named by it, so that batches know it as well; others keep their
        names.

    Raises
    ------
    InputError
        If a file is no CT, or names and phases make no case of this name.
    ConflictError
        If there is one already.
    """
    _check_that_it_is_new(catalogue, case)
    uploads = catalogue.root / FOLDER
    uploads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=uploads) as place:
        folder = Path(place) / case
        folder.mkdir()
        for file, name in zip(files, _names(files, phases), strict=True):
            _check_ct(file)
            shutil.move(file, folder / name)
        _check_that_it_is_a_case(folder, phases)
        _put_in_place(catalogue, folder)


def remove_unfinished(root: Path) -> None:
    """Remove what a server that was killed has left of uploads."""
    shutil.rmtree(root / FOLDER, ignore_errors=True)


def _names(files: Sequence[Path], phases: Mapping[str, Phase | None]) -> list[str]:
    """Names in the case's folder that tell what the client does."""
    names = []
    for number, file in enumerate(files, start=1):
        stem, phase = stem_of(file), phases.get(file.name)
        if not is_nifti(file):
            raise _error(file.name, "a file of another kind", "a NIfTI file (.nii, .nii.gz)")
        plain = f"image {number}" if looks_like_mask(stem) else stem  # the client has said that it is an image
        names.append(f"{phase.value if phase else plain}{'.nii.gz' if file.name.lower().endswith('.gz') else '.nii'}")
    if twice := {name for name in names if names.count(name) > 1}:
        raise _error("the files", f"{', '.join(sorted(twice))} twice", "one file for each phase, each name once")
    return names


def _check_that_it_is_new(catalogue: Catalogue, case: str) -> None:
    check_name(case, "case")
    unusable = {problem.case for problem in catalogue.problems}
    known = {*catalogue.studies, *catalogue.ultrasound, *unusable}
    if case in known or (catalogue.root / case).exists():
        raise ConflictError(
            f"case {case!r}", found="a case of this name", expected="a new name", todo="Send it under another name."
        )


def _check_ct(file: Path) -> None:
    try:
        load_series(Series((file,), None, "unknown"))
    except InputError as error:  # the client knows the file by its name only
        raise _error(file.name, error.found, error.expected) from error


def _check_that_it_is_a_case(folder: Path, phases: Mapping[str, Phase | None]) -> None:
    found = find_studies(folder.parent)
    files = len(list(folder.iterdir()))
    wanted = {phase for phase in phases.values() if phase}
    for study in found.studies:
        told = {series.phase for series in study.series}
        if study.case == folder.name and len(study.series) == files and wanted <= told:
            return
    problem = next(iter((*found.problems, *found.left_out)), None)
    raise _error(
        f"case {folder.name!r}",
        problem.reason if problem else "names of case and files that say something else",
        "the images of one case: at most one of each phase, under a name that is no phase's and no mask's",
    )


def _put_in_place(catalogue: Catalogue, folder: Path) -> None:
    before, target = set(catalogue.studies), catalogue.root / folder.name
    folder.rename(target)
    catalogue.update()
    if not before | {folder.name} <= set(catalogue.studies):  # a table, or other files, say something else
        target.rename(folder)
        catalogue.update()
        raise ConflictError(
            f"case {folder.name!r}",
            found="that with it the studies folder would be understood in another way",
            expected="a name that goes with the folder and its studies.csv",
            todo="Send it under another name.",
        )


def _error(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Nothing was kept; mend it and send it again.")
