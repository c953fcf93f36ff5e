"""The beginning of a batch: which studies there are, and what the user should know of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livercad.batch.discovering_images import (
    doubtful_pictures,
    image_in_file,
    images_beside,
    is_picture,
    may_be_one_patient,
)
from livercad.batch.display import Display
from livercad.batch.failures import drop_failures
from livercad.batch.folder import check_not_foreign
from livercad.batch.runner import Job
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.studies.dicom_headers import CT, ULTRASOUND
from livercad.studies.discover import Discovery, Problem, find_studies
from livercad.studies.files import PICTURE_SUFFIXES, UNREAD_SUFFIXES, is_text, readable
from livercad.studies.ultrasound.cases import ImageCases
from livercad.studies.ultrasound.layouts import named_files
from livercad.studies.ultrasound.rows import TABLE

FLAT_ENDINGS = frozenset((*PICTURE_SUFFIXES, *UNREAD_SUFFIXES))
ENDINGS_TOLD = 3
"""Kinds of files that the message names where no study lies: the most frequent."""


@dataclass(frozen=True)
class Found:
    """What there is to do, no case twice.

    Parameters
    ----------
    ct : Discovery
        The studies that are CT, and what is wrong with others.
    ultrasound : ImageCases
        The cases that are ultrasound, likewise.
    """

    ct: Discovery
    ultrasound: ImageCases

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """What was passed over."""
        return (*self.ct.left_out, *self.ultrasound.left_out, *self.ultrasound.beside_ct)


def discover(job: Job, *, one_case: bool, with_ultrasound: bool) -> Found:
    """Find the studies; no case may take a place in the output folder that something else holds.

    Parameters
    ----------
    job : Job
        Its folders; its display is told what was left out.
    one_case : bool
        Take all images of the folder for one case.
    with_ultrasound : bool
        Look for ultrasound images as well.

    Returns
    -------
    Found
        At least one study or problem. Where CT and ultrasound are cases of one name, it is CT.

    Raises
    ------
    InputError
        If there is neither, or something else lies where a case's results are to be.
    """
    if not is_text(job.studies.absolute()):
        raise InputError(
            readable(job.studies),
            found="a path that is no UTF-8",
            expected="one that results can name",
            todo="Rename it, or the folder that it lies in.",
        )
    found = _both(job, one_case) if with_ultrasound else Found(_ct(job, one_case), ImageCases())
    cases = [study.case for study in found.ct.studies] + [each.case for each in found.ultrasound.cases]
    cases += [problem.case for problem in (*found.ct.problems, *found.ultrasound.problems)]
    if not cases:
        raise InputError(
            job.studies,
            found="no study" + _instead(found.ct),
            expected="CT as NIfTI files, folders of phases, or DICOM series"
            + (", or ultrasound as PNG, JPEG, BMP or DICOM" if with_ultrasound else ""),
            todo="Name the folder that holds them.",
        )
    check_not_foreign(job.out, cases)
    drop_failures(job.out, str(job.studies), keep=set(cases))
    _tell_passed_over(job.display, found, doubtful_pictures(job.studies, found.ultrasound))
    if _may_be_one_case(job.studies, found.ct):
        job.display.say("Each image is taken for a case. If they are the phases of one patient, add --one-case.")
    if may_be_one_patient(job.studies, found.ultrasound):
        job.display.say("Each ultrasound image is taken for a case. If they are of one patient, add --one-case.")
    return found


def _tell_passed_over(display: Display, found: Found, doubtful: Sequence[str]) -> None:
    left_out, beside_ct = (*found.ct.left_out, *found.ultrasound.left_out), found.ultrasound.beside_ct
    if left_out:
        example = left_out[0].reason.rstrip(".")
        display.say(f"Left out: {_counted(left_out)}, for example {example}. run.json lists them.")
    if beside_ct:
        pictures = f"{len(beside_ct)} picture{'s' if len(beside_ct) > 1 else ''}"
        display.say(f"Not ultrasound: {pictures}, for example {beside_ct[0].reason}. run.json lists them.")
    if doubtful and (found.ct.studies or found.ct.problems):
        pictures = f"{len(doubtful)} picture{'s' if len(doubtful) > 1 else ''}"
        display.say(
            f"Taken for ultrasound: {pictures} beside CT, for example {doubtful[0]}. If that is wrong, move such "
            "pictures away, or add --ultrasound-model none."
        )


def _ct(job: Job, one_case: bool, not_ct: Iterable[Path] = ()) -> Discovery:
    return find_studies(job.studies, one_case=one_case, not_ct=not_ct)


def _both(job: Job, one_case: bool) -> Found:
    if job.studies.is_file() and is_picture(job.studies):
        return Found(Discovery((), (), ()), image_in_file(job.studies))
    ct = _ct(job, one_case, named_files(job.studies))
    if not ct.flat and not (job.studies / TABLE).is_file():
        return Found(ct, ImageCases())
    # What is wrong with ultrasound as CT says nothing here.
    ct = replace(ct, left_out=tuple(each for each in ct.left_out if each.modality not in ULTRASOUND))
    with job.display.waiting("Listing images"):
        images = images_beside(job.studies, ct, one_case=one_case)
    images = replace(images, left_out=(*images.left_out, *_unread(job.studies, ct)))
    used = {mask for case in images.cases for image in case.images for mask in image.masks}
    ct = replace(ct, left_out=tuple(each for each in ct.left_out if not _holds_any(each.path, used)))
    # Whoever can be used goes before whoever cannot.
    usable = {each.case for each in images.cases}
    # Where there is ultrasound, series of other modalities than CT are no failures.
    dropped = tuple(each for each in ct.problems if each.case in usable or (usable and each.modality not in ("", CT)))
    problems = tuple(each for each in ct.problems if each not in dropped)
    return Found(replace(ct, problems=problems, left_out=ct.left_out + dropped), images)


def _unread(folder: Path, discovery: Discovery) -> list[Problem]:
    counts = ((ending, discovery.others[ending]) for ending in UNREAD_SUFFIXES)
    return [
        Problem(folder.name, f"{count} {ending} file{'s' * (count > 1)}: not read as ultrasound; convert to PNG")
        for ending, count in counts
        if count
    ]


def _holds_any(folder: Path | None, files: Iterable[Path]) -> bool:
    return folder is not None and any(path.is_relative_to(folder) for path in files)


def _may_be_one_case(folder: Path, discovery: Discovery) -> bool:
    """Whether there are only a few images, all directly in the folder, and no name tells a phase."""
    flat = [
        series
        for study in discovery.studies
        for series in study.series
        if series.phase is None and not series.uid and series.files[0].parent == folder
    ]
    return 2 <= len(flat) <= len(Phase) and len(flat) == len(discovery.studies)


def _counted(left_out: Sequence[Problem]) -> str:
    count = len(left_out)
    return f"{count} file{'s' if count > 1 else ''} or series"


def _instead(discovery: Discovery) -> str:
    """Say in brackets what lies there where no study does."""
    parts = [f"{_counted(discovery.left_out)} left out"] if discovery.left_out else []
    for ending, count in discovery.others.most_common(ENDINGS_TOLD):
        files = "files" if count > 1 else "file"
        what = f"{count} {ending} {files}" if ending else f"{count} {files} without ending"
        if ending in FLAT_ENDINGS:
            what += ", which are 2-D images" if count > 1 else ", which is a 2-D image"
        parts.append(what)
    return f" ({'; '.join(parts)})" if parts else ""
