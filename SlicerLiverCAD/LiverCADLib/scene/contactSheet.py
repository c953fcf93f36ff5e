"""A sheet of all accepted lesions in all phases: what stands on it and where. No Qt."""

import math
from dataclasses import dataclass

import numpy as np

from livercad.core.annotation import Verdict
from livercad.core.crops import side_mm
from livercad.core.findings import DISCLAIMER
from livercad.core.phases import Phase
from LiverCADLib.classWords import CLASS_WORDS, TYPE_WORDS
from LiverCADLib.scene.crops import cutOut, placeOf
from LiverCADLib.scene.phaseEvidence import phaseTitle
from LiverCADLib.scene.pixels import greyOf
from LiverCADLib.translation import _

PICTURE = 144
"""Side of a crop on the sheet, in pixels: three for one of the classifier's."""
GAP, HEADING, CAPTION, MARGIN = 4, 22, 40, 16
TITLE, FOOTER = 34, 26
BAR = 6
"""How far the bar in a lesion's colour keeps from the upper and lower end of its caption."""
BACKGROUND, SOFT, STRONG = (24, 26, 28), (172, 178, 184), (244, 246, 248)
NARROWEST, NARROWEST_SHEET = 300, 470
"""Room for an entry's words, and for the disclaimer, where there are few phases."""
SHAPE = 4 / 3
"""Width over height that the sheet comes close to."""


@dataclass(frozen=True)
class SheetEntry:
    """One lesion on the sheet.

    Parameters
    ----------
    number : int
        Of the lesion.
    title : str
        Number, type and size.
    details : str
        D/L and side of the square.
    color : tuple of int
        Of its class, red, green, blue in [0, 255].
    pictures : dict of Phase to ndarray of uint8, shape (rows, columns, 3)
        Phases that show it.
    """

    number: int
    title: str
    details: str
    color: tuple[int, int, int]
    pictures: dict[Phase, np.ndarray]


@dataclass(frozen=True)
class SheetText:
    """A line of words.

    Parameters
    ----------
    text : str
        The words.
    x, y : int
        Where its baseline begins, in pixels.
    room : int
        How wide it may be.
    size : int
        Of the font, in pixels.
    isBold : bool
        Whether the font is.
    color : tuple of int
        Red, green, blue in [0, 255].
    """

    text: str
    x: int
    y: int
    room: int
    size: int = 12
    isBold: bool = False
    color: tuple[int, int, int] = STRONG


@dataclass(frozen=True)
class Sheet:
    """What stands on the sheet, and where in pixels from its upper left corner.

    Parameters
    ----------
    title : str
        Of the whole.
    phases : tuple of Phase
        From left to right.
    entries : tuple of SheetEntry
        From top to bottom, in so many columns as give the sheet a handy shape.
    footer : str
        The disclaimer.
    """

    title: str
    phases: tuple[Phase, ...]
    entries: tuple[SheetEntry, ...]
    footer: str = DISCLAIMER

    @property
    def columns(self) -> int:
        """How many lesions stand side by side."""

        def off(columns: int) -> float:
            rows = math.ceil(len(self.entries) / columns)
            return abs(math.log(columns * self.entryWidth / (rows * (CAPTION + PICTURE)) / SHAPE))

        return min(range(1, len(self.entries) + 1), key=off, default=1)

    @property
    def rows(self) -> int:
        """How many stand below each other."""
        return math.ceil(len(self.entries) / self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        width = MARGIN + self.columns * (self.entryWidth + MARGIN)
        return max(width, NARROWEST_SHEET), TITLE + HEADING + self.rows * (CAPTION + PICTURE) + FOOTER + MARGIN

    def place(self, index: int) -> tuple[int, int]:
        """Upper left corner of an entry's caption; its pictures stand `CAPTION` below."""
        column, row = divmod(index, self.rows)
        return MARGIN + column * (self.entryWidth + MARGIN), TITLE + HEADING + row * (CAPTION + PICTURE)

    def pictureX(self, phase: Phase) -> int:
        """How far right of its entry's corner a phase's picture stands."""
        return self.phases.index(phase) * (PICTURE + GAP)

    def texts(self) -> list[SheetText]:
        """All words on the sheet."""
        width, height = self.size
        room = width - 2 * MARGIN
        texts = [SheetText(self.title, MARGIN, 26, room, 16, True)]
        for index, entry in enumerate(self.entries):
            x, y = self.place(index)
            if index % self.rows == 0:
                texts += [
                    SheetText(phaseTitle(phase), x + self.pictureX(phase), y - 6, PICTURE, color=SOFT)
                    for phase in self.phases
                ]
            texts.append(SheetText(entry.title, x + 10, y + 17, self.entryWidth - 10, isBold=True))
            texts.append(SheetText(entry.details, x + 10, y + 33, self.entryWidth - 10, color=SOFT))
        return [*texts, SheetText(self.footer, MARGIN, height - FOOTER // 2, room)]

    @property
    def entryWidth(self) -> int:
        """How wide an entry is."""
        return max(len(self.phases) * (PICTURE + GAP) - GAP, NARROWEST)


def acceptedIn(lesions):
    """Records of the lesions that were accepted, in order of their numbers."""
    records = [lesions.records[number] for number in lesions.numbers]
    return tuple(record for record in records if record.verdict is Verdict.ACCEPTED and record.diameterMm > 0)


def sheetOf(task, case, records, images, ratio, windows):
    """Make a sheet; takes a moment for many lesions, and may run off the GUI thread.

    Parameters
    ----------
    task : Task
        Told of every lesion.
    case : str
        What the sheet is called.
    records : sequence of LesionRecord
        Lesions to show.
    images : mapping of Phase to Volume
        HU, laid over each other.
    ratio : float
        D/L.
    windows : mapping of Phase to Window
        What each phase is shown in.

    Returns
    -------
    Sheet
        With the phases that show any of the lesions.
    """
    entries = []
    for done, record in enumerate(records):
        task.report(done / len(records), _("Contact sheet"))
        cut = cutOut(images, *placeOf(record), ratio)
        pictures = {phase: greyOf(hu, windows[phase]) for phase, hu in cut.items()}
        side = side_mm(record.diameterMm, ratio)
        title = _("Lesion {number}: {type}, {size:.0f} mm").format(
            number=record.number, type=typeWord(record), size=record.diameterMm
        )
        details = _("D/L {ratio:.2f}, square of {side:.0f} mm").format(ratio=record.diameterMm / side, side=side)
        r, g, b = (round(255 * part) for part in record.color)
        entries.append(SheetEntry(record.number, title, details, (r, g, b), pictures))
    phases = tuple(phase for phase in Phase if any(phase in entry.pictures for entry in entries))
    return Sheet(_("{case}: accepted lesions").format(case=case), phases, tuple(entries))


def typeWord(record):
    """What a lesion is: the annotator's word, else the classifier's with its probability."""
    if record.type:
        return TYPE_WORDS[record.type]
    if record.label:
        return CLASS_WORDS[record.label]
    classification = record.found.classification if record.found else None
    if classification is None:
        return _("type not told")
    word = f"{CLASS_WORDS[classification.label]}{'?' if classification.is_unsure else ''}"
    return _("{type} ({probability:.0%} by the classifier)").format(type=word, probability=classification.confidence)
