"""The ten versions of training images, and the order in which they are shown (sections 2.4 and 2.5)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livercad.papers.yamakawa2020.crops import Grey
from livercad.papers.yamakawa2020.dataset import Index
from livercad.papers.yamakawa2020.settings import TrainingSettings


def versions_of(crops: Grey, numbers: Index, versions: Index) -> Grey:
    """Take a version of each of some images: turned or not, each also reversed left to right.

    As the region has the tumour in the middle of its columns, to reverse it is to reverse the image before.

    Parameters
    ----------
    crops : ndarray of uint8, shape (images, angles, …, pixels, pixels)
        As `livercad.papers.yamakawa2020.crops.turned_crops` cuts them.
    numbers : ndarray of int, shape (n,)
        Which images.
    versions : ndarray of int, shape (n,)
        Which of each, in [0, 2 × angles): twice the angle's number, and 1 more for reversed; 0 is the image itself.

    Returns
    -------
    ndarray of uint8, shape (n, …, pixels, pixels)
        A copy.
    """
    angle, is_reversed = np.divmod(versions, 2)
    chosen = crops[numbers, angle]
    chosen[is_reversed == 1] = chosen[is_reversed == 1][..., ::-1]
    return chosen


def minibatches(
    training: Index, angles: int, settings: TrainingSettings, rng: np.random.Generator
) -> Iterator[tuple[Index, Index]]:
    """Go through an epoch: as many versions of each image as wanted, in random order, in parts as equal as can be.

    Parameters
    ----------
    training : ndarray of int, shape (images,)
        The training images.
    angles : int
        By which each is turned, 0 among them: it has twice as many versions.
    settings : TrainingSettings
        How many versions, and the share of all that a minibatch takes.
    rng : Generator
        Chance.

    Yields
    ------
    numbers, versions : ndarray of int, shape (n,)
        A minibatch of two or more, as `versions_of` takes it.
    """
    drawn = rng.permuted(np.tile(np.arange(2 * angles), (len(training), 1)), axis=1)[:, : settings.versions]
    numbers, versions = np.repeat(training, settings.versions), drawn.ravel()
    order = rng.permutation(len(numbers))
    for part in np.array_split(order, min(round(1 / settings.batch), len(order) // 2)):
        yield numbers[part], versions[part]
