"""Pictures of the page: preprocessing, perimeters, boxes, filters and feature maps (Figs 2, 5, 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from skimage.measure import find_contours

from livercad.networks.shah2021 import MDLCNN
from livercad.papers.shah2021.answers import LesionAnswer
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.crops import Square, segmented
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.liver import to_network
from livercad.papers.shah2021.perimeter import Perimeter
from livercad.papers.shah2021.preprocessing import limited, preprocessed
from livercad.papers.shah2021.settings import ImageSettings, LesionSettings

CELL, GAP, TOP = 300, 8, 22
YELLOW, WHITE = (255, 220, 0), (255, 255, 255)
INK, SOFT = (31, 41, 51), (91, 102, 114)
EACH = 2
"""Examples of a class."""
LIVERS = 6
TILE, MAPS, FILTERS = 88, 8, 32
AROUND = 0.06
"""Of the liver's size: shown to each side of it."""

Drawn = Picture.Image


def preprocessing_sheet(images: Sequence[Image], folder: Path, settings: ImageSettings) -> Drawn:
    """Figure 2: an image raw, limited, and equalised.

    Parameters
    ----------
    images : sequence of Image
        Of lesions; the first patient's first is shown.
    folder : Path
        Where their pixels are.
    settings : ImageSettings
        The limits.

    Returns
    -------
    Image
        Three in a row.
    """
    hu = pixels_of(folder, images[0].patient).first_hu
    raw = (np.clip(hu.astype(float), -1024, 1024) + 1024) / 2048
    steps = (
        ("A  as the scanner has it, -1024 to 1024 HU", raw * 255),
        (f"B  limited to {settings.low_hu:g} to {settings.high_hu:g} HU", limited(hu, settings) * 255),
        ("C  histogram equalised", preprocessed(hu, settings)),
    )
    return _row([(title, _grey(grey.astype(np.uint8))) for title, grey in steps])


def liver_sheet(images: Sequence[Image], perimeters: Mapping[str, Perimeter], folder: Path) -> Drawn:
    """Figure 5: the predicted perimeter in yellow, what was marked as a thin white line.

    Parameters
    ----------
    images : sequence of Image
        Of whole livers, for the test: the first of the first patients are shown.
    perimeters : mapping of str to Perimeter
        By the images' names.
    folder : Path
        Where their pixels are.

    Returns
    -------
    Image
        `LIVERS` of them, three in a row.
    """
    cells = []
    for image in _of_different_patients(images)[:LIVERS]:
        pixels = pixels_of(folder, image.patient)
        cell = _grey(pixels.grey[image.number])
        whole = Square(0, 0, len(pixels.grey[image.number]))
        _outline(cell, pixels.liver[image.number], whole, WHITE)
        for polygon in perimeters[image.name].polygons:
            _line(cell, polygon, whole, YELLOW, 2)
        cells.append((f"{image.patient}, {image.phase.value}", cell))
    return _stacked([_row(cells[first : first + 3]) for first in range(0, len(cells), 3)])


def lesion_sheet(
    images: Sequence[Image],
    answers: Mapping[str, LesionAnswer],
    perimeters: Mapping[str, Perimeter],
    folder: Path,
) -> Drawn:
    """Figure 7: green boxes around benign lesions, red ones around malignant, the probability above.

    Parameters
    ----------
    images : sequence of Image
        With lesions, for the test: of each class the first patients' with the largest area are shown, whatever the
        network made of them.
    answers : mapping of str to LesionAnswer
        By the images' names.
    perimeters : mapping of str to Perimeter
        Likewise.
    folder : Path
        Where their pixels are.

    Returns
    -------
    Image
        A column a class.
    """
    columns = []
    for kind in CLASSES:
        own = [image for image in images if image.kind is kind]
        patients = list(dict.fromkeys(image.patient for image in own))[:EACH]
        shown = []
        for patient in patients:
            pixels = pixels_of(folder, patient)
            mine = [image for image in own if image.patient == patient]
            image = max(mine, key=lambda each: int((pixels.lesions[each.number] > 0).sum()))
            liver = perimeters[image.name].mask()
            view = Square.around(liver | (pixels.lesions[image.number] > 0), AROUND) or Square(0, 0, len(liver))
            cell = _grey(view.cut(np.where(liver, pixels.grey[image.number], 0)))
            _outline(cell, pixels.lesions[image.number] > 0, view, WHITE)
            _boxes(cell, answers[image.name], view)
            shown.append((f"{kind}: {patient}, {image.phase.value}", cell))
        columns.append(shown)
    rows = [[column[n] for column in columns if n < len(column)] for n in range(EACH)]
    return _stacked([_row(row) for row in rows if row])


def filters_sheet(network: MDLCNN) -> Drawn:
    """Figure 8: the base's first filters, summed over their three channels, since all three see the same grey.

    Parameters
    ----------
    network : MDLCNN
        Trained.

    Returns
    -------
    Image
        `FILTERS` of them.
    """
    filters = network.base.conv1.weight.detach().sum(dim=1).cpu().numpy()[:FILTERS]
    tiles = [_tile(each) for each in filters]
    return _tiles([tiles[first : first + 2 * MAPS] for first in range(0, len(tiles), 2 * MAPS)], [""] * 2, TILE // 2)


def maps_sheet(network: MDLCNN, image: Image, perimeter: Perimeter, folder: Path, settings: LesionSettings) -> Drawn:
    """Figure 8: how the network perceives one segmented liver: the strongest feature maps of its parts.

    Parameters
    ----------
    network : MDLCNN
        Trained.
    image : Image
        With a lesion.
    perimeter : Perimeter
        The predicted one.
    folder : Path
        Where its pixels are.
    settings : LesionSettings
        Size and margin.

    Returns
    -------
    Image
        A row a part; the segmented liver before the first.
    """
    cut, _ = segmented(pixels_of(folder, image.patient).grey[image.number], perimeter.mask(), settings)
    kept: dict[str, torch.Tensor] = {}
    parts = {"base, first convolution": network.base.relu}
    parts |= {f"base, stage {n}": getattr(network.base, f"layer{n}") for n in network.stages}
    parts |= {"location channel, last layer": network.location[-2]}
    parts |= {"classification channel, last layer": network.classification[-2]}

    def keep(name: str):  # type: ignore[no-untyped-def]  # a hook
        def hook(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
            kept[name] = output.detach()[0].float().cpu().clone()

        return hook

    hooks = [part.register_forward_hook(keep(name)) for name, part in parts.items()]
    network.eval()
    with torch.inference_mode():
        network(to_network(cut[None], next(network.parameters()).device))
    for each in hooks:
        each.remove()
    rows = [[Picture.fromarray(cut).resize((TILE, TILE), Picture.Resampling.BICUBIC).convert("RGB")]]
    for maps in kept.values():
        strongest = torch.argsort(maps.flatten(1).std(dim=1), descending=True, stable=True)[:MAPS]
        rows.append([_tile(maps[n].numpy()) for n in strongest.tolist()])
    return _tiles(rows, ["segmented liver", *kept], TILE)


def _of_different_patients(images: Sequence[Image]) -> list[Image]:
    """The middle image of each patient, then the others."""
    own: dict[str, list[Image]] = {}
    for image in images:
        own.setdefault(image.patient, []).append(image)
    first = [each[len(each) // 2] for each in own.values()]
    return first + [image for image in images if image not in first]


def _grey(image: npt.NDArray[np.uint8]) -> Drawn:
    return Picture.fromarray(image).resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")


def _outline(cell: Drawn, mask: npt.NDArray[np.bool_], view: Square, color: tuple[int, int, int]) -> None:
    for contour in find_contours(np.pad(mask, 1).astype(float), 0.5):
        _line(cell, contour - 1, view, color, 1)


def _line(cell: Drawn, points: npt.NDArray[np.float64], view: Square, color: tuple[int, int, int], width: int) -> None:
    step = CELL / view.side
    scaled = [((x + 0.5 - view.left) * step, (y + 0.5 - view.top) * step) for y, x in points]
    ImageDraw.Draw(cell).line([*scaled, scaled[0]], fill=color, width=width)


def _boxes(cell: Drawn, answer: LesionAnswer, view: Square) -> None:
    draw, font = ImageDraw.Draw(cell), ImageFont.load_default(13)
    step = CELL / view.side
    for section in answer.sections:
        left, right = ((column - view.left) * step for column in section.columns)
        top, bottom = ((row - view.top) * step for row in section.rows)
        draw.rectangle((left, top, right, bottom), outline=section.kind.color, width=2)
        text = f"{section.kind} {section.probability:.2f}"
        width = draw.textlength(text, font)
        place = min(max(0.0, left), CELL - width - 2), max(0.0, top - 16)
        draw.rectangle((place[0] - 1, place[1], place[0] + width + 2, place[1] + 15), fill=(0, 0, 0))
        draw.text(place, text, section.kind.color, font)
    if not answer.sections:
        draw.text((6, CELL - 20), "nothing found", WHITE, font)


def _row(cells: Sequence[tuple[str, Drawn]]) -> Drawn:
    sheet = Picture.new("RGB", (len(cells) * (CELL + GAP) - GAP, TOP + CELL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for n, (title, cell) in enumerate(cells):
        draw.text((n * (CELL + GAP), 3), title, SOFT, font)
        sheet.paste(cell, (n * (CELL + GAP), TOP))
    return sheet


def _stacked(rows: Sequence[Drawn]) -> Drawn:
    sheet = Picture.new("RGB", (max(row.width for row in rows), sum(row.height + GAP for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    return sheet


def _tile(values: npt.NDArray[np.float32]) -> Drawn:
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) / (high - low) * 255 if high > low else np.zeros_like(values)).astype(np.uint8)
    return Picture.fromarray(grey).resize((TILE, TILE), Picture.Resampling.NEAREST).convert("RGB")


def _tiles(rows: Sequence[Sequence[Drawn]], titles: Sequence[str], size: int) -> Drawn:
    named = TOP - 4 if any(titles) else 0
    height = size + 4 + named
    sheet = Picture.new("RGB", (max(map(len, rows)) * (size + 4) - 4, len(rows) * height - 4), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for n, (title, tiles) in enumerate(zip(titles, rows, strict=False)):
        if named:
            draw.text((0, n * height), title, INK, font)
        for column, tile in enumerate(tiles):
            sheet.paste(tile.resize((size, size)), (column * (size + 4), n * height + named))
    return sheet
