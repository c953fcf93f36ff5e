"""A frozen ResNet50 in one pathway or two, square by square (equation 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate

from livercad.networks.planar_features import ResNet50Features
from livercad.networks.resnet_pathways import MIDDLE, PathwayEnd, PathwayStart
from livercad.papers.qi2019.crops import Grey
from livercad.progress import Progress, silent
from livercad.ultrasound.backbone import AT_ONCE, Runner

STRENGTH = 1.0
"""Lambda of equation 4, which the paper does not tell; as `livercad.papers.qi2019.settings` has it."""
HALVED = 2
"""Maps go through their pathway at half the squares' size, and come out doubled: a quarter of the time. A map has one
value for 32 pixels of the square, so that no detail is lost. Our choice."""

Array = npt.NDArray[np.float32]
Half = npt.NDArray[np.float16]


class Begun(NamedTuple):
    """What the image's pathway makes of squares.

    Parameters
    ----------
    early : ndarray of float16, shape (n, 512, places, places)
        Of the second stage.
    middle : ndarray of float16, shape (n, 1024, 2 places, 2 places)
        Of the third stage, where the map's pathway is added.
    """

    early: Half
    middle: Half


class Pathways:
    """Runs them.

    Parameters
    ----------
    network : ResNet50Features
        With its weights; both pathways have the same.
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """

    def __init__(self, network: ResNet50Features, device: str = "auto") -> None:
        self._start = Runner(PathwayStart(network), device=device)
        self._end = Runner(PathwayEnd(network), MIDDLE, device)
        self.name = self._start.name

    def begin(self, squares: Sequence[Grey], progress: Progress = silent) -> Begun:
        """The image's pathway, up to where the other one is added.

        Parameters
        ----------
        squares : sequence of ndarray of uint8, shape (side, side)
            Of one size, a multiple of 64.
        progress : Progress
            Told of every batch.

        Returns
        -------
        Begun
            Of all squares.
        """
        early, middle = [], []
        for rows in _batches(len(squares)):
            progress(rows.start, len(squares), "looking at squares")
            one, other = self._start(np.stack(squares[rows])[:, None].astype(np.float32))
            early.append(one.astype(np.float16))
            middle.append(other.astype(np.float16))
        return Begun(np.concatenate(early), np.concatenate(middle))

    def end(
        self, begun: Begun, looked: Array | None, strength: float = STRENGTH, progress: Progress = silent
    ) -> Iterator[tuple[slice, Array]]:
        """Add the map's pathway and go on.

        Parameters
        ----------
        begun : Begun
            Of squares.
        looked : ndarray of float32, shape (n, places, places) or (places, places), or None
            Where another network looked, in [0, 1]; one map goes for all squares. None: there is no such pathway.
        strength : float
            Lambda of equation 4.
        progress : Progress
            Told of every batch.

        Yields
        ------
        rows : slice
            Which squares.
        places : ndarray of float32, shape (len(rows), 3584, places, places)
            Maps of three stages in the resolution of the last: what answers are given from.
        """
        count = len(begun.middle)
        of_one = None if looked is None or looked.ndim == 3 else self._of_map(looked[None])
        for rows in _batches(count):
            progress(rows.start, count, "looking where the other network looked" if looked is not None else "looking")
            middle = begun.middle[rows].astype(np.float32)
            if looked is not None:
                middle += np.float32(strength) * (self._of_map(looked[rows]) if of_one is None else of_one)
            (late,) = self._end(middle)
            yield rows, np.concatenate([begun.early[rows].astype(np.float32), late], axis=1)

    def _of_map(self, looked: Array) -> Array:
        """F_cam of maps, shape (n, 1024, 2 places, 2 places)."""
        side = looked.shape[-1] * 32 // HALVED
        grey = 255 * enlarged(looked, side)
        _, middle = self._start(grey[:, None])
        return middle.repeat(HALVED, axis=2).repeat(HALVED, axis=3)


def enlarged(looked: Array, side: int) -> Array:
    """Maps in another size, shape (n, side, side), as `livercad.networks.qi2019` resizes them."""
    resized = interpolate(torch.from_numpy(looked)[:, None], size=(side, side), mode="bilinear", align_corners=False)
    return np.asarray(resized[:, 0].numpy(), np.float32)


def _batches(count: int) -> Iterator[slice]:
    return (slice(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE))
