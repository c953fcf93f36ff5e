"""From maps to one number a channel, and how much of it comes from where.

A lesion fills most of a region around it: there the mean of a map counts. On a whole image a small mass is lost in a
mean, and what lies outside the sector is none of the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import torch
from torch import Tensor
from torch.nn import functional

INSIDE = 0.5
"""A place of a map lies in the sector where at least this share of it does."""


class Pooling(StrEnum):
    """What of a map counts."""

    MEAN = "mean"
    """Its mean over the square."""
    SECTOR = "sector"
    """Its mean within the sector (`livercad.ultrasound.sector`)."""
    STRONGEST = "strongest"
    """Its strongest place within the sector."""


WHOLE = Pooling.SECTOR, Pooling.STRONGEST
"""What may count of a whole image."""


def pooled(maps: Sequence[Tensor], pooling: Pooling, sectors: Tensor | None = None) -> Tensor:
    """Pool.

    Parameters
    ----------
    maps : sequence of Tensor, shape (n, channels, rows, columns)
        Of squares.
    pooling : Pooling
        How.
    sectors : Tensor, optional
        Shape (n, pixels, pixels), in [0, 1]: how much of each pixel of the squares lies in the sector; needed for all
        but `Pooling.MEAN`.

    Returns
    -------
    Tensor, shape (n, features)
        The maps' channels one after the other.
    """
    if pooling is Pooling.STRONGEST:
        parts = [_only_inside(each, sectors).amax(dim=(2, 3)) for each in maps]
    else:
        parts = [each.mean(dim=(2, 3)) for each in spread(maps, pooling, sectors)]
    return torch.cat(parts, dim=1)


def spread(maps: Sequence[Tensor], pooling: Pooling, sectors: Tensor | None = None) -> list[Tensor]:
    """What each place gives to the pooled number of its channel: the mean over all places is that number.

    Parameters
    ----------
    maps, pooling, sectors
        As for `pooled`.

    Returns
    -------
    list of Tensor, shape (n, channels, rows, columns)
        In the maps' own resolutions; where the strongest place counts, all at that place, in that of the last map.
    """
    if pooling is Pooling.MEAN:
        return list(maps)
    if pooling is Pooling.SECTOR:
        inside = [_inside(each, sectors) for each in maps]
        return [each * own / own.mean(dim=(2, 3), keepdim=True) for each, own in zip(maps, inside, strict=True)]
    rows, columns = maps[-1].shape[2:]
    told = []
    for each in maps:
        strongest, place = _only_inside(each, sectors).flatten(2).max(dim=2, keepdim=True)
        row, column = place // each.shape[3] * rows // each.shape[2], place % each.shape[3] * columns // each.shape[3]
        flat = each.new_zeros((*each.shape[:2], rows * columns))
        flat.scatter_(2, row * columns + column, strongest * rows * columns)
        told.append(flat.unflatten(2, (rows, columns)))
    return told


def _only_inside(each: Tensor, sectors: Tensor | None) -> Tensor:
    return each.masked_fill(_inside(each, sectors) == 0, -torch.inf)


def _inside(each: Tensor, sectors: Tensor | None) -> Tensor:
    """1 in the sector, else 0, shape (n, 1, rows, columns); of a sliver, 1 where it is widest."""
    if sectors is None:
        raise ValueError("Pooling within the sector needs the sectors.")
    share = functional.adaptive_avg_pool2d(sectors[:, None], (each.shape[2], each.shape[3]))
    return (share >= share.amax(dim=(2, 3), keepdim=True).clamp(max=INSIDE)).to(each.dtype)
