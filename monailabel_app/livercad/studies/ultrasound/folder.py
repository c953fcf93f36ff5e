"""Which ultrasound images a folder has, whose they are, and what is marked on them."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livercad.core.names import looks_like_mask, names_only_masks
from livercad.errors import InputError
from livercad.progress import Progress, silent
from livercad.studies.candidates import Problem, name_problems
from livercad.studies.files import is_text, walk
from livercad.studies.ultrasound.drawn import read_drawn, redrawn
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.layouts import read_table
from livercad.studies.ultrasound.marks import marks_of_row
from livercad.studies.ultrasound.passed_over import has_unread_kind, not_named, unread_kinds, without_repeats
from livercad.studies.ultrasound.reading import is_image, read_header
from livercad.studies.ultrasound.rows import Row

MASKS_BESIDE = "{stem}_mask*.png"
"""Masks of an image that no table names; as BUSI names them."""


@dataclass(frozen=True)
class UltrasoundFolder:
    """What a folder of ultrasound images holds.

    Parameters
    ----------
    folder : Path
        The folder.
    images : tuple of ListedImage
        Those that can be used as far as headers, tables and masks tell: in the table's order, else by case and name.
    problems : tuple of Problem
        Images that cannot, each with the reason.
    left_out : tuple of Problem
        What was passed over: masks of no image, images that the table does not name, kinds of pictures that are not
        read, rows that say again what others say.
    """

    folder: Path
    images: tuple[ListedImage, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[Problem, ...]


def find_images(folder: Path, progress: Progress = silent) -> UltrasoundFolder:
    """Find the ultrasound images in a folder.

    A table (``annotations.csv``, or ``index.csv`` of AUL and BUSI) tells cases, classes and lesions. Without one, a
    case is a folder just below, or an image that lies in the folder itself; masks beside an image (``NAME_mask*.png``)
    mark its lesions. Each frame of a DICOM file is an image, unless the table names some alone; where it names the file
    as a whole and some of its frames, the rows of a frame stand for it alone. Circles that annotators have drawn at a
    server (`livercad.studies.ultrasound.drawn`) stand above table and masks.

    Parameters
    ----------
    folder : Path
        With the images.
    progress : Progress
        Told of every image.

    Returns
    -------
    UltrasoundFolder
        Headers and masks were read, pixels not.

    Raises
    ------
    InputError
        If there is no such folder, its table is wrong, or it has no images at all.

    Notes
    -----
    Hidden files, the server's labels and the results of a batch are passed over, and links followed, as by
    `livercad.studies.files.list_files`.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing there"
        raise InputError(folder, found=found, expected="a folder of ultrasound images", todo="Check the path.")
    files = sorted(path for path in walk(folder) if path.is_file())
    misnamed = [path for path in files if not is_text(path)]
    listed = list_images(folder, [path for path in files if is_text(path)], progress)
    listed = replace(listed, problems=(*listed.problems, *name_problems(folder, misnamed)))
    if not listed.images and not listed.problems:
        count = sum(map(has_unread_kind, files))
        unread = f" ({count} of them TIFF or GIF: convert to PNG)" if count else ""
        raise InputError(
            folder,
            found=f"no image among {len(files)} files{unread}",
            expected="PNG, JPEG, BMP or DICOM files of ultrasound",
            todo="Name the folder that has them.",
        )
    return listed


def list_images(folder: Path, files: Sequence[Path], progress: Progress = silent) -> UltrasoundFolder:
    """List the images of a folder where it is known which files may be ultrasound.

    Parameters
    ----------
    folder : Path
        With the images.
    files : sequence of Path
        In or below it. A table decides all the same.
    progress : Progress
        Told of every image.

    Returns
    -------
    UltrasoundFolder
        As of `find_images`; perhaps empty.

    Raises
    ------
    InputError
        If the folder's table, or that of circles drawn, is wrong.
    """
    rows = read_table(folder)
    if rows is None:
        found = list_by_name(folder, files, progress)
    else:
        once, repeated = without_repeats(rows)
        found = _found(folder, once, [*repeated, *not_named(folder, files, rows)], progress)
    drawn = read_drawn(folder)
    return replace(
        found,
        images=tuple(redrawn(each, drawn[each.name]) if each.name in drawn else each for each in found.images),
        left_out=(*found.left_out, *unread_kinds(folder, files, rows or ())),
    )


def list_by_name(folder: Path, files: Iterable[Path], progress: Progress = silent) -> UltrasoundFolder:
    """List the images among some files as their names and the masks beside them have them; no table is read.

    Parameters
    ----------
    folder : Path
        That the files lie in, or below.
    files : iterable of Path
        Of any kind.
    progress : Progress
        Told of every image.

    Returns
    -------
    UltrasoundFolder
        As of `find_images`; perhaps empty.
    """
    left_out: list[Problem] = []
    rows = _rows_of_files(folder, [path for path in files if is_image(path)], left_out)
    return _found(folder, rows, left_out, progress)


def _found(folder: Path, rows: list[Row], left_out: list[Problem], progress: Progress) -> UltrasoundFolder:
    images, problems = _images_of(folder, rows, progress)
    used = {mask for image in images for mask in image.masks}
    return UltrasoundFolder(
        folder, tuple(images), tuple(problems), tuple(each for each in left_out if each.path not in used)
    )


def _rows_of_files(folder: Path, files: Iterable[Path], left_out: list[Problem]) -> list[Row]:
    rows = []
    for path in files:
        inside = path.relative_to(folder)
        case = inside.parts[0] if len(inside.parts) > 1 else path.stem
        if looks_like_mask(path.stem) or any(names_only_masks(part) for part in inside.parts[:-1]):
            left_out.append(Problem(case, f"{inside.as_posix()}: its name says that it is a mask", path=path))
        else:
            beside = MASKS_BESIDE.format(stem=glob.escape(inside.with_suffix("").as_posix()))
            rows.append(Row(case, inside.as_posix(), masks=beside))
    return rows


def _images_of(folder: Path, rows: list[Row], progress: Progress) -> tuple[list[ListedImage], list[Problem]]:
    by_image: dict[tuple[str, int | None], list[Row]] = {}
    for row in rows:
        by_image.setdefault((row.image, row.frame), []).append(row)
    named = {key for key in by_image if key[1] is not None}
    images, problems = [], []
    for number, own in enumerate(by_image.values()):
        progress(number, len(by_image), "listing images")
        try:
            images += [each for each in _listed(folder, own) if own[0].frame or (own[0].image, each.frame) not in named]
        except InputError as error:
            problems.append(Problem(own[0].case, str(error)))
    progress(len(by_image), len(by_image), "listing images")
    return images, problems


def _listed(folder: Path, rows: list[Row]) -> list[ListedImage]:
    """The image that some rows are about; as many as it has frames where no frame is named."""
    first, path = rows[0], folder / rows[0].image
    cases = {(row.case, row.patient) for row in rows}
    if len(cases) > 1:
        told = " and ".join(sorted(f"{case} {patient}".strip() for case, patient in cases))
        raise InputError(path, found=f"the cases {told} for it", expected="one case an image", todo="Mend the table.")
    if not path.is_file():
        where = f"the image of line {first.line}" if first.line else "the image"
        raise InputError(path, found="no such file", expected=where, todo="Mend the table.")
    header = read_header(path)
    if first.frame is not None and first.frame > header.frames:
        raise InputError(
            path,
            found=f"{header.frames} frame{'s' * (header.frames > 1)}",
            expected=f"a frame {first.frame}",
            todo="Mend the table.",
        )
    marked = [marks_of_row(folder, row, header.shape) for row in rows]
    kinds = {row.kind for row in rows}
    image = ListedImage(
        case=first.case,
        name=first.image,
        path=path,
        kind=kinds.pop() if len(kinds) == 1 else "",
        lesions=tuple(lesion for lesions, _ in marked for lesion in lesions),
        masks=tuple(mask for _, masks in marked for mask in masks),
        patient=first.patient or header.patient,
    )
    frames = [first.frame] if first.frame is not None else list(range(1, header.frames + 1))
    if header.frames == 1:
        return [image]
    return [replace(image, name=f"{image.name}#{frame}", frame=frame) for frame in frames]
