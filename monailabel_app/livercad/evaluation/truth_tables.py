"""What a truth's tables tell: the type of every lesion, and the phase of every image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livercad.core.names import phase_of
from livercad.core.phases import Phase
from livercad.core.taxonomy import CLASS_OF, YASAKA_CATEGORY_OF, LesionClass, LesionType, YasakaCategory
from livercad.errors import InputError
from livercad.evaluation.cases import PHANTOM_TABLE, truth_folder
from livercad.evaluation.csv_rows import DOCUMENTED, need_columns
from livercad.studies.csv_table import read_csv

TYPES_TABLE, PHASES_TABLE = PHANTOM_TABLE, "phases.csv"
"""Both lie beside the truth's case folders."""
TODO = f"Correct the table ({DOCUMENTED}), or take it away."

Kind = LesionType | LesionClass
"""What a truth may call a lesion: its type, or its class where it tells no more."""
KINDS: dict[str, Kind] = {**{one.value: one for one in LesionClass}, **{one.value: one for one in LesionType}}
"""By the word in the table; a word that is both is taken for the type."""

CATEGORY_OF_CLASS: dict[LesionClass, YasakaCategory] = {
    CLASS_OF[one]: category for one, category in YASAKA_CATEGORY_OF.items()
}
"""The five categories are unions of the six classes."""


@dataclass(frozen=True)
class TruthTables:
    """The tables of a truth.

    Parameters
    ----------
    types : mapping of str to mapping of int to Kind, or None
        By case and by the lesion's value in the mask; None where there is no such table.
    phases : mapping of str to mapping of str to Phase, or None
        By case and by image: a file's name or the end of its path, or a DICOM series UID. None likewise.
    """

    types: Mapping[str, Mapping[int, Kind]] | None = None
    phases: Mapping[str, Mapping[str, Phase]] | None = None


def class_of(kind: Kind) -> LesionClass:
    """The class that a lesion of a type, or of a class, belongs to."""
    return CLASS_OF[kind] if isinstance(kind, LesionType) else kind


def read_tables(truth: Path) -> TruthTables:
    """Read the tables of a truth, as far as they are there.

    Parameters
    ----------
    truth : Path
        Folder of case folders, or one that holds such a folder under the name ``truth``. ``lesions.csv`` has the
        columns case, lesion and type, ``phases.csv`` case, image and phase, in any order and among others; UTF-8,
        separated by commas or semicolons.

    Returns
    -------
    TruthTables
        What they tell.

    Raises
    ------
    InputError
        If columns are missing, a word is unknown, or a lesion or an image is told twice; the message tells the line.
    """
    folder = truth_folder(truth)
    types, phases = folder / TYPES_TABLE, folder / PHASES_TABLE
    return TruthTables(
        _read_types(types) if types.is_file() else None, _read_phases(phases) if phases.is_file() else None
    )


def _read_types(path: Path) -> dict[str, dict[int, Kind]]:
    told: dict[str, dict[int, Kind]] = {}
    for line, (case, lesion, word) in _rows(path, ("case", "lesion", "type")):
        if not lesion.isdecimal() or int(lesion) < 1:
            raise _error(path, f"the lesion '{lesion}' in line {line}", "its value in the lesion mask, from 1")
        if word.lower() not in KINDS:
            raise _error(path, f"the type '{word}' in line {line}", "one of " + ", ".join(KINDS))
        if int(lesion) in told.setdefault(case, {}):
            raise _error(path, f"lesion {lesion} of {case} in line {line} for the second time", "it once")
        told[case][int(lesion)] = KINDS[word.lower()]
    return told


def _read_phases(path: Path) -> dict[str, dict[str, Phase]]:
    told: dict[str, dict[str, Phase]] = {}
    for line, (case, image, word) in _rows(path, ("case", "image", "phase")):
        phase = phase_of(word)
        if phase is None:
            raise _error(path, f"the phase '{word}' in line {line}", f"{', '.join(Phase)} or a usual spelling of these")
        if not image:
            raise _error(path, f"no image in line {line}", "a file's name, or a DICOM series UID")
        if image in told.setdefault(case, {}):
            raise _error(path, f"the image {image} of {case} in line {line} for the second time", "it once")
        told[case][image] = phase
    return told


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line number and the wanted cells of every row that has one of them."""
    table = read_csv(path, TODO)
    need_columns(table, path, columns, TODO)
    for line, cells in table.rows:
        wanted = tuple(cells[column] for column in columns)
        if not any(wanted):
            continue
        if not wanted[0]:
            raise _error(path, f"no case in line {line}", "the name of the case's folder")
        yield line, wanted


def _error(path: Path, found: str, expected: str) -> InputError:
    return InputError(path, found=found, expected=expected, todo=TODO)
