"""Training of the network that looks at voxels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from livercad.detectors.filters import WIDTH, look_around
from livercad.detectors.scene import Array
from livercad.detectors.training.studies import Example
from livercad.detectors.voxels import VoxelNetwork

UNITS = (64, 32)
OF_LESION, OF_LIVER = 500, 3000
"""Voxels taken of each lesion and of the rest of an example; a small lesion counts as much as a large one."""
HARD_SHARE = 0.5
"""Of the rest, share that is unlike the liver: vessels, gallbladder, edges."""
HARD_SD = 2.5
EPOCHS, BATCH, RATE = 24, 2048, 3e-3

Labels = npt.NDArray[np.float32]


def draw_voxels(example: Example, rng: np.random.Generator) -> tuple[Array, Labels]:
    """Take some voxels of an example.

    Parameters
    ----------
    example : Example
        A liver.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    seen : ndarray of float32, shape (n, WIDTH)
        What is around them.
    labels : ndarray of float32, shape (n,)
        1 in a lesion.
    """
    scene = example.scene
    truth = example.truth[scene.searched]
    strange = np.max(
        [np.abs(image[scene.searched]) / scene.spread[phase] for phase, image in scene.contrast.items()], axis=0
    )
    rest, hard = np.flatnonzero(truth == 0), np.flatnonzero((truth == 0) & (strange > HARD_SD))
    chosen = [_some(np.flatnonzero(truth == number), OF_LESION, rng) for number in np.unique(truth[truth > 0])]
    chosen += [_some(hard, int(HARD_SHARE * OF_LIVER), rng), _some(rest, int((1 - HARD_SHARE) * OF_LIVER), rng)]
    places = np.concatenate(chosen)
    return look_around(scene, np.flatnonzero(scene.searched)[places]), (truth[places] > 0).astype(np.float32)


def _some(places: npt.NDArray[np.int64], count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.choice(places, count, replace=False) if len(places) > count else places


def train_voxels(seen: Array, labels: Labels, seed: int, epochs: int = EPOCHS) -> VoxelNetwork:
    """Train the network.

    Parameters
    ----------
    seen : ndarray of float32, shape (n, WIDTH)
        Of all examples.
    labels : ndarray of float32, shape (n,)
        1 in a lesion.
    seed : int
        The same gives the same network.
    epochs : int
        Passes over the voxels.

    Returns
    -------
    VoxelNetwork
        Trained.
    """
    torch.manual_seed(seed)
    mean, deviation = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-3)
    data, wanted = torch.from_numpy((seen - mean) / deviation), torch.from_numpy(labels)[:, None]
    widths = (WIDTH, *UNITS, 1)
    layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
    network = nn.Sequential(*(module for layer in layers for module in (layer, nn.ReLU())))[:-1]
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    steps = epochs * (len(data) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        for batch in torch.randperm(len(data)).split(BATCH):
            optimizer.zero_grad()
            loss = loss_of(network(data[batch]), wanted[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
    weights = [layer.weight.detach().numpy().T.copy() for layer in layers]
    biases = [layer.bias.detach().numpy().copy() for layer in layers]
    # The scaling of the input goes into the first layer.
    biases[0] = biases[0] - (mean / deviation) @ weights[0]
    weights[0] = weights[0] / deviation[:, None]
    return VoxelNetwork(tuple(weights), tuple(biases))
