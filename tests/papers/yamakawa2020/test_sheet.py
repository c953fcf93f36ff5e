"""Which images the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from livercad.papers.sheets import Drawn, row_of
from livercad.papers.yamakawa2020 import sheet
from livercad.papers.yamakawa2020.answers import Answers
from livercad.papers.yamakawa2020.dataset import read_dataset
from livercad.papers.yamakawa2020.settings import CropSet
from tumour_discs import small_settings


def test_the_surest_image_of_each_case_is_shown_with_what_it_was_called(
    discs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = read_dataset(discs)
    # Surer and surer; every third is wrong.
    sure = np.linspace(0.55, 0.95, len(dataset.images))
    wrong = np.arange(len(sure)) % 3 == 0
    called = np.where(wrong, 1 - dataset.labels, dataset.labels)
    told = np.where(np.arange(2) == called[:, None], sure[:, None], 1 - sure[:, None])
    titles: list[str] = []

    def noted(cells: Sequence[tuple[str, Drawn]], places: int = 0) -> Drawn:
        titles.extend(title for title, _ in cells)
        return row_of(cells, places)

    monkeypatch.setattr(sheet, "row_of", noted)
    for is_right in (True, False):
        titles.clear()
        sheet.examples_sheet(Answers(dataset, told, ""), CropSet(0.6), small_settings().crops, is_right=is_right)
        expected = []
        for label, name in enumerate(dataset.classes):
            own = [n for n in range(len(sure)) if dataset.labels[n] == label and wrong[n] != is_right]
            best = {int(dataset.cases[n]): sure[n] for n in own}  # the last, the surest, of each case
            other = dataset.classes[1 - label]
            words = name.capitalize() + (f", called {other}" if not is_right else "")
            expected += [f"{words} {each:.2f}" for each in sorted(best.values(), reverse=True)[:3]]
        assert titles == expected
