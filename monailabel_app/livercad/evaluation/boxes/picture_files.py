"""Where pictures of images and scans lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes
from livercad.evaluation.boxes.pictures import CtPictures, Pictures, PlanarPictures
from livercad.studies.discover import find_studies
from livercad.studies.study import Series

ENDINGS = ("", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
"""Tried after an image's name."""


def find_pictures(images: tuple[ImageBoxes, ...], sources: Mapping[str, str], folder: Path | None) -> Pictures | None:
    """Find pictures of images or scans.

    Parameters
    ----------
    images : tuple of ImageBoxes
        All 2-D, or all scans.
    sources : mapping of str to str
        Where each scan's CT was when it was analysed.
    folder : Path or None
        Where the user says that they are: images by their names, or studies as ``livercad analyze`` takes them.

    Returns
    -------
    Pictures or None
        None where nobody tells any.

    Raises
    ------
    InputError
        If a folder is given that has none of them.
    """
    if folder is None:
        files = {name: Path(source) for name, source in sources.items() if source and Path(source).is_file()}
        return CtPictures({name: Series((path,), None, "name") for name, path in files.items()}) if files else None
    if not folder.is_dir():
        raise InputError(folder, found="no such folder", expected="a folder of images", todo="Check the path.")
    planar = images[0].frame is BoxFrame.PIXELS
    pictures = _images(folder, images) if planar else CtPictures(_studies(folder, sources))
    if not any(pictures.has(image) for image in images):
        raise InputError(
            folder,
            found="none of the " + ("images" if planar else "scans"),
            expected=f"{'an image file' if planar else 'a study'} named like '{images[0].name}'",
            todo="Check the folder, or leave out --images: then there are no contact sheets.",
        )
    return pictures


def _studies(folder: Path, sources: Mapping[str, str]) -> dict[str, Series | Volume]:
    """The series that each case was analysed in, else the one that names tell to be its reference."""
    chosen: dict[str, Series | Volume] = {}
    for study in find_studies(folder).studies:
        same = [series for series in study.series if series.source == sources.get(study.case)]
        chosen[study.case] = same[0] if same else study.reference
    return chosen


def _images(folder: Path, images: tuple[ImageBoxes, ...]) -> PlanarPictures:
    """Pictures named like the images, with or without their ending."""
    found = {}
    for image in images:
        path = next((p for ending in ENDINGS if (p := folder / f"{image.name}{ending}").is_file()), None)
        if path:
            found[image.name] = path
    return PlanarPictures(found)
