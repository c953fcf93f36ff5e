"""Finding the studies in a folder: which cases there are, and which file shows which phase."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.studies.candidates import (
    Candidate,
    Problem,
    case_and_name,
    dicom_candidates,
    image_candidates,
    name_problems,
)
from livercad.studies.dicom_headers import CT, ULTRASOUND
from livercad.studies.files import Files, list_files
from livercad.studies.study import Study
from livercad.studies.table import TABLE_NAME, read_table
from livercad.studies.tabled import tabled_candidates

__all__ = ["MOST_UNKNOWN", "Discovery", "Problem", "find_studies"]

MOST_UNKNOWN = 8
"""So many series of a case whose names tell no phase are read to recognise it: twice the number of phases. More files
than these are rather a folder of cases than the phases of one."""


@dataclass(frozen=True)
class Discovery:
    """What a folder of studies holds.

    Parameters
    ----------
    studies : tuple of Study
        The cases that can be used, sorted by case.
    problems : tuple of Problem
        The cases that cannot, sorted by case.
    left_out : tuple of Problem
        Files that were passed over: masks, scouts, images beside all four phases.
    others : Counter of str
        How many files of other kinds lie there, by ending in small letters (``.png``; empty where there is none).
    flat : tuple of Path
        Those of them that may be ultrasound (PNG, JPEG, BMP), and DICOM files that are: `image_cases` in
        `livercad.studies.ultrasound.cases` reads them.
    ct_folders : frozenset of Path
        Folders that files of CT lie in, whether these can be used or not.
    """

    studies: tuple[Study, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[Problem, ...]
    others: Counter[str] = field(default_factory=Counter)
    flat: tuple[Path, ...] = ()
    ct_folders: frozenset[Path] = frozenset()


def find_studies(folder: Path, *, one_case: bool = False, not_ct: Iterable[Path] = ()) -> Discovery:
    """Find the studies in a folder.

    A case is a file of its own (``case.nii.gz``), several files with the same name but for the phase
    (``case_arterial.nii.gz``), a folder with a file for each phase, or a folder of DICOM series. Names within a case
    need not tell the phase. The folder may itself be one case. A table ``studies.csv`` in it decides for the cases that
    it names or takes a file of; the others go by their names. Of DICOM files only the headers are read; other images
    are opened when they are loaded.

    Parameters
    ----------
    folder : Path
        The folder of studies, or one image file.
    one_case : bool, default False
        Take all images in the folder and below it for one case, named after the folder.
    not_ct : iterable of Path
        Files of which something else is known already.

    Returns
    -------
    Discovery
        Empty for an empty folder.

    Raises
    ------
    InputError
        If there is no such folder, or its table is wrong.
    """
    if not folder.exists():
        raise InputError(
            folder,
            found="nothing there",
            expected="a folder of studies",
            todo="Check the path.",
        )
    folder = folder.absolute()
    root, files = (folder.parent, Files(images=[folder])) if folder.is_file() else (folder, list_files(folder))
    tabled = _tabled(folder)
    files = _without(files, [path for candidate in tabled for path in candidate.series.files])
    files = _without(files, not_ct)
    images, masks = image_candidates(root, files, one_case=one_case)
    dicoms, passed_over = dicom_candidates(root, files, one_case=one_case)
    ultrasound = {path: problem for path, problem in passed_over.items() if problem.modality in ULTRASOUND}
    unusable = list(dict.fromkeys(problem for path, problem in passed_over.items() if path not in ultrasound))
    decided = _decided_by_table(root, tabled)
    named = [candidate for candidate in images + dicoms if candidate.case not in decided]
    not_listed = [
        Problem(candidate.case, f"{candidate.called}: {TABLE_NAME} lists its case without it")
        for candidate in images + dicoms
        if candidate.case in decided
    ]
    left_out = masks + not_listed + list(dict.fromkeys(ultrasound.values()))
    found = _assemble(tabled + named, unusable, left_out, files.others, one_case=one_case)
    of_names = name_problems(root, files.misnamed)
    known = {study.case for study in found.studies} | {problem.case for problem in found.problems}
    ct = [path for candidate in tabled + images + dicoms for path in candidate.series.files]
    ct += [path for path, problem in passed_over.items() if problem.modality == CT]
    return replace(
        found,
        problems=_sorted([*found.problems, *(each for each in of_names if each.case not in known)]),
        left_out=_sorted([*found.left_out, *(each for each in of_names if each.case in known)]),
        flat=tuple(sorted([*files.pictures, *ultrasound])),
        ct_folders=frozenset(path.parent for path in ct),
    )


def _tabled(folder: Path) -> list[Candidate]:
    table = folder / TABLE_NAME
    return tabled_candidates(table, read_table(table)) if table.is_file() else []


def _decided_by_table(root: Path, tabled: list[Candidate]) -> set[str]:
    """The cases that the table names, and those that its files would have belonged to by their names."""
    listed = [candidate.series.files[0] for candidate in tabled]
    by_name = {case_and_name(root, path)[0] for path in listed if path.is_relative_to(root)}
    return by_name | {candidate.case for candidate in tabled}


def _without(files: Files, taken: Iterable[Path]) -> Files:
    """The files that are left to their names and headers."""
    listed = {path.resolve() for path in taken}
    return replace(
        files,
        images=[path for path in files.images if path.resolve() not in listed],
        dicoms=[path for path in files.dicoms if path.resolve() not in listed],
    )


def _assemble(
    candidates: list[Candidate],
    unusable: list[Problem],
    left_out: list[Problem],
    others: Counter[str],
    *,
    one_case: bool,
) -> Discovery:
    by_case: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_case[candidate.case].append(candidate)
    studies, problems = [], []
    for case, members in sorted(by_case.items()):
        known = [member for member in members if member.series.phase]
        unknown = [member for member in members if not member.series.phase]
        problem = _two_of_a_phase(known) or ("" if known or one_case else _many_files(unknown))
        if problem:
            problems.append(Problem(case, problem))
            continue
        room = MOST_UNKNOWN if len(known) < len(Phase) else 0
        reason = f"{MOST_UNKNOWN} others are read to recognise their phases" if room else "the others tell all phases"
        left_out = left_out + [
            Problem(case, f"{member.called}: its name tells no phase, and {reason}") for member in unknown[room:]
        ]
        studies.append(Study(case, tuple(member.series for member in _in_order(known + unknown[:room]))))
    for case in sorted({problem.case for problem in unusable} - set(by_case)):
        own = [problem for problem in unusable if problem.case == case]
        reasons = "; ".join(problem.reason for problem in own)
        modalities = {problem.modality for problem in own}
        told = "" if modalities & {"", CT} else ", ".join(sorted(modalities))
        problems.append(Problem(case, f"no DICOM series is an axial CT volume: {reasons}", told))
    left_out = left_out + [problem for problem in unusable if problem.case in by_case]
    return Discovery(tuple(studies), _sorted(problems), _sorted(left_out), others)


def _two_of_a_phase(known: list[Candidate]) -> str:
    by_phase: dict[Phase | None, list[str]] = defaultdict(list)
    for candidate in known:
        by_phase[candidate.series.phase].append(candidate.called)
    for phase, names in by_phase.items():
        if phase and len(names) > 1:
            return (
                f"found {len(names)} images of the {phase.value} phase: {' and '.join(names)}; expected one for each "
                f"phase. Keep one, or tell in {TABLE_NAME} (case, phase, path) which one to use."
            )
    return ""


def _many_files(unknown: list[Candidate]) -> str:
    files = [member.called for member in unknown if not member.series.uid]
    if len(files) <= MOST_UNKNOWN:
        return ""
    return (
        f"found {len(files)} images whose names tell no phase: {', '.join(files[:6])}, …; expected at most "
        f"{MOST_UNKNOWN}, or a phase in each name. If each is a case of its own, hand in the folder that holds them; "
        f"else name them (arterial, portal, …), or tell in {TABLE_NAME} (case, phase, path) which is which."
    )


def _in_order(members: list[Candidate]) -> list[Candidate]:
    order: list[Phase | None] = [*Phase, None]
    return sorted(members, key=lambda member: order.index(member.series.phase))


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.case, problem.reason)))
