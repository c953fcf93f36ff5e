"""What the models of papers on ultrasound images have in common (`livercad.ultrasound.model.UltrasoundModel`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic

import torch

from livercad.core.findings import ModelUsed
from livercad.learning.hardware import chosen_device
from livercad.models.registry import has_learnt_from_phantoms
from livercad.papers.served import Description, ModelFiles, Network
from livercad.papers.shipped import read_shipped

QUICK_NOTE = " (a quick run, too short to mean anything)"
"""Behind the words of what was trained on, which are shown beside every answer."""


class ServedUltrasound(Generic[Description, Network]):
    """Networks of a paper, ready to answer.

    Parameters
    ----------
    files : ModelFiles
        Of the paper.
    kind : type
        Of the description.
    networks_of : callable
        Makes what the weights fill, as a description has it.
    folder : Path, optional
        The folder ``model`` that a reproduction wrote; the networks that come with LiverCAD if not given.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If it has no model, or a damaged one, or there is no such device.
    """

    def __init__(
        self,
        files: ModelFiles,
        kind: type[Description],
        networks_of: Callable[[Description], Network],
        folder: Path | None,
        device: str,
    ) -> None:
        self._has_learnt_from_phantoms = folder is None and has_learnt_from_phantoms(files.shipped)
        self.device = chosen_device(device)
        self.description, data = files.read(folder, kind) if folder else read_shipped(files.shipped, kind)
        self.networks = files.fill(networks_of(self.description), data, folder or Path(files.shipped))
        # As in training: then they answer alike to the last digit.
        self.networks.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def used(self) -> ModelUsed:
        """Which model this is, for the findings."""
        return self.description.used

    @property
    def trained_on(self) -> str:
        """Data, in words."""
        return self.description.trained_on

    @property
    def learnt_from_phantoms(self) -> bool:
        """Whether they have learnt from phantoms alone: as the registry, or the description, tells."""
        return self._has_learnt_from_phantoms or self.description.learnt_from_phantoms

    @property
    def learnt_images(self) -> frozenset[str] | None:
        """The record of a reproduction does not name single files."""
        return None
