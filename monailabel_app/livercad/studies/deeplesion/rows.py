"""One row of ``DL_info.csv``: a lesion on its key slice.

References
----------
Yan K, Wang X, Lu L, Summers RM. DeepLesion: automated mining of large-scale lesion annotations and universal lesion
detection with deep learning. J Med Imaging 2018;5(3):036501. The columns are those of the data set's own description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from livercad.studies.deeplesion.cells import image_name, joined, number_if_known, numbers, one_of, whole_numbers

COLUMNS = (
    "File_name",
    "Patient_index",
    "Study_index",
    "Series_ID",
    "Key_slice_index",
    "Measurement_coordinates",
    "Bounding_boxes",
    "Lesion_diameters_Pixel_",
    "Normalized_lesion_location",
    "Coarse_lesion_type",
    "Possibly_noisy",
    "Slice_range",
    "Spacing_mm_px_",
    "Image_size",
    "DICOM_windows",
    "Patient_gender",
    "Patient_age",
    "Train_Val_Test",
)
"""Of ``DL_info.csv``, in its order."""
NEEDED = ("File_name", "Patient_index", "Bounding_boxes")
"""Without these a row says nothing; lists of boxes without the rest are in use."""
KIND = "Lesion_type"
"""A column that phantoms add: what the lesion is."""
FIRST_PIXEL = 0.5
"""Coordinates in the table count from 1 at the middle of the first pixel; less this they count from 0 at its edge."""
PADDING = 5.0
"""Pixels that a box is wider on each side than the two diameters that it was made of."""

PixelBox = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in pixels: x along columns, y along rows, from an image's outer edge on."""


class CoarseType(IntEnum):
    """Where a lesion is; known in the validation and test sets only."""

    UNKNOWN = -1
    BONE = 1
    ABDOMEN = 2
    """What is neither liver nor kidney."""
    MEDIASTINUM = 3
    LIVER = 4
    LUNG = 5
    KIDNEY = 6
    SOFT_TISSUE = 7
    PELVIS = 8

    @property
    def title(self) -> str:
        """For people."""
        return self.name.lower().replace("_", " ")


class Part(IntEnum):
    """The data set's own split, by patient."""

    TRAINING = 1
    VALIDATION = 2
    TEST = 3

    @property
    def title(self) -> str:
        """For people."""
        return self.name.lower()


@dataclass(frozen=True)
class LesionRow:
    """A lesion as a radiologist has marked it.

    Parameters
    ----------
    image : str
        ``patient_study_series_slice``, without the ending.
    patient : int
        Whose.
    slice : int
        Index of the key slice in its series.
    box : PixelBox
        Around the two diameters, `PADDING` wider on each side.
    measurement : tuple of float or None
        Ends of the longest diameter, then of that across it: x, y, x, y, x, y, x, y, in the same frame.
    diameters_px : tuple of float or None
        Both diameters in pixels.
    location : tuple of float or None
        Relative place in the body: x, y, z in [0, 1], z from the head.
    type : CoarseType
        Where it is.
    is_noisy : bool
        Whether the authors found the annotation doubtful.
    slice_range : tuple of int or None
        First and last slice of the series in the data set.
    spacing_mm : tuple of float or None
        Of a pixel's columns and rows, and from slice to slice.
    size : tuple of int or None
        Columns and rows of the image.
    window : tuple of float or None
        HU shown as black and as white in the scan's own window.
    gender : str
        ``F``, ``M`` or empty.
    age : float or None
        Years.
    part : Part or None
        Where the split puts the patient.
    kind : str
        What it is, of a phantom; else empty.
    """

    image: str
    patient: int
    slice: int
    box: PixelBox
    measurement: tuple[float, ...] | None = None
    diameters_px: tuple[float, ...] | None = None
    location: tuple[float, ...] | None = None
    type: CoarseType = CoarseType.UNKNOWN
    is_noisy: bool = False
    slice_range: tuple[int, int] | None = None
    spacing_mm: tuple[float, ...] | None = None
    size: tuple[int, int] | None = None
    window: tuple[float, float] | None = None
    gender: str = ""
    age: float | None = None
    part: Part | None = None
    kind: str = ""

    @property
    def series(self) -> str:
        """``patient_study_series``: the folder of its slices."""
        return self.image.rpartition("_")[0]


def row_of(cells: Mapping[str, str | None]) -> LesionRow:
    """Read a row.

    Parameters
    ----------
    cells : mapping of str to str
        By column; those that are not `NEEDED` may be missing or empty, or None where the row ends before.

    Returns
    -------
    LesionRow
        Coordinates count from 0 at the first pixel's edge.

    Raises
    ------
    ValueError
        If something in it is not what its column says; the message names the column.
    """
    image = image_name(cells, "File_name")
    patient = whole_numbers(cells, "Patient_index", 1)
    if patient is None:
        raise ValueError("Patient_index is empty")
    x0, y0, x1, y1 = numbers(cells, "Bounding_boxes", 4) or (0.0, 0.0, 0.0, 0.0)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"Bounding_boxes has {cells['Bounding_boxes'] or ''!r}, not x_min, y_min, x_max, y_max")
    measured = numbers(cells, "Measurement_coordinates", 8)
    slices, size = whole_numbers(cells, "Slice_range", 2), whole_numbers(cells, "Image_size", 2)
    if size and min(size) < 1:
        raise ValueError(f"Image_size has {cells['Image_size']!r}, not columns and rows of an image")
    window = numbers(cells, "DICOM_windows", 2)
    noisy = numbers(cells, "Possibly_noisy", 1)
    return LesionRow(
        image=image,
        patient=patient[0],
        slice=int(image.rpartition("_")[2]),
        box=(x0 - FIRST_PIXEL, y0 - FIRST_PIXEL, x1 - FIRST_PIXEL, y1 - FIRST_PIXEL),
        measurement=tuple(value - FIRST_PIXEL for value in measured) if measured else None,
        diameters_px=numbers(cells, "Lesion_diameters_Pixel_", 2),
        location=numbers(cells, "Normalized_lesion_location", 3),
        type=one_of(cells, "Coarse_lesion_type", CoarseType) or CoarseType.UNKNOWN,
        is_noisy=bool(noisy and noisy[0]),
        slice_range=(slices[0], slices[1]) if slices else None,
        spacing_mm=numbers(cells, "Spacing_mm_px_", 3),
        size=(size[0], size[1]) if size else None,
        window=(window[0], window[1]) if window else None,
        gender=(cells.get("Patient_gender") or "").strip(),
        age=number_if_known(cells, "Patient_age"),
        part=one_of(cells, "Train_Val_Test", Part),
        kind=(cells.get(KIND) or "").strip(),
    )


def cells_of(row: LesionRow) -> list[str]:
    """Write a row as `row_of` reads it, in the order of `COLUMNS` and `KIND`.

    Parameters
    ----------
    row : LesionRow
        A lesion.

    Returns
    -------
    list of str
        One text a column.
    """
    patient, study, series, index = row.image.split("_")
    box = [value + FIRST_PIXEL for value in row.box]
    measured = [value + FIRST_PIXEL for value in row.measurement or ()]
    return [
        f"{row.image}.png",
        str(int(patient)),
        str(int(study)),
        str(int(series)),
        str(int(index)),
        joined(measured),
        joined(box),
        joined(row.diameters_px),
        joined(row.location),
        str(int(row.type)),
        str(int(row.is_noisy)),
        joined(row.slice_range),
        joined(row.spacing_mm),
        joined(row.size),
        joined(row.window),
        row.gender,
        "" if row.age is None else f"{row.age:g}",
        "" if row.part is None else str(int(row.part)),
        row.kind,
    ]
