"""Which result belongs to which truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.errors import InputError

LIVER_NAMES = ("liver",)
LESION_NAMES = ("lesions", "lesion", "tumor", "tumors", "tumour", "tumours")
"""What a truth's mask files are called, before ``.nii.gz`` or ``.nii``."""
PHANTOM_TABLE, PHANTOM_HEADER = "lesions.csv", "case,lesion,type,diameter_mm,volume_ml,"
"""The table that ``livercad phantom ct`` leaves beside its truth, and how it begins."""


@dataclass(frozen=True)
class Skipped:
    """Something that was not evaluated.

    Parameters
    ----------
    case : str
        Whose.
    what : str
        ``case``, ``liver``, ``lesions``, ``lesion types`` or ``phases``.
    reason : str
        Why, for people.
    """

    case: str
    what: str
    reason: str


@dataclass(frozen=True)
class MaskFiles:
    """One case's files.

    Parameters
    ----------
    liver, lesions : Path or None
        None where there is no such file.
    """

    liver: Path | None
    lesions: Path | None


@dataclass(frozen=True)
class CasePair:
    """One case's result and truth.

    Parameters
    ----------
    case : str
        Name of both folders.
    result, truth : MaskFiles
        Their masks.
    findings : Path
        Where the result's ``findings.json`` is, if there is one.
    """

    case: str
    result: MaskFiles
    truth: MaskFiles
    findings: Path


def pair_cases(results: Path, truth: Path) -> tuple[tuple[CasePair, ...], tuple[Skipped, ...]]:
    """Pair the case folders of results and truth by name.

    Parameters
    ----------
    results : Path
        Folder of case folders, as ``livercad analyze`` writes it.
    truth : Path
        Folder of case folders, or one that holds such a folder under the name ``truth``.

    Returns
    -------
    pairs : tuple of CasePair
        By name.
    skipped : tuple of Skipped
        Cases with one side only, or whose files are ambiguous, by name.

    Raises
    ------
    InputError
        If a folder is missing or holds no masks, or no case has both sides.
    """
    found, found_skipped = _masks_by_case(results, "a folder that `livercad analyze` wrote")
    true, true_skipped = _masks_by_case(truth_folder(truth), "a folder of case folders with liver or lesion masks")
    skipped = [*found_skipped, *true_skipped]
    told = {item.case for item in skipped}
    skipped += [Skipped(case, "case", "it has a result but no truth") for case in found.keys() - true.keys() - told]
    skipped += [Skipped(case, "case", "it has a truth but no result") for case in true.keys() - found.keys() - told]
    both = sorted(found.keys() & true.keys())
    if not both:
        raise InputError(
            results,
            found=f"results of {_some(found)}, and truth of {_some(true)} in {truth}",
            expected="at least one case with both",
            todo="Name the truth's case folders like those of the results.",
        )
    pairs = (CasePair(case, found[case], true[case], results / case / "findings.json") for case in both)
    return tuple(pairs), tuple(sorted(skipped, key=lambda item: item.case))


def truth_folder(truth: Path) -> Path:
    """The folder of the truth's case folders: `truth`, or the folder ``truth`` in it."""
    return truth / "truth" if (truth / "truth").is_dir() else truth


def is_phantom(truth: Path) -> bool:
    """Whether a truth folder was made by ``livercad phantom ct``, which leaves its truth table there."""
    tables = (truth / PHANTOM_TABLE, truth / "truth" / PHANTOM_TABLE)
    return any(table.is_file() and _first_line(table).startswith(PHANTOM_HEADER) for table in tables)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline()


def _masks_by_case(folder: Path, expected: str) -> tuple[dict[str, MaskFiles], list[Skipped]]:
    if not folder.is_dir():
        raise InputError(folder, found="no such folder", expected=expected, todo="Check the path.")
    cases: dict[str, MaskFiles] = {}
    skipped: list[Skipped] = []
    for path in sorted(folder.iterdir()):
        livers, lesions = _named(path, LIVER_NAMES), _named(path, LESION_NAMES)
        twice = next((files for files in (livers, lesions) if len(files) > 1), None)
        if twice:
            names = " and ".join(file.name for file in twice)
            skipped.append(Skipped(path.name, "case", f"{path} has {names} for one mask; keep one of them"))
        elif livers or lesions:
            cases[path.name] = MaskFiles(next(iter(livers), None), next(iter(lesions), None))
    if not cases and not skipped:
        raise InputError(
            folder,
            found="no case folder with masks",
            expected=expected,
            todo=f"Masks are called liver.nii.gz and {LESION_NAMES[0]}.nii.gz (other names: docs/evaluation.md).",
        )
    return cases, skipped


def _named(folder: Path, names: tuple[str, ...]) -> list[Path]:
    paths = (folder / f"{name}{extension}" for name in names for extension in (".nii.gz", ".nii"))
    return [path for path in paths if path.is_file()]


def _some(cases: dict[str, MaskFiles]) -> str:
    names = sorted(cases)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
