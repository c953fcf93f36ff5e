"""Cases of ultrasound images in a folder of studies, beside those of CT."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from livercad.studies.dicom_headers import CT
from livercad.studies.discover import Discovery, Problem
from livercad.studies.files import PICTURE_SUFFIXES
from livercad.studies.ultrasound.drawn import read_drawn
from livercad.studies.ultrasound.folder import list_images
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.layouts import has_table
from livercad.studies.ultrasound.rows import TABLE


@dataclass(frozen=True)
class ImageCase:
    """One patient's ultrasound examination.

    Parameters
    ----------
    case : str
        Its name.
    images : tuple of ListedImage
        At least one, in the folder's order.
    unusable : tuple of str
        Why further images of the case cannot be used.
    """

    case: str
    images: tuple[ListedImage, ...]
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageCases:
    """The ultrasound of a folder of studies.

    Parameters
    ----------
    cases : tuple of ImageCase
        Sorted by case.
    problems : tuple of Problem
        Images that cannot be used, and those whose case is one of CT.
    left_out : tuple of Problem
        What was passed over, as of `livercad.studies.ultrasound.folder.UltrasoundFolder`.
    beside_ct : tuple of Problem
        Pictures that are not taken for ultrasound, as they lie in the folder of a case of CT.
    """

    cases: tuple[ImageCase, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: tuple[Problem, ...] = ()
    beside_ct: tuple[Problem, ...] = ()


def image_cases(folder: Path, discovery: Discovery) -> ImageCases:
    """Find the cases of ultrasound beside those of CT.

    A picture (PNG, JPEG, BMP) in the folder of a case of CT is rather a screenshot than ultrasound: it counts only
    where a table names it, or circles were drawn on it. DICOM tells its own modality.

    Parameters
    ----------
    folder : Path
        The folder of studies.
    discovery : Discovery
        What `find_studies` says of it. A name that CT has as well stands for CT.

    Returns
    -------
    ImageCases
        Empty where no file may be ultrasound and no table tells of any.

    Raises
    ------
    InputError
        If the table of images is wrong.
    """
    folder = folder.absolute()  # as the files of a `Discovery` are
    if not discovery.flat and not (folder / TABLE).is_file():
        return ImageCases()
    beside = _beside_ct(folder, discovery)
    found = list_images(folder, [path for path in discovery.flat if path not in beside])
    by_case: dict[str, list[ListedImage]] = defaultdict(list)
    for image in found.images:
        by_case[image.case].append(image)
    problems = list(found.problems)
    for case in sorted(by_case.keys() & {study.case for study in discovery.studies}):
        images = by_case.pop(case)
        more = f" and {len(images) - 1} more" if len(images) > 1 else ""
        problems.append(
            Problem(
                case,
                f"found ultrasound ({images[0].name}{more}) under the name of a case of CT, which goes before it; "
                "expected names of their own. Rename or move the images.",
            )
        )
    unusable = {case: tuple(each.reason for each in problems if each.case == case) for case in by_case}
    cases = (ImageCase(case, tuple(by_case[case]), unusable[case]) for case in sorted(by_case))
    return ImageCases(tuple(cases), tuple(problems), found.left_out, tuple(beside.values()))


def _beside_ct(root: Path, discovery: Discovery) -> dict[Path, Problem]:
    """Pictures in the folder of a case of CT, which is one just below the root, or the root itself; without a table."""
    if has_table(root):
        return {}
    of_cases = {folder.relative_to(root).parts[0] for folder in discovery.ct_folders if root in folder.parents}
    # Series of other modalities, such as captures of screens, make no case of CT.
    of_ct = {study.case for study in discovery.studies}
    of_ct |= {problem.case for problem in discovery.problems if problem.modality in ("", CT)}
    drawn = read_drawn(root)
    beside = {}
    for path in discovery.flat:
        inside = path.relative_to(root)
        has_ct = inside.parts[0] in of_cases if len(inside.parts) > 1 else root.name in of_ct
        if has_ct and path.suffix.lower() in PICTURE_SUFFIXES and inside.as_posix() not in drawn:
            reason = (
                f"{inside.as_posix()}: a picture in the folder of a case of CT is not taken for ultrasound; if it is, "
            )
            beside[path] = Problem(path.stem, reason + f"move it or name it in {TABLE}", path=path)
    return beside
