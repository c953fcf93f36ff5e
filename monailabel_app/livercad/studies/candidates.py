"""Which case an image belongs to and which phase it shows, as far as names tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from livercad.core.names import case_of, looks_like_mask, names_only_masks, phase_of
from livercad.core.phases import Phase
from livercad.studies.dicom_headers import DicomSeries, read_series_headers
from livercad.studies.files import Files, readable, stem_of
from livercad.studies.study import Series


@dataclass(frozen=True)
class Problem:
    """Something that was found and is not used.

    Parameters
    ----------
    case : str
        The case it belongs to.
    reason : str
        What was found and why it is not used.
    modality : str, default ""
        Of a DICOM series, as its header tells it; of a case without CT, those of all its series.
    path : Path or None
        The file or folder, where it is about one.
    """

    case: str
    reason: str
    modality: str = ""
    path: Path | None = None


@dataclass(frozen=True)
class Candidate:
    """An image that may become a series of a study.

    Parameters
    ----------
    case : str
        The case it belongs to.
    series : Series
        Its files and phase.
    called : str
        What to call it in a message.
    """

    case: str
    series: Series
    called: str


def image_candidates(root: Path, files: Files, *, one_case: bool) -> tuple[list[Candidate], list[Problem]]:
    """Sort NIfTI, NRRD and MetaImage files into cases.

    Parameters
    ----------
    root : Path
        The folder of studies.
    files : Files
        What lies in it.
    one_case : bool
        Whether all belong to one case, named after the folder.

    Returns
    -------
    list of Candidate
        The images.
    list of Problem
        The masks, left out.
    """
    candidates, left_out = [], []
    for folder in files.mask_folders:
        case = root.name if one_case or folder.parent == root else _top(root, folder)
        reason = f"{folder.relative_to(root)}: its name says that it is a folder of masks"
        left_out.append(Problem(case, reason, path=folder))
    for path in files.images:
        case, own = case_and_name(root, path)
        if one_case:
            case = root.name
        called = str(path.relative_to(root))
        if looks_like_mask(own):
            left_out.append(Problem(case, f"{called}: its name says that it is a mask and no CT"))
        else:
            candidates.append(Candidate(case, _series((path,), [own, *_folders(root, path, _top(root, path))]), called))
    return candidates, left_out


def dicom_candidates(root: Path, files: Files, *, one_case: bool) -> tuple[list[Candidate], dict[Path, Problem]]:
    """Sort DICOM series into cases, one case for each study instance UID.

    Parameters
    ----------
    root : Path
        The folder of studies.
    files : Files
        What lies in it.
    one_case : bool
        Whether all belong to one case, named after the folder.

    Returns
    -------
    list of Candidate
        The axial CT volumes.
    dict of Path to Problem
        The files of the other series, with why they are no CT that can be used.
    """
    by_top: dict[str, list[Path]] = defaultdict(list)
    for path in files.dicoms:
        by_top[_top(root, path)].append(path)
    series = {top: read_series_headers(paths) for top, paths in by_top.items()}
    if _is_one_study(series):
        series = {"": [each for members in series.values() for each in members]}
    candidates: list[Candidate] = []
    passed_over: dict[Path, Problem] = {}
    for top, members in series.items():
        names = _study_names(top if case_of(top) else root.name, members)
        for each in members:
            case = root.name if one_case else names[each.study_uid]
            problem = Problem(case, f"{each.called}: {each.problem}", each.modality)
            if each.problem:
                passed_over.update(dict.fromkeys(each.files, problem))
            else:
                found = _series(each.files, [each.description, *_folders(root, each.files[0], top)], each.uid)
                candidates.append(Candidate(case, found, each.called))
    return candidates, passed_over


def name_problems(root: Path, misnamed: Iterable[Path]) -> list[Problem]:
    """Tell of files that cannot be used for their name.

    Parameters
    ----------
    root : Path
        The folder of studies.
    misnamed : iterable of Path
        Files in it whose path is no UTF-8.

    Returns
    -------
    list of Problem
        One for each file or folder of `root` that they are, or lie in.
    """
    by_top: dict[str, list[Path]] = defaultdict(list)
    for path in misnamed:
        inside = path.relative_to(root)
        by_top[readable(Path(inside.parts[0])) if len(inside.parts) > 1 else stem_of(Path(readable(path)))].append(path)
    return [
        Problem(
            case,
            f"{readable(paths[0])}{f' and {len(paths) - 1} more' * (len(paths) > 1)}: found a name that is no UTF-8; "
            "expected one that results can have. Rename the file, or the folder that it lies in.",
        )
        for case, paths in by_top.items()
    ]


def case_and_name(root: Path, path: Path) -> tuple[str, str]:
    """Tell the case of an image, and what its name says beyond the case.

    Parameters
    ----------
    root : Path
        The folder of studies.
    path : Path
        A file in it.

    Returns
    -------
    str
        The case.
    str
        The file's name without extension, and without the case where it repeats it.
    """
    stem, top = stem_of(path), _top(root, path)
    if top and case_of(top):
        rest = stem.removeprefix(top)
        return top, stem if rest[:1].isalnum() else rest
    # Flat files, or a folder for each phase instead of one for each case.
    return root.name if names_only_masks(stem) else case_of(stem) or root.name, stem


def _top(root: Path, path: Path) -> str:
    """The folder just below the root that a path lies in; empty for what lies in the root itself."""
    parts = path.relative_to(root).parts
    return parts[0] if len(parts) > 1 else ""


def _folders(root: Path, path: Path, top: str) -> list[str]:
    """The folders between a case and its file, the nearest first: they may be named after the phase."""
    folders = path.relative_to(root).parts[:-1]
    return list(reversed(folders[1:] if top and case_of(top) else folders))


def _series(files: tuple[Path, ...], names: Iterable[str], uid: str = "") -> Series:
    phase: Phase | None = next((phase for phase in map(phase_of, names) if phase), None)
    return Series(files, phase, "name" if phase else "unknown", uid)


def _is_one_study(series: dict[str, list[DicomSeries]]) -> bool:
    """Whether the folders below the root are the series of one study, and not a case each."""
    members = [each for found in series.values() for each in found if each.uid]
    studies = {each.study_uid for each in members}
    copies = len(members) - len({each.uid for each in members})
    return len(series) > 1 and len(studies) == 1 and "" not in studies and copies == 0


def _study_names(name: str, members: list[DicomSeries]) -> dict[str, str]:
    """A case name for each study instance UID: the folder's, with the date or a number where it holds several."""
    names = {each.study_uid: name for each in members}
    dates = {each.study_uid: each.study_date for each in members if not each.problem}
    if len(dates) > 1:
        told = Counter(dates.values())
        in_order = sorted(dates.items(), key=lambda item: (item[1], item[0]))
        for number, (uid, date) in enumerate(in_order, start=1):
            names[uid] = f"{name}_{date}" if date and told[date] == 1 else f"{name}_{number}"
    return names
