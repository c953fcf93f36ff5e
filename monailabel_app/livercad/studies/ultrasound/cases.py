"""Cases of ultrasound images in a folder of studies, beside those of CT."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from livercad.studies.discover import Discovery, Problem
from livercad.studies.ultrasound.folder import list_images
from livercad.studies.ultrasound.image import ListedImage
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
        Files that were passed over: masks, images that the table does not name.
    """

    cases: tuple[ImageCase, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: tuple[Problem, ...] = ()


def image_cases(folder: Path, discovery: Discovery) -> ImageCases:
    """Find the cases of ultrasound beside those of CT.

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
    found = list_images(folder, discovery.flat)
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
    return ImageCases(tuple(cases), tuple(problems), found.left_out)
