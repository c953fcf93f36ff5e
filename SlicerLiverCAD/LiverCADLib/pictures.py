"""The 2-D images of an ultrasound case and the circles that mark lesions on them; plain data. No Qt, no MRML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from livercad.core.circle import Circle
from LiverCADLib.translation import _

SAME_PX = 1e-3
"""Ends of a diameter that differ by less, in pixels, are the same. Our choice: below what a mouse can do."""

SMALLEST_PX = 1.0
"""Of a diameter; the server takes none that is less."""


@dataclass(frozen=True)
class Mark:
    """A lesion that is marked on an image.

    Parameters
    ----------
    number : int
        Of the lesion on its image, from 1; never given twice.
    circle : livercad.core.circle.Circle
        Around it, in pixels.
    className : str
        What it is, in the words of the server's table or of the annotator; empty where nobody has said.
    angle : float
        Of the diameter that is drawn, in degrees from the row to the right, clockwise as it is seen.
    """

    number: int
    circle: Circle
    className: str = ""
    angle: float = 0.0

    @classmethod
    def fromEnds(cls, number: int, ends: np.ndarray, className: str = "") -> "Mark":
        """Make a mark of its maximum diameter.

        Parameters
        ----------
        number : int
            Of the lesion.
        ends : ndarray, shape (2, 2)
            Column and row of both ends, in pixels.
        className : str
            What it is.

        Raises
        ------
        ValueError
            If both ends are the same.
        """
        column, row = ends.mean(axis=0).tolist()
        across, down = (ends[1] - ends[0]).tolist()
        circle = Circle((column, row), float(np.hypot(across, down)))
        return cls(number, circle, className, float(np.degrees(np.arctan2(down, across))))

    @property
    def ends(self) -> np.ndarray:
        """Column and row of both ends of the diameter that is drawn, shape (2, 2)."""
        turned = np.radians(self.angle)
        half = self.circle.diameter / 2 * np.array([np.cos(turned), np.sin(turned)])
        return np.array([self.circle.center - half, self.circle.center + half])

    def toServer(self) -> dict[str, Any]:
        """What a submission says of it."""
        return {**plainCircle(self.circle), "class": self.className}


@dataclass(frozen=True)
class Picture:
    """One 2-D image.

    Parameters
    ----------
    name : str
        Unique in the case.
    rows, columns : int
        Pixels.
    spacingMm : tuple of float or None
        From row to row and from column to column; None where the file does not tell.
    marks : tuple of Mark
        Lesions on it.
    className : str
        What the image shows as a whole, where no lesion is marked.
    version : int
        Of the marks on the server that these began with; 0 where nobody has submitted any.
    isChanged : bool
        Whether the marks are others than those that the server has.
    lastNumber : int
        The highest number that was ever given to a mark of it.
    """

    name: str
    rows: int
    columns: int
    spacingMm: tuple[float, float] | None = None
    marks: tuple[Mark, ...] = ()
    className: str = ""
    version: int = 0
    isChanged: bool = False
    lastNumber: int = 0

    @classmethod
    def fromServer(cls, answer: dict[str, Any]) -> "Picture":
        """Read an image of `GET /livercad/cases/CASE` of an ultrasound case; keys of a newer server are left out."""
        spacing, lesions = answer.get("spacing_mm"), answer.get("lesions") or []
        return cls(
            name=str(answer["name"]),
            rows=int(answer["rows"]),
            columns=int(answer["columns"]),
            spacingMm=(float(spacing[0]), float(spacing[1])) if spacing else None,
            marks=tuple(
                Mark(number, circleFrom(lesion), str(lesion.get("class") or ""))
                for number, lesion in enumerate(lesions, start=1)
            ),
            className="" if lesions else str(answer.get("class") or ""),  # else it is a lesion's, and goes with it
            version=int(answer.get("version") or 0),
            lastNumber=len(lesions),
        )

    @property
    def firstNumber(self) -> int | None:
        """Number of the first lesion; None without any."""
        return self.marks[0].number if self.marks else None

    def mark(self, number: int | None) -> Mark | None:
        """The mark of a number; None where there is none."""
        return next((mark for mark in self.marks if mark.number == number), None)

    def whyNot(self, circle: Circle) -> str:
        """Why the server would not take a circle on this image, as part of a sentence; empty where it would."""
        column, row = circle.center
        if not (-0.5 <= column <= self.columns - 0.5 and -0.5 <= row <= self.rows - 0.5):
            return _("its centre is not on the image")
        if not SMALLEST_PX <= circle.diameter <= np.hypot(self.rows, self.columns):
            return _("its diameter is less than a pixel, or more than the image's diagonal")
        return ""

    def withMark(self, mark: Mark) -> "Picture":
        """The same image with another mark, or with one more."""
        isThere = self.mark(mark.number) is not None
        marks = tuple(mark if each.number == mark.number else each for each in self.marks)
        marks = marks if isThere else (*marks, mark)
        return replace(self, marks=marks, isChanged=True, lastNumber=max(self.lastNumber, mark.number))

    def withoutMark(self, number: int) -> "Picture":
        """The same image without a mark."""
        return replace(self, marks=tuple(each for each in self.marks if each.number != number), isChanged=True)

    def withMarksOf(self, other: "Picture") -> "Picture":
        """The same image with the marks and the class that it had, or will have, in another state of its own."""
        return replace(self, marks=other.marks, className=other.className, isChanged=True)

    def withClass(self, className: str) -> "Picture":
        """The same image, said to show something as a whole."""
        return replace(self, className=className, isChanged=True)

    def settled(self, sent: "Picture", version: int) -> "Picture":
        """The same image after the server has taken it as it was sent, as a version of its own."""
        return replace(self, version=version, isChanged=self.isChanged and self != sent)

    def toPlain(self) -> dict[str, Any]:
        """Everything as strings, numbers and dicts, ready for JSON."""
        marks = [{"number": mark.number, "angle": mark.angle, **mark.toServer()} for mark in self.marks]
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": self.columns,
            "spacing": self.spacingMm,
            "marks": marks,
            "class": self.className,
            "version": self.version,
            "isChanged": self.isChanged,
            "lastNumber": self.lastNumber,
        }

    @classmethod
    def fromPlain(cls, plain: dict[str, Any]) -> "Picture":
        """Read what `toPlain` made."""
        marks = (Mark(each["number"], circleFrom(each), each["class"], each["angle"]) for each in plain["marks"])
        spacing = tuple(plain["spacing"]) if plain["spacing"] else None
        return cls(
            name=plain["name"],
            rows=plain["rows"],
            columns=plain["columns"],
            spacingMm=spacing,
            marks=tuple(marks),
            className=plain["class"],
            version=plain["version"],
            isChanged=plain["isChanged"],
            lastNumber=plain["lastNumber"],
        )


def plainCircle(circle: Circle) -> dict[str, Any]:
    """A circle as the server's requests have it."""
    return {"center": list(circle.center), "diameter": circle.diameter}


def circleFrom(answer: dict[str, Any]) -> Circle:
    """Read what `plainCircle` made, or the server says of a lesion."""
    column, row = answer["center"]
    return Circle((float(column), float(row)), float(answer["diameter"]))


def classNames(pictures: Sequence[Picture], usual: Sequence[str]) -> list[str]:
    """Words to choose a class from: those that the case has already, and then the usual ones, each once."""
    told = [mark.className for picture in pictures for mark in picture.marks if mark.className]
    return list(dict.fromkeys([*sorted(told), *usual]))
