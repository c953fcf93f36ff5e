"""Trainings whose numbers are no longer finite: one clear error, and nothing of them is kept."""

from __future__ import annotations

import torch
from torch import nn

from livercad.errors import InputError


def diverged(training: str, epoch: int, epochs: int, found: str, setting: str) -> InputError:
    """Say that a training has diverged, and what to do.

    Parameters
    ----------
    training : str
        Its name.
    epoch, epochs : int
        In which of how many, from 1.
    found : str
        What is not finite.
    setting : str
        Name of its learning rate in the settings, with the group: ``one_box.learning_rate``.

    Returns
    -------
    InputError
        To be raised.
    """
    return InputError(
        f"training {training}, epoch {epoch} of {epochs}",
        found=f"{found}: it has diverged",
        expected="finite numbers",
        todo=f"Set a lower {setting} in the file of --settings; nothing of this training is kept.",
    )


def is_finite(network: nn.Module) -> bool:
    """Whether all weights and statistics of a network are finite."""
    return all(
        bool(torch.isfinite(value).all()) for value in network.state_dict().values() if value.is_floating_point()
    )
