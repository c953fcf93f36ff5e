"""Circles that annotators have drawn at a server: a table of their own, which every reader of the folder knows.

``STUDIES/labels/circles.csv`` has the columns of ``annotations.csv`` and rows for the images that were drawn on, which
go before what table and masks say of these images; it says nothing of others. So no table of the user's is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from livercad.studies.files import SERVER_LABELS
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from livercad.studies.ultrasound.rows import Row, read_annotations, write_annotations

DRAWN = Path(SERVER_LABELS) / "circles.csv"
"""In the folder of the images."""


def read_drawn(folder: Path) -> dict[str, list[Row]]:
    """Read what was drawn on images of a folder.

    Parameters
    ----------
    folder : Path
        With the images.

    Returns
    -------
    dict of str to list of Row
        By `ListedImage.name`; empty where nothing was drawn.

    Raises
    ------
    InputError
        If the table has been spoilt.
    """
    drawn: dict[str, list[Row]] = {}
    for row in read_annotations(folder / DRAWN) if (folder / DRAWN).is_file() else ():
        drawn.setdefault(row.image if row.frame is None else f"{row.image}#{row.frame}", []).append(row)
    return drawn


def write_drawn(folder: Path, drawn: Mapping[str, Sequence[Row]]) -> None:
    """Write what `read_drawn` reads, in the order of the images' names.

    Parameters
    ----------
    folder : Path
        With the images.
    drawn : mapping of str to sequence of Row
        By `ListedImage.name`, at least one row each; without any the file is removed.
    """
    if drawn:
        write_annotations(folder / DRAWN, (row for _, rows in sorted(drawn.items()) for row in rows))
    else:
        (folder / DRAWN).unlink(missing_ok=True)


def redrawn(image: ListedImage, rows: Iterable[Row]) -> ListedImage:
    """An image with what was drawn on it in place of what table or masks say.

    Parameters
    ----------
    image : ListedImage
        As the folder has it.
    rows : iterable of Row
        Its lesions; one without a circle where it has none.

    Returns
    -------
    ListedImage
        Without masks: its lesions were not measured on them.
    """
    told = list(rows)
    kinds = {row.kind for row in told}
    lesions = tuple(MarkedLesion(row.circle, row.kind) for row in told if row.circle)
    return replace(image, lesions=lesions, kind=kinds.pop() if len(kinds) == 1 else "", masks=())


def rows_of(image: ListedImage) -> list[Row]:
    """Rows of a table that say of an image what is known of it.

    Parameters
    ----------
    image : ListedImage
        Of a folder.

    Returns
    -------
    list of Row
        One a lesion, by circle and box; one without a circle where it has none.
    """
    name, number = image.name, f"#{image.frame}"
    is_frame = name.endswith(f"{image.path.name}{number}")
    patient = "" if image.patient == image.case else image.patient
    row = Row(image.case, name.removesuffix(number) if is_frame else name, image.frame if is_frame else None)
    row = replace(row, kind=image.kind, patient=patient)
    return [replace(row, kind=each.kind, circle=each.circle, box=each.box) for each in image.lesions] or [row]
