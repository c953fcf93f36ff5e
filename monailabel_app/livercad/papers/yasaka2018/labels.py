"""The table ``labels.csv``: what the lesions of a folder of patients are."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from livercad.core.geometry import Box, Frame, Point
from livercad.core.phases import Phase
from livercad.core.taxonomy import HYPERVASCULAR, YASAKA_CATEGORY_OF, LesionType, YasakaCategory
from livercad.errors import InputError
from livercad.papers.yasaka2018.settings import PHASES
from livercad.papers.yasaka2018.sources import Part

TABLE = "labels.csv"
NEEDED = ("case", "lesion")
BOX = ("r_min", "r_max", "a_min", "a_max", "s_min", "s_max")
PLACES = {phase: tuple(f"{phase}_{axis}" for axis in "ras") for phase in PHASES}
PARTS = {"training": Part.TRAINING, "train": Part.TRAINING, "test": Part.TEST}
YES_NO = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


@dataclass(frozen=True)
class Label:
    """One line of the table: a lesion.

    Parameters
    ----------
    case : str
        As `livercad.studies.discover.find_studies` names it.
    person : str
        Whose case it is; the case itself where the table has no column ``patient``.
    lesion : int
        Its value in the mask.
    category : YasakaCategory
        The diagnosis.
    kind : str
        The type, where the table tells it.
    hypervascular : bool or None
        Of category C, where it is told.
    part : Part or None
        None where the table leaves the split to us.
    scanner : str
        Empty where it is not told.
    box : Box or None
        RAS mm, instead of a mask.
    places : dict of Phase to tuple of float
        Where the middle of the lesion's largest section lies in that phase's own image, RAS mm; of phases for which it
        is told.
    line : int
        In the file, from 1.
    """

    case: str
    person: str
    lesion: int
    category: YasakaCategory
    kind: str
    hypervascular: bool | None
    part: Part | None
    scanner: str
    box: Box | None
    places: dict[Phase, Point]
    line: int


def read_labels(folder: Path) -> tuple[Label, ...]:
    """Read the table of a folder.

    Parameters
    ----------
    folder : Path
        Has ``labels.csv``: UTF-8, separated by commas or semicolons, with the columns case, lesion (its value in the
        mask), and category (A to E) or type (`LesionType`); and if wanted hypervascular (yes, no), set (training,
        test), patient, scanner, r_min, r_max, a_min, a_max, s_min, s_max (a box in RAS mm instead of a mask), and
        unenhanced_r, unenhanced_a, unenhanced_s (where the lesion's middle lies in that phase, RAS mm), likewise for
        arterial and delayed.

    Returns
    -------
    tuple of Label
        In the file's order.

    Raises
    ------
    InputError
        If there is no such table, or a line of it is wrong; the message tells the line.
    """
    path = folder / TABLE
    if not path.is_file():
        raise InputError(
            path,
            found="no such file",
            expected=f"a table {TABLE} with a line a lesion: case, lesion, and category or type",
            todo="Write one beside the studies; docs/yasaka2018.md has its columns.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(
            path, f"a table that cannot be read ({error})", "a CSV file in UTF-8 (docs/yasaka2018.md)"
        ) from error
    header = text.split("\n", 1)[0]
    lines = csv.DictReader(text.splitlines(), delimiter=";" if ";" in header and "," not in header else ",")
    lines.fieldnames = [name.strip().lower() for name in lines.fieldnames or ()]
    missing = [name for name in NEEDED if name not in lines.fieldnames]
    if missing or not {"category", "type"} & set(lines.fieldnames):
        raise _error(path, f"the columns {', '.join(lines.fieldnames)}", "case, lesion, and category or type")
    labels = []
    for cells in lines:
        known = {name: (cell or "").strip() for name, cell in cells.items() if isinstance(name, str)}
        if any(known.values()):
            labels.append(_label(path, lines.line_num, known))
    _check(path, labels)
    return tuple(labels)


def _label(path: Path, line: int, cells: dict[str, str]) -> Label:
    if not cells["case"] or any(sign in cells["case"] for sign in "/\\\0") or cells["case"].startswith("."):
        raise _error(path, f"the case '{cells['case']}' in line {line}", "the name of a case")
    if not cells["lesion"].isdecimal() or int(cells["lesion"]) < 1:
        raise _error(path, f"the lesion '{cells['lesion']}' in line {line}", "its value in the mask, from 1")
    kind = _kind(path, line, cells.get("type", ""))
    category = _category(path, line, cells.get("category", ""), kind)
    word = cells.get("hypervascular", "").lower()
    if word and word not in YES_NO:
        raise _error(path, f"hypervascular '{word}' in line {line}", "yes or no, or nothing")
    hypervascular = YES_NO.get(word, kind in HYPERVASCULAR if kind else None)
    part = cells.get("set", "").lower()
    if part and part not in PARTS:
        raise _error(path, f"the set '{part}' in line {line}", "training or test")
    return Label(
        case=cells["case"],
        person=cells.get("patient") or cells["case"],
        lesion=int(cells["lesion"]),
        category=category,
        kind=kind.value if kind else "",
        hypervascular=hypervascular if category is YasakaCategory.C else None,
        part=PARTS.get(part),
        scanner=cells.get("scanner", ""),
        box=_box(path, line, cells),
        places={phase: place for phase in PHASES if (place := _place(path, line, cells, PLACES[phase]))},
        line=line,
    )


def _kind(path: Path, line: int, word: str) -> LesionType | None:
    if word and word.lower() not in set(LesionType):
        raise _error(path, f"the type '{word}' in line {line}", "one of " + ", ".join(LesionType))
    return LesionType(word.lower()) if word else None


def _category(path: Path, line: int, word: str, kind: LesionType | None) -> YasakaCategory:
    if word and word.upper() not in set(YasakaCategory):
        raise _error(path, f"the category '{word}' in line {line}", "A, B, C, D or E")
    of_kind = YASAKA_CATEGORY_OF[kind] if kind else None
    told = YasakaCategory(word.upper()) if word else None
    if told and of_kind and told is not of_kind:
        raise _error(path, f"category {told} for a {kind} in line {line}", f"category {of_kind}, which it belongs to")
    category = told or of_kind
    if category is None:
        raise _error(path, f"neither category nor type in line {line}", "one of them")
    return category


def _box(path: Path, line: int, cells: dict[str, str]) -> Box | None:
    words = [cells.get(name, "") for name in BOX]
    if not any(words):
        return None
    try:
        r0, r1, a0, a1, s0, s1 = (float(word) for word in words)
        box = Box((r0, a0, s0), (r1, a1, s1), Frame.RAS)
    except ValueError as error:
        raise _error(path, f"the box {', '.join(words)} in line {line}", f"{', '.join(BOX)} in mm, RAS") from error
    if not all(0 < size < math.inf for size in box.size):
        raise _error(path, f"a box without extent in line {line}", "a minimum below the maximum along R, A and S")
    return box


def _place(path: Path, line: int, cells: dict[str, str], columns: tuple[str, ...]) -> Point | None:
    words = [cells.get(name, "") for name in columns]
    if not any(words):
        return None
    try:
        r, a, s = (float(word) for word in words)
        if not all(map(math.isfinite, (r, a, s))):
            raise ValueError
    except ValueError as error:
        expected = f"{', '.join(columns)} in mm, RAS, or none of them"
        raise _error(path, f"the place {', '.join(words)} in line {line}", expected) from error
    return r, a, s


def _check(path: Path, labels: list[Label]) -> None:
    if not labels:
        raise _error(path, "no rows", "a row for each lesion")
    seen: dict[tuple[str, int], int] = {}
    parts: dict[str, Label] = {}
    for label in labels:
        before = seen.setdefault((label.case, label.lesion), label.line)
        if before != label.line:
            raise _error(path, f"lesion {label.lesion} of {label.case} in lines {before} and {label.line}", "it once")
        first = parts.setdefault(label.person, label)
        if first.part is not label.part:
            raise _error(
                path,
                f"patient {label.person} in two sets (lines {first.line} and {label.line})",
                "all lesions of a patient in one: the test would not be independent",
            )
    told = {label.part is None for label in labels}
    if len(told) > 1:
        line = next(label.line for label in labels if label.part is None)
        raise _error(path, f"no set in line {line}", "a set in every line, or in none")


def _error(path: Path, found: str, expected: str) -> InputError:
    return InputError(path, found=found, expected=expected, todo="Correct the table and start again.")
