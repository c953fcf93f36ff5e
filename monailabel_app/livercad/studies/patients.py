"""Whose a case is, as far as the user's table or DICOM headers tell."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from livercad.studies.study import Study
from livercad.studies.table import TABLE_NAME, read_patients


class Patients:
    """The patients of a folder's cases.

    Parameters
    ----------
    folder : Path
        The folder of studies; its ``studies.csv`` may have a column ``patient``.

    Raises
    ------
    InputError
        If the table cannot be read, or tells two patients for one case.
    """

    def __init__(self, folder: Path) -> None:
        table = folder / TABLE_NAME
        self._told = read_patients(table) if table.is_file() else {}

    def of(self, study: Study) -> str:
        """Whose a case is: as the table says, else the DICOM headers, else one patient for each case.

        Parameters
        ----------
        study : Study
            The case.

        Returns
        -------
        str
            The patient's identifier; the case's name where nobody knows.
        """
        return self._told.get(study.case) or _in_headers(study) or study.case


def _in_headers(study: Study) -> str:
    for series in study.series:
        if not series.uid:
            continue
        try:
            header = pydicom.dcmread(series.files[0], stop_before_pixels=True, specific_tags=["PatientID"], force=True)
        except (OSError, InvalidDicomError, ValueError, EOFError, AttributeError, NotImplementedError):
            continue  # whoever reads the image says what is wrong with it
        if name := str(header.get("PatientID", "") or "").strip():
            return name
    return ""
