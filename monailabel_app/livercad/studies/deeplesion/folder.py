"""A DeepLesion folder: which lesions its table has, and where their slices are."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from livercad.errors import InputError
from livercad.studies.atomic import write_text
from livercad.studies.deeplesion.rows import COLUMNS, KIND, NEEDED, CoarseType, LesionRow, cells_of, row_of

TABLE = "DL_info.csv"
TABLES = (TABLE, "annotations.csv")
"""Names that the table has."""
COMPLETE = "DL_all.csv"
"""Of phantoms, whose every lesion is known: the same table with all lesions in its slices."""
IMAGES = "Images_png"
ROOTS = (IMAGES, "images", ".")
"""Where slices may lie; of some copies in folders by series, of others in one."""


@dataclass(frozen=True)
class KeySlice:
    """An annotated slice.

    Parameters
    ----------
    image : str
        ``patient_study_series_slice``.
    lesions : tuple of LesionRow
        Those that are annotated in it, the largest box first.
    """

    image: str
    lesions: tuple[LesionRow, ...]

    @property
    def patient(self) -> int:
        """Whose."""
        return self.lesions[0].patient

    @property
    def series(self) -> str:
        """Its series."""
        return self.lesions[0].series

    @property
    def index(self) -> int:
        """Of the slice in the series."""
        return self.lesions[0].slice


@dataclass(frozen=True)
class DeepLesion:
    """What a folder has.

    Parameters
    ----------
    folder : Path
        With table and slices.
    rows : tuple of LesionRow
        Lesions that can be used, in the table's order.
    left_out : tuple of str
        What is not used, counted, with the reason.
    """

    folder: Path
    rows: tuple[LesionRow, ...]
    left_out: tuple[str, ...]

    @cached_property
    def slices(self) -> tuple[KeySlice, ...]:
        """The annotated slices, in the table's order."""
        images: dict[str, list[LesionRow]] = {}
        for row in self.rows:
            images.setdefault(row.image, []).append(row)
        return tuple(KeySlice(image, tuple(sorted(rows, key=_smallness))) for image, rows in images.items())

    def path_of(self, series: str, index: int) -> Path | None:
        """Where a slice lies.

        Parameters
        ----------
        series : str
            ``patient_study_series``.
        index : int
            Of the slice.

        Returns
        -------
        Path or None
            None where it is not there.
        """
        return slice_path(self.folder, series, index)


def slice_path(folder: Path, series: str, index: int) -> Path | None:
    """Find a slice, in folders by series (as downloaded) or in one folder.

    Parameters
    ----------
    folder : Path
        The DeepLesion folder.
    series : str
        ``patient_study_series``.
    index : int
        Of the slice.

    Returns
    -------
    Path or None
        None where it is not there.
    """
    for root in ROOTS:
        for path in (folder / root / series / f"{index:03d}.png", folder / root / f"{series}_{index:03d}.png"):
            if path.is_file():
                return path
    return None


def read_deeplesion(
    folder: Path,
    types: Iterable[CoarseType] | None = (CoarseType.LIVER,),
    *,
    with_noisy: bool = False,
    table: str | None = None,
) -> DeepLesion:
    """Read the table of a DeepLesion folder.

    Parameters
    ----------
    folder : Path
        With ``DL_info.csv`` (or ``annotations.csv``) and ``Images_png/<series>/<slice>.png``, of which slices may be
        missing.
    types : iterable of CoarseType, optional
        Lesions wanted; None for all, those of unknown type included.
    with_noisy : bool, default False
        Whether to keep annotations that the authors have marked as doubtful.
    table : str, optional
        Its name, where it is another one.

    Returns
    -------
    DeepLesion
        With at least one lesion.

    Raises
    ------
    InputError
        If there is no table, a row is wrong, or no lesion is left.
    """
    path = _table_of(folder, table)
    rows = read_rows(path)
    chosen = set(CoarseType if types is None else types)
    kept, reasons = [], Counter[str]()
    for row in rows:
        reason = _reason_against(row, folder, chosen, with_noisy)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(row)
    left_out = tuple(f"{count} of {len(rows)} rows: {reason}" for reason, count in reasons.items())
    if not kept:
        raise InputError(
            path,
            found=f"no lesion that can be used ({'; '.join(left_out) or 'no rows'})",
            expected=f"lesions of the type {_titles(chosen)} with their slices in {IMAGES}",
            todo="Name the folder that has both, or other types.",
        )
    return DeepLesion(folder, tuple(kept), left_out)


def write_table(path: Path, rows: Sequence[LesionRow]) -> None:
    """Write a table as the data set has it, and what lesions are in a last column.

    Parameters
    ----------
    path : Path
        The file.
    rows : sequence of LesionRow
        Lesions.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, KIND])
    writer.writerows(cells_of(row) for row in rows)
    write_text(path, text.getvalue())


def _smallness(row: LesionRow) -> float:
    x0, y0, x1, y1 = row.box
    return -(x1 - x0) * (y1 - y0)


def _table_of(folder: Path, name: str | None) -> Path:
    for each in (name,) if name else TABLES:
        if (folder / each).is_file():
            return folder / each
    raise InputError(
        folder,
        found="a folder without a table" if folder.is_dir() else "no folder",
        expected=f"{name or TABLE} and {IMAGES}/<series>/<slice>.png, as DeepLesion has them",
        todo="Name the folder of the data set, or make one: livercad phantom deeplesion OUT.",
    )


def read_rows(path: Path) -> list[LesionRow]:
    """Read all rows of a table.

    Parameters
    ----------
    path : Path
        As `write_table` writes it, or the data set's own.

    Returns
    -------
    list of LesionRow
        In its order.

    Raises
    ------
    InputError
        If it cannot be read; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    path,
                    found=f"no column {' and no column '.join(missing)}",
                    expected=f"the columns {', '.join(COLUMNS)}",
                    todo="Use the data set's own table.",
                )
            return [_read_row(path, reader.line_num, cells) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found, todo = f"a file that cannot be read ({error})", "Check its permissions, or fetch it again."
        raise InputError(path, found=found, expected="a CSV table in UTF-8", todo=todo) from error


def _read_row(path: Path, line: int, cells: dict[str, str | None]) -> LesionRow:
    try:
        return row_of(cells)
    except ValueError as error:
        raise InputError(
            f"{path}, line {line}",
            found=str(error),
            expected="a row of DeepLesion's table",
            todo="Mend the row, or take it out.",
        ) from error


def _reason_against(row: LesionRow, folder: Path, types: set[CoarseType], with_noisy: bool) -> str:
    if row.type not in types:
        unknown = "the type of the lesion is not known (DeepLesion tells it for validation and test only)"
        return unknown if row.type is CoarseType.UNKNOWN else f"another type than {_titles(types)}"
    if row.is_noisy and not with_noisy:
        return "annotation marked as possibly noisy"
    if slice_path(folder, row.series, row.slice) is None:
        return "its key slice is not in the folder"
    return ""


def _titles(types: Iterable[CoarseType]) -> str:
    return ", ".join(each.title for each in sorted(types) if each is not CoarseType.UNKNOWN)
