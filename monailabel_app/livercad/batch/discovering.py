"""The beginning of a batch: which studies there are, and what the user should know of the rest."""

from __future__ import annotations

from pathlib import Path

from livercad.batch.folder import check_not_foreign
from livercad.batch.outputs import drop_failures
from livercad.batch.runner import Job
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.studies.discover import Discovery, find_studies

FLAT_ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif"))
ENDINGS_TOLD = 3
"""Kinds of files that the message names where no study lies: the most frequent."""


def discover(job: Job, *, one_case: bool) -> Discovery:
    """Find the studies; no case may take a place in the output folder that something else holds.

    Parameters
    ----------
    job : Job
        Its folders; its display is told what was left out.
    one_case : bool
        Take all images of the folder for one case.

    Returns
    -------
    Discovery
        At least one study or problem.

    Raises
    ------
    InputError
        If there is neither, or something else lies where a case's results are to be.
    """
    discovery = find_studies(job.studies, one_case=one_case)
    cases = [study.case for study in discovery.studies] + [problem.case for problem in discovery.problems]
    if not cases:
        raise InputError(
            job.studies,
            found="no study" + _instead(discovery),
            expected="CT as NIfTI files, folders of phases, or DICOM series",
            todo="Name the folder that holds them.",
        )
    check_not_foreign(job.out, cases)
    drop_failures(job.out, str(job.studies), keep=set(cases))
    if discovery.left_out:
        first = discovery.left_out[0].reason
        job.display.say(f"Left out: {_counted(discovery)}, for example {first}. run.json lists them.")
    if _may_be_one_case(job.studies, discovery):
        job.display.say("Each image is taken for a case. If they are the phases of one patient, add --one-case.")
    return discovery


def _may_be_one_case(folder: Path, discovery: Discovery) -> bool:
    """Whether there are only a few images, all directly in the folder, and no name tells a phase."""
    flat = [
        series
        for study in discovery.studies
        for series in study.series
        if series.phase is None and not series.uid and series.files[0].parent == folder
    ]
    return 2 <= len(flat) <= len(Phase) and len(flat) == len(discovery.studies)


def _counted(discovery: Discovery) -> str:
    count = len(discovery.left_out)
    return f"{count} file{'s' if count > 1 else ''} or series"


def _instead(discovery: Discovery) -> str:
    """Say in brackets what lies there where no study does."""
    parts = [f"{_counted(discovery)} left out"] if discovery.left_out else []
    for ending, count in discovery.others.most_common(ENDINGS_TOLD):
        files = "files" if count > 1 else "file"
        what = f"{count} {ending} {files}" if ending else f"{count} {files} without ending"
        if ending in FLAT_ENDINGS:
            what += ", which are 2-D images" if count > 1 else ", which is a 2-D image"
        parts.append(what)
    return f" ({'; '.join(parts)})" if parts else ""
