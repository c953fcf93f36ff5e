"""How the second network perceives an image: its filters and feature maps (Fig 8)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from livercad.networks.shah2021 import MDLCNN
from livercad.papers.shah2021.crops import segmented
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.liver import to_network
from livercad.papers.shah2021.perimeter import Perimeter
from livercad.papers.shah2021.settings import LesionSettings

TILE, MAPS, FILTERS = 88, 8, 32
TITLE = 18
"""Height of a row's title in pixels."""
INK = (31, 41, 51)

Drawn = Picture.Image


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


def _tile(values: npt.NDArray[np.float32]) -> Drawn:
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) / (high - low) * 255 if high > low else np.zeros_like(values)).astype(np.uint8)
    return Picture.fromarray(grey).resize((TILE, TILE), Picture.Resampling.NEAREST).convert("RGB")


def _tiles(rows: Sequence[Sequence[Drawn]], titles: Sequence[str], size: int) -> Drawn:
    named = TITLE if any(titles) else 0
    height = size + 4 + named
    sheet = Picture.new("RGB", (max(map(len, rows)) * (size + 4) - 4, len(rows) * height - 4), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for n, (title, tiles) in enumerate(zip(titles, rows, strict=False)):
        if named:
            draw.text((0, n * height), title, INK, font)
        for column, tile in enumerate(tiles):
            sheet.paste(tile.resize((size, size)), (column * (size + 4), n * height + named))
    return sheet
