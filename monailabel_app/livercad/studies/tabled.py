"""The rows of a table turned into candidates, with folders of DICOM slices looked into."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livercad.core.names import phase_of
from livercad.errors import InputError
from livercad.studies.candidates import Candidate
from livercad.studies.dicom_headers import DicomSeries, is_dicom, read_series_headers
from livercad.studies.files import IMAGE_SUFFIXES, list_files, stem_of
from livercad.studies.study import Series
from livercad.studies.table import Row


def tabled_candidates(table: Path, rows: Iterable[Row]) -> list[Candidate]:
    """Find the files behind a table's rows.

    Parameters
    ----------
    table : Path
        The table, for messages.
    rows : iterable of Row
        As read from it.

    Returns
    -------
    list of Candidate
        One for each row.

    Raises
    ------
    InputError
        If a row's path is no image and no DICOM series, or a folder with several series that could be meant.
    """
    return [_candidate(table, row) for row in rows]


def _candidate(table: Path, row: Row) -> Candidate:
    if row.path.is_file() and row.path.name.lower().endswith(IMAGE_SUFFIXES):
        return _named(row, (row.path,), stem_of(row.path), "", row.path.name)
    series = _dicom(table, row)
    return _named(row, series.files, series.description, series.uid, series.called)


def _named(row: Row, files: tuple[Path, ...], name: str, uid: str, called: str) -> Candidate:
    phase, told_by = (row.phase, "table") if row.phase else (phase_of(name), "name")
    return Candidate(row.case, Series(files, phase, told_by if phase else "unknown", uid), called)


def _dicom(table: Path, row: Row) -> DicomSeries:
    """The one usable series in the row's folder, or the one that the row's slice belongs to."""
    if row.path.is_dir():
        found = read_series_headers(list_files(row.path).dicoms)
    else:
        slices = [path for path in sorted(row.path.parent.iterdir()) if path.is_file() and is_dicom(path)]
        found = [each for each in read_series_headers(slices) if row.path in each.files]
    usable = [each for each in found if not each.problem]
    if len(usable) == 1:
        return usable[0]
    if usable:
        what = f"{len(usable)} DICOM series in '{row.path}': {', '.join(each.called for each in usable)}"
        raise _error(table, row, what, "one; name a slice of the series that is meant")
    reasons = "; ".join(f"{each.called}: {each.problem}" for each in found)
    raise _error(table, row, f"no CT volume in '{row.path}' ({reasons or 'no image at all'})", "an image or CT slices")


def _error(table: Path, row: Row, found: str, expected: str) -> InputError:
    return InputError(
        table, found=f"{found} (line {row.line})", expected=expected, todo="Correct the table and start again."
    )
