"""An annotated case as a folder: its maps and annotation. Findings as a file. For worker threads."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from livercad.core.annotation import Annotation
from livercad.core.findings import Findings
from LiverCADLib.imageFiles import ImageFileError, readVolume, writeVolume
from LiverCADLib.scene.analysis import AnalysisAnswer
from LiverCADLib.scene.masks import Mask, ball, without
from LiverCADLib.scene.submission import AnnotatedCase
from LiverCADLib.translation import _

LABEL, INSTANCES, REJECTED = "label.nii.gz", "instances.nii.gz", "rejected.nii.gz"
"""The maps; that of rejected lesions is there only where there are any."""
ANNOTATION = "annotation.json"
LIVER, LESIONS = "liver.nii.gz", "lesions.nii.gz"
"""What `livercad analyze` writes beside its findings."""
UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ImageFileError)
"""What reading a damaged file may raise."""


class CaseFolderError(Exception):
    """A folder or file that cannot be read; the text is a sentence for the user."""


def writeCase(folder: Path, case: AnnotatedCase, **others: dict) -> None:
    """Write an annotated case, whole or not at all.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    case : AnnotatedCase
        What is written.
    **others : dict
        JSON that is written beside, as NAME.json.

    Raises
    ------
    CaseFolderError
        If there is something in the folder, or it cannot be written.
    SubmissionError
        If there is nothing left of a lesion in the map.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseFolderError(_("{name} is not empty. Choose another folder.").format(name=folder.name))
    label, instances = case.maps()
    rejected = case.rejectedMap()
    unfinished = folder.with_name(f".unfinished-{uuid.uuid4().hex}")
    try:
        with writing(folder):
            unfinished.mkdir(parents=True)
            writeVolume(label, unfinished / LABEL)
            writeVolume(instances, unfinished / INSTANCES)
            if rejected is not None:
                writeVolume(rejected, unfinished / REJECTED)
            writeJson(unfinished / ANNOTATION, case.annotation.to_dict())
            for name, content in others.items():
                writeJson(unfinished / f"{name}.json", content)
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def mapsIn(folder: Path) -> dict[str, Path]:
    """The maps in a folder that `writeCase` wrote, by what the server calls them."""
    maps = {"label": folder / LABEL, "instances": folder / INSTANCES}
    return {**maps, "rejected": folder / REJECTED} if (folder / REJECTED).is_file() else maps


@contextmanager
def writing(name: Path) -> Iterator[None]:
    """Say in a sentence why something cannot be written: CaseFolderError for what the disk or system says."""
    try:
        yield
    except (OSError, ImageFileError) as error:
        sentence = _(
            "{name} could not be written, and is NOT saved: {reason}. Choose a folder that you may write to, or make "
            "room on the disk."
        )
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise CaseFolderError(sentence.format(name=name, reason=reason)) from error


def readCase(folder: Path, grid) -> AnnotatedCase:
    """Read what `writeCase` wrote.

    Parameters
    ----------
    folder : Path
        With label map, map of instances and annotation.
    grid : Grid
        Of the reference image that is open.

    Returns
    -------
    AnnotatedCase
        On this grid.

    Raises
    ------
    CaseFolderError
        If something is missing, damaged, or of another image.
    """
    folder = Path(folder)
    try:
        annotation = Annotation.from_dict(_readJson(folder / ANNOTATION))
        maps = {name: readVolume(file) for name, file in mapsIn(folder).items()}
        return AnnotatedCase.fromMaps(annotation, grid, **maps)
    except UNREADABLE as error:
        sentence = _("{name} cannot be opened as an annotated case of this image: {reason}")
        raise CaseFolderError(sentence.format(name=folder.name, reason=error)) from error


def readFindings(path: Path, grid) -> AnalysisAnswer:
    """Read findings, with the masks beside them where `livercad analyze` has put some.

    Parameters
    ----------
    path : Path
        JSON of `livercad.core.findings.Findings`.
    grid : Grid
        Of the reference image that is open.

    Returns
    -------
    AnalysisAnswer
        Lesions without a mask are balls of their diameter.

    Raises
    ------
    CaseFolderError
        If it is none, or the masks are of another image.
    """
    path = Path(path)
    try:
        findings = Findings.from_dict(_readJson(path))
        liver, lesions = (
            grid.toScene(readVolume(file)) if (file := path.with_name(name)).is_file() else None
            for name in (LIVER, LESIONS)
        )
    except UNREADABLE as error:
        sentence = _("{name} cannot be opened as findings of this image: {reason}")
        raise CaseFolderError(sentence.format(name=path.name, reason=error)) from error
    if lesions is not None:
        return AnalysisAnswer.of(findings, liver, lesions)
    return AnalysisAnswer(findings, None if liver is None else Mask.of(liver), _ballsOf(findings, grid))


def writeFindings(path: Path, findings: Findings) -> None:
    """Write findings as JSON, whole or not at all.

    Raises
    ------
    CaseFolderError
        With a sentence for the user.
    """
    with writing(path):
        writeJson(Path(path), findings.to_dict())


def findingsOf(lesions) -> Findings | None:
    """The findings as they stand: of lesions that were not rejected, and as they were described last.

    Parameters
    ----------
    lesions : LesionList
        Of the open case.

    Returns
    -------
    Findings or None
        Lesions that the server never measured, or that were corrected since, are not in them. None without any.
    """
    if lesions.findings is None:
        return None
    described = [
        record.found
        for number, record in lesions.records.items()
        if record.found and not record.isRejected and not record.isOutdated(lesions.measured(number))
    ]
    return replace(lesions.findings, lesions=tuple(described))


def writeJson(path: Path, content) -> None:
    """Write JSON to the disk itself, whole or not at all."""
    unfinished = path.with_name(f".unfinished-{path.name}")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _readJson(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _ballsOf(findings: Findings, grid) -> dict[int, Mask]:
    balls: dict[int, Mask] = {}
    for lesion in findings.lesions:
        whole = ball(lesion.center, lesion.diameter_mm, grid.shape, grid.affine)
        free = without(whole, list(balls.values())) if whole else None
        if free:
            balls[lesion.number] = free
    return balls
