"""One ultrasound image, listed and read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle, PixelBox
from livercad.core.ultrasound import IS_MALIGNANT, MASSES, NORMAL


@dataclass(frozen=True)
class MarkedLesion:
    """A lesion as somebody has marked it.

    Parameters
    ----------
    circle : Circle
        Touches it.
    kind : str
        Its class in the table's word, in small letters; empty where nobody tells.
    box : PixelBox or None
        Around it, where a box or a mask tells.
    """

    circle: Circle
    kind: str = ""
    box: PixelBox | None = None


@dataclass(frozen=True)
class ListedImage:
    """An image that a folder has; its pixels are read by `livercad.studies.ultrasound.reading.read_image`.

    Parameters
    ----------
    case : str
        Whose examination.
    name : str
        Unlike that of any other image of the folder: the path below the folder with slashes, and ``#N`` for frame N of
        several.
    path : Path
        The file.
    frame : int
        From 1, as DICOM counts; 1 for a single image.
    kind : str
        Class of the image: what the table says, else that of its lesions where they are of one; may be empty.
    lesions : tuple of MarkedLesion
        In the table's order, or the largest first where masks tell. Empty where nothing is marked.
    masks : tuple of Path
        Files the lesions were measured on.
    patient : str
        As the table or the DICOM header tells; the case where nobody does.
    """

    case: str
    name: str
    path: Path
    frame: int = 1
    kind: str = ""
    lesions: tuple[MarkedLesion, ...] = ()
    masks: tuple[Path, ...] = ()
    patient: str = ""

    def __post_init__(self) -> None:
        """Without a patient, the case is one's own."""
        if not self.patient:
            object.__setattr__(self, "patient", self.case)

    @property
    def shows_mass(self) -> bool | None:
        """Whether there is a mass, as what is marked or the class tells; None where neither does."""
        if self.lesions or self.kind in IS_MALIGNANT or self.kind == MASSES[1]:
            return True
        return False if self.kind in NORMAL else None


@dataclass(frozen=True)
class UltrasoundImage:
    """An image with its pixels.

    Parameters
    ----------
    array : ndarray of uint8, shape (rows, columns)
        Grey values as displayed: 0 is black.
    case, name : str
        As of its `ListedImage`.
    path : Path
        The file it was read from.
    frame : int
        From 1.
    spacing_mm : tuple of float or None
        From row to row and from column to column, where the file tells.
    sha256 : str
        Of the whole file, in hexadecimal.
    coloured : float
        Share of the pixels that were coloured (Doppler, written text) before they were turned to grey, in [0, 1].
    """

    array: npt.NDArray[np.uint8] = field(repr=False)
    case: str
    name: str
    path: Path
    frame: int = 1
    spacing_mm: tuple[float, float] | None = None
    sha256: str = ""
    coloured: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        rows, columns = self.array.shape
        return rows, columns
