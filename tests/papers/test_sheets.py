"""Pictures with titles beside each other."""

from __future__ import annotations

import numpy as np
from PIL import Image

from livercad.papers.sheets import CELL, GAP, LINE, row_of, stacked


def cell(grey: int) -> Image.Image:
    return Image.new("RGB", (CELL, CELL), (grey,) * 3)


def test_a_title_that_is_longer_than_its_picture_goes_on_in_the_next_line_and_not_into_the_next_picture() -> None:
    long = "Metastasis, called hepatocellular carcinoma with a probability of 0.98"
    short, wide = row_of([("Cyst", cell(0)), ("Cyst", cell(0))]), row_of([(long, cell(0)), ("Cyst", cell(0))])
    assert short.size == (2 * CELL + GAP, LINE + GAP + CELL)
    lines = (wide.height - CELL - GAP) // LINE
    assert lines >= 2
    above = np.asarray(wide.convert("L"))[: lines * LINE]
    inked = np.flatnonzero((above < 200).any(axis=0))
    between = (inked > CELL) & (inked < CELL + GAP)
    assert not between.any()
    for line in range(lines):
        assert (above[line * LINE : (line + 1) * LINE, :CELL] < 200).any()
    # The second title stands in the first line alone.
    assert (above[:LINE, CELL + GAP :] < 200).any() and not (above[LINE:, CELL + GAP :] < 200).any()


def test_there_is_room_for_as_many_pictures_as_wanted() -> None:
    row = row_of([("Cyst", cell(0))], 3)
    assert row.width == 3 * (CELL + GAP) - GAP
    assert stacked([row, row_of([("Cyst", cell(90))])]).size == (row.width, 2 * (row.height + GAP))
