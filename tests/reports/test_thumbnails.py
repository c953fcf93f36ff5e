from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from livercad.core.taxonomy import BENIGN_COLOR, LABEL_COLORS, MALIGNANT_COLOR, Label
from livercad.reports.thumbnails import thumbnail
from multiphase_scene import multiphase
from report_scene import several


@pytest.mark.parametrize("count", [0, 3])
def test_a_thumbnail_is_a_small_png_with_coloured_contours(count: int) -> None:
    data = thumbnail(several(count))
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    assert abs(image.width - 220) <= 2
    colors = {color for _, color in image.convert("RGB").getcolors() or []}
    assert LABEL_COLORS[Label.LIVER] in colors
    assert (LABEL_COLORS[Label.LESION] in colors) == bool(count)


def test_a_thumbnail_shows_the_verdict_in_its_colour() -> None:
    analysis = multiphase()
    largest, _, cyst = analysis.findings.lesions
    for lesion, color in ((largest, MALIGNANT_COLOR), (cyst, BENIGN_COLOR)):
        alone = replace(analysis, findings=replace(analysis.findings, lesions=(lesion,)))
        colors = {color for _, color in Image.open(io.BytesIO(thumbnail(alone))).convert("RGB").getcolors() or []}
        assert color in colors
        assert LABEL_COLORS[Label.LESION] not in colors
