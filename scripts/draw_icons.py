"""Draws the icons of the Slicer module's buttons: python scripts/draw_icons.py (needs Pillow)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "SlicerLiverCAD" / "Resources" / "Icons"
SIZE, FINE = 48, 8
"""Pixels of an icon, and how many times as fine it is drawn."""

TEAL, RED, GREEN, SAND, GREY = "#17A2A2", "#C0392B", "#27AE60", "#E8B44C", "#7F8C8D"
"""Seen on light and on dark backgrounds."""

LINE = 5


class Pen:
    """Draws in units of an icon of 48 by 48."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIZE * FINE, SIZE * FINE), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def line(self, *points: tuple[float, float], color: str, width: float = LINE) -> None:
        """Draw a line with round ends and corners."""
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(fine, fill=color, width=round(width * FINE), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, color)

    def disc(self, x: float, y: float, radius: float, color: str) -> None:
        """Draw a filled circle."""
        self._draw.ellipse([(v) * FINE for v in (x - radius, y - radius, x + radius, y + radius)], fill=color)

    def ring(self, x: float, y: float, radius: float, color: str, width: float = LINE) -> None:
        """Draw a circle's outline."""
        box = [v * FINE for v in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(box, outline=color, width=round(width * FINE))

    def box(self, left: float, top: float, right: float, bottom: float, color: str, radius: float = 4) -> None:
        """Draw a filled rectangle with round corners."""
        self._draw.rounded_rectangle([v * FINE for v in (left, top, right, bottom)], radius * FINE, fill=color)

    def frame(self, left: float, top: float, right: float, bottom: float, color: str, width: float = LINE) -> None:
        """Draw the outline of a rectangle with round corners."""
        box = [v * FINE for v in (left, top, right, bottom)]
        self._draw.rounded_rectangle(box, 4 * FINE, outline=color, width=round(width * FINE))

    def shape(self, *points: tuple[float, float], color: str) -> None:
        """Draw a filled polygon."""
        self._draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=color)


def connect(pen: Pen) -> None:
    """A plug at a line."""
    pen.line((5, 43), (17, 31), color=GREY)
    pen.shape((12, 25), (23, 36), (34, 29), (19, 14), color=TEAL)
    pen.line((26, 15), (34, 7), color=TEAL)
    pen.line((33, 22), (41, 14), color=TEAL)


def next_case(pen: Pen) -> None:
    """An arrow to a bar."""
    pen.line((7, 24), (31, 24), color=TEAL)
    pen.line((21, 12), (33, 24), (21, 36), color=TEAL)
    pen.line((41, 10), (41, 38), color=GREY)


def skip(pen: Pen) -> None:
    """Two arrowheads behind each other."""
    pen.line((9, 12), (21, 24), (9, 36), color=TEAL)
    pen.line((26, 12), (38, 24), (26, 36), color=TEAL)


def segment(pen: Pen) -> None:
    """A liver in a finder's corners."""
    pen.shape((12, 16), (18, 12), (30, 12), (38, 17), (34, 24), (26, 27), (20, 36), (13, 34), (10, 26), color=RED)
    for x, y, dx, dy in ((5, 5, 8, 8), (43, 5, -8, 8), (5, 43, 8, -8), (43, 43, -8, -8)):
        pen.line((x + dx, y), (x, y), (x, y + dy), color=TEAL, width=4)


def accept(pen: Pen) -> None:
    """A tick."""
    pen.line((8, 26), (19, 37), (40, 12), color=GREEN, width=7)


def reject(pen: Pen) -> None:
    """A cross."""
    pen.line((11, 11), (37, 37), color=RED, width=7)
    pen.line((37, 11), (11, 37), color=RED, width=7)


def add(pen: Pen) -> None:
    """A lesion and a plus."""
    pen.disc(20, 28, 14, SAND)
    pen.line((36, 5), (36, 21), color=TEAL)
    pen.line((28, 13), (44, 13), color=TEAL)


def delete(pen: Pen) -> None:
    """A bin."""
    pen.line((8, 13), (40, 13), color=GREY)
    pen.line((19, 7), (29, 7), color=GREY)
    pen.shape((12, 19), (36, 19), (33, 43), (15, 43), color=RED)


def merge(pen: Pen) -> None:
    """Two lesions that become one."""
    pen.disc(17, 24, 13, SAND)
    pen.disc(31, 24, 13, SAND)
    pen.line((17, 24), (31, 24), color=TEAL)
    pen.line((25, 18), (31, 24), (25, 30), color=TEAL)


def undo(pen: Pen) -> None:
    """An arrow back."""
    pen.line((9, 18), (30, 18), (38, 24), (38, 32), (30, 39), (16, 39), color=TEAL)
    pen.line((18, 8), (8, 18), (18, 28), color=TEAL)


def redo(pen: Pen) -> None:
    """An arrow forth."""
    pen.line((39, 18), (18, 18), (10, 24), (10, 32), (18, 39), (32, 39), color=TEAL)
    pen.line((30, 8), (40, 18), (30, 28), color=TEAL)


def submit(pen: Pen) -> None:
    """An arrow up to a shelf."""
    pen.line((24, 10), (24, 32), color=TEAL)
    pen.line((13, 20), (24, 9), (35, 20), color=TEAL)
    pen.line((7, 30), (7, 41), (41, 41), (41, 30), color=GREY)


def report(pen: Pen) -> None:
    """A page with lines."""
    pen.frame(10, 4, 38, 44, GREY, 4)
    for y, right, color in ((14, 31, TEAL), (22, 31, GREY), (30, 31, GREY), (37, 25, GREY)):
        pen.line((17, y), (right, y), color=color, width=4)


def train(pen: Pen) -> None:
    """A curve that falls, over axes."""
    pen.line((7, 6), (7, 41), (43, 41), color=GREY, width=4)
    pen.line((14, 10), (18, 22), (26, 29), (42, 32), color=TEAL)


def stop(pen: Pen) -> None:
    """A square."""
    pen.box(11, 11, 37, 37, RED)


def phases(pen: Pen) -> None:
    """Pictures behind each other."""
    pen.frame(17, 5, 43, 31, GREY, 4)
    pen.box(5, 15, 33, 43, TEAL)
    pen.disc(19, 29, 7, SAND)


DRAWN: dict[str, Callable[[Pen], None]] = {
    "connect": connect,
    "next": next_case,
    "skip": skip,
    "segment": segment,
    "accept": accept,
    "reject": reject,
    "add": add,
    "delete": delete,
    "merge": merge,
    "undo": undo,
    "redo": redo,
    "submit": submit,
    "report": report,
    "train": train,
    "stop": stop,
    "phases": phases,
}


def main() -> None:
    """Draw all of them."""
    for name, draw in DRAWN.items():
        pen = Pen()
        draw(pen)
        pen.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
