"""Which cases of a batch are ultrasound images, each with a name that no other case has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from livercad.core.names import fits_folder
from livercad.errors import InputError
from livercad.studies.discover import Discovery, Problem
from livercad.studies.files import PICTURE_SUFFIXES
from livercad.studies.ultrasound.cases import ImageCase, ImageCases, image_cases
from livercad.studies.ultrasound.folder import list_by_name, list_images
from livercad.studies.ultrasound.layouts import has_table
from livercad.studies.ultrasound.rows import TABLE

MOST_OF_ONE_PATIENT = 20
"""So many images or fewer, each a case, may be meant as the examination of one patient."""


def is_picture(path: Path) -> bool:
    """Whether a file is a PNG, a JPEG or a BMP by its ending."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def images_beside(folder: Path, ct: Discovery, *, one_case: bool) -> ImageCases:
    """Find the ultrasound cases of a folder beside its CT.

    Parameters
    ----------
    folder : Path
        The folder of studies.
    ct : Discovery
        What it has of CT.
    one_case : bool
        Take all images for one case, named after the folder, unless a table tells the cases.

    Returns
    -------
    ImageCases
        Its problems are cases without any image that can be used, each once; of names that CT has, images are left out.
        So they are where there is CT, and a table of images is wrong.

    Raises
    ------
    InputError
        If a table of images is wrong, or names a case as no folder can be named, and there is no CT.
    """
    try:
        found = image_cases(folder, ct)
        _check_names(folder, found)
    except InputError as error:
        if not (ct.studies or ct.problems):
            raise
        return ImageCases(left_out=(Problem(folder.name, f"ultrasound: {error}"),))
    of_ct = {study.case for study in ct.studies} | {problem.case for problem in ct.problems}
    of_ct -= {case.case for case in found.cases}
    if one_case and not has_table(folder):
        found = _as_one(found, folder.name, of_ct)
    usable = {case.case for case in found.cases}
    reasons: dict[str, list[str]] = {}
    for problem in found.problems:
        if problem.case not in usable | of_ct:
            reasons.setdefault(problem.case, []).append(problem.reason)
    return replace(
        found,
        problems=tuple(Problem(case, "; ".join(told)) for case, told in sorted(reasons.items())),
        left_out=(*found.left_out, *(problem for problem in found.problems if problem.case in of_ct)),
    )


def image_in_file(path: Path) -> ImageCases:
    """Take one picture for a case, with what the table beside it, or a mask, marks on it.

    Parameters
    ----------
    path : Path
        PNG, JPEG or BMP.

    Returns
    -------
    ImageCases
        One case, or one problem.

    Raises
    ------
    InputError
        If the table beside it is wrong.
    """
    listed = list_images(path.parent, [path])
    images = tuple(image for image in listed.images if image.path == path)
    problems: tuple[Problem, ...] = ()
    if not images:
        listed = list_by_name(path.parent, [path])
        images, problems = listed.images, (*listed.problems, *listed.left_out)
    return ImageCases(tuple(ImageCase(image.case, (image,)) for image in images), problems)


def may_be_one_patient(folder: Path, found: ImageCases) -> bool:
    """Whether there are a few images, all directly in the folder, each a case of its own."""
    alone = [case.images[0] for case in found.cases if len(case.images) == 1]
    flat = [image for image in alone if image.path.parent == folder and image.path.stem == image.case]
    return 2 <= len(flat) <= MOST_OF_ONE_PATIENT and len(flat) == len(found.cases)


def doubtful_pictures(folder: Path, found: ImageCases) -> tuple[str, ...]:
    """Pictures in the folder itself that no table names: where CT lies there too, they may be anything."""
    if has_table(folder):
        return ()
    images = (image for case in found.cases for image in case.images)
    return tuple(each.name for each in images if is_picture(each.path) and each.path.parent == folder)


def _as_one(found: ImageCases, case: str, of_ct: set[str]) -> ImageCases:
    problems = tuple(replace(problem, case=case) for problem in found.problems if problem.case not in of_ct)
    images = tuple(replace(image, case=case) for each in found.cases for image in each.images)
    one = (ImageCase(case, images, tuple(problem.reason for problem in problems)),)
    if case in of_ct:
        left_out = (*found.left_out, Problem(case, "ultrasound: there is CT, and --one-case"))
        return replace(found, cases=(), left_out=left_out)
    return replace(found, cases=one if images else (), problems=problems)


def _check_names(folder: Path, found: ImageCases) -> None:
    for case in (*(each.case for each in found.cases), *(problem.case for problem in found.problems)):
        if not fits_folder(case):
            raise InputError(
                folder / TABLE,
                found=f"the case '{case}'",
                expected="a name fit for a folder (no slash, no dot first)",
                todo="Correct the table and start again.",
            )
