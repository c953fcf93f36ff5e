"""Images that clients send: into the studies folder, or for one inference only."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Collection
from pathlib import Path

from livercad.errors import InputError
from livercad.server.catalogue import Catalogue
from livercad.server.errors import ConflictError
from livercad.server.flat_images import check_size
from livercad.server.sent import called_as_sent
from livercad.studies.atomic import replacing
from livercad.studies.discover import find_studies
from livercad.studies.nifti import is_nifti
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.folder import list_by_name
from livercad.studies.ultrasound.reading import is_image, read_header, read_image

NAMED = 3
"""Files that a message names."""
RECORD_OF_SESSION = "meta.info"
"""What MONAI Label lays beside the file of a session."""


def images_in(folder: Path) -> ImageCase:
    """Find the ultrasound images of a folder that a client has filled.

    Parameters
    ----------
    folder : Path
        Holds PNG, JPEG, BMP or DICOM files, which are one case; a table in it is not read.

    Returns
    -------
    ImageCase
        Called by the first file.

    Raises
    ------
    InputError
        If there is none, or one that cannot be read or is too large, by the name that the client has given it.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD_OF_SESSION)
    with called_as_sent({folder: ""}):
        for path in filter(is_image, files):
            read_header(path)  # raises what a listing would only tell of
        found = list_by_name(folder, files)
        problem = next(iter((*found.problems, *found.left_out)), None)
        if problem or not found.images:
            raise InputError(
                "the images that were sent" if problem else ", ".join(path.name for path in files[:NAMED]),
                found=problem.reason if problem else "no ultrasound image",
                expected="ultrasound: a PNG, JPEG, BMP or DICOM file",
                todo="Send such a file; the models of CT take NIfTI.",
            )
        for image in found.images:
            check_size(image)
            read_image(image)  # a torn one is refused now: what would be said of it later is not all about it
    return ImageCase(found.images[0].case, found.images)


def study_in(folder: Path) -> Study:
    """Find the one study of a folder that a client has filled.

    Parameters
    ----------
    folder : Path
        Holds one NIfTI file, a file for each phase, or a DICOM series.

    Returns
    -------
    Study
        What was sent.

    Raises
    ------
    InputError
        If there is none, more than one, or one that cannot be used.
    """
    found = find_studies(folder)
    if len(found.studies) > 1:  # the phases of one case, under names that do not say so
        found = find_studies(folder, one_case=True)
    if len(found.studies) == 1:
        return found.studies[0]
    if found.flat and not found.studies:
        raise InputError(
            "the images that were sent",
            found=f"a picture or ultrasound ({found.flat[0].name})",
            expected="one study of CT: a NIfTI file, a file for each phase, or DICOM series",
            todo="Ask yamakawa2020, qi2019 or ultrasound_lesion about it if it is ultrasound.",
        )
    problem = next(iter((*found.problems, *found.left_out)), None)
    raise InputError(
        "the images that were sent",
        found=f"{len(found.studies)} studies" + (f" ({problem.case}: {problem.reason})" if problem else ""),
        expected="one study: a NIfTI file, a file for each phase, or DICOM series",
        todo="Send one study at a time.",
    )


def add_study_file(catalogue: Catalogue, name: str, source: Path, labelled: Collection[str]) -> str:
    """Copy an image into the studies folder.

    Parameters
    ----------
    catalogue : Catalogue
        Of the folder.
    name : str
        File name without extension; it may end in a phase, as in the folder.
    source : Path
        A NIfTI file.
    labelled : collection of str
        Cases that have labels, which must not get another image.

    Returns
    -------
    str
        The case that the image belongs to. Sending the same file again changes nothing.

    Raises
    ------
    InputError
        If it is no CT, or the name makes no case.
    ConflictError
        If the case is there already, other than as this one file, or has labels.
    """
    if not is_nifti(source):
        raise InputError(
            f"image {name!r}",
            found=f"a file of another kind ({''.join(source.suffixes) or 'no ending'})",
            expected="CT as NIfTI, or ultrasound as PNG, JPEG, BMP or DICOM",
            todo="Convert CT to .nii.gz.",
        )
    target = catalogue.root / f"{name}{'.nii.gz' if source.name.lower().endswith('.gz') else '.nii'}"
    with called_as_sent({source: target.name}):
        load_series(Series((source,), None, "unknown"))
    owner = catalogue.owner(target)
    if owner and filecmp.cmp(source, target, shallow=False):
        return owner
    if owner in labelled or (target.exists() and not owner) or (name in catalogue.studies and owner != name):
        raise _conflict(name)
    ultrasound = set(catalogue.ultrasound)
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
    catalogue.update()
    case = catalogue.owner(target)
    if case is None or (case in labelled and case != owner) or case in ultrasound:
        target.unlink()
        catalogue.update()
        raise _conflict(name)
    return case


def remove_study_files(catalogue: Catalogue, study: Study) -> None:
    """Delete a case's images.

    Parameters
    ----------
    catalogue : Catalogue
        Of the studies folder.
    study : Study
        The case.

    Raises
    ------
    ConflictError
        If they are DICOM, or lie elsewhere: those are deleted by hand, or not at all.
    """
    files = [file for series in study.series for file in series.files]
    if any(series.uid for series in study.series) or not all(f.is_relative_to(catalogue.root) for f in files):
        raise ConflictError(
            f"case {study.case!r}",
            found="a DICOM series, or files outside of the studies folder",
            expected="NIfTI files in it",
            todo="Delete them by hand.",
        )
    for file in files:
        file.unlink(missing_ok=True)


def _conflict(name: str) -> ConflictError:
    return ConflictError(
        f"case {name!r}",
        found="a case of this name with another image or with labels",
        expected="a new name, or a case of one file without labels",
        todo="Send it under another name, or remove the labels first.",
    )
