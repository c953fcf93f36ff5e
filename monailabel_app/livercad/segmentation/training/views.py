"""Views of cases: what one step of a training sees."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from livercad.segmentation.training.crop_network import Looked


@dataclass(frozen=True)
class View:
    """A case, changed at random, and crops of it.

    Parameters
    ----------
    whole : Tensor, shape (1, 1, i, j, k)
        All that the network would see in use.
    looked : Looked or None
        What normalisations look at; None for all.
    images : Tensor, shape (crops, 1, i, j, k)
        Cut from the whole.
    truths : Tensor of float, shape (crops, 1, i', j', k')
        1 in what is to be found; as large as the network's output.
    counts : Tensor of bool, of that shape
        The voxels that are learnt from.
    """

    whole: Tensor
    looked: Looked | None
    images: Tensor
    truths: Tensor
    counts: Tensor
