"""The network below a model's linear answers, and what runs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from livercad.learning.hardware import chosen_device
from livercad.networks.planar_features import GreyFeatures, ResNet50Features
from livercad.ultrasound.pooling import Pooling, pooled

Array = npt.NDArray[np.float32]
Maps: TypeAlias = tuple[Array, ...]
"""Each of shape (n, channels, rows, columns), finest first."""

AT_ONCE = 16
"""Images."""


class Backbone(StrEnum):
    """Which network."""

    GREY = "grey"
    """Small, of our own, trained on phantoms."""
    RESNET50 = "resnet50"
    """For weights of ImageNet."""
    RESNET50_STRIDE_FIRST = "resnet50_stride_first"
    """The same with the stride where Keras has it."""


def new_backbone(kind: Backbone) -> GreyFeatures | ResNet50Features:
    """Make a network with random weights."""
    if kind is Backbone.GREY:
        return GreyFeatures()
    return ResNet50Features(stride_first=kind is Backbone.RESNET50_STRIDE_FIRST)


class Runner:
    """Runs a network: on a GPU by torch, on a CPU by OpenVINO, in bfloat16 where the hardware computes in it.

    Parameters
    ----------
    network : Module
        Its weights loaded; takes images of any size.
    channels : int
        Of its images.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """

    def __init__(self, network: nn.Module, channels: int = 1, device: str = "auto") -> None:
        on_gpu = chosen_device(device) == "cuda"
        self._network = network.eval().requires_grad_(False)
        self._compiled: Any = None
        if on_gpu:
            self._network.cuda()
            self.name = "torch cuda fp32"
            return
        # OpenVINO tells its makers of every import and every conversion, unless it cannot import what does that.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        import openvino

        core = openvino.Core()
        bfloat16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        with torch.inference_mode():
            traced = torch.jit.trace(self._network, torch.zeros(2, channels, 64, 64), check_trace=False)
        model = openvino.convert_model(traced, input=[openvino.PartialShape([-1, channels, -1, -1])])
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        self._compiled = core.compile_model(model, "CPU", options)
        self.name = f"openvino {'bf16' if bfloat16 else 'fp32'}"

    def __call__(self, images: Array) -> Maps:
        """Run it.

        Parameters
        ----------
        images : ndarray of float32, shape (n, channels, rows, columns)
            As the network takes them.

        Returns
        -------
        tuple of ndarray of float32
            What it gives.
        """
        if self._compiled is not None:
            answer = self._compiled(images)
            return tuple(np.array(answer[n], np.float32) for n in range(len(answer)))
        with torch.inference_mode():
            told = self._network(torch.from_numpy(images).cuda())
        return tuple(each.float().cpu().numpy() for each in ((told,) if torch.is_tensor(told) else told))


class Extractor:
    """Looks at squares with a backbone.

    Parameters
    ----------
    network : Module
        Its weights loaded.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """

    def __init__(self, network: nn.Module, device: str = "auto") -> None:
        self._run = Runner(network, device=device)
        self.name = self._run.name

    def maps(self, squares: Sequence[Array]) -> Maps:
        """Look at squares of one size.

        Parameters
        ----------
        squares : sequence of ndarray of float32, shape (pixels, pixels)
            Grey values in [0, 255].

        Returns
        -------
        tuple of ndarray of float32
            Feature maps.
        """
        return self._run(np.ascontiguousarray(np.stack(squares)[:, None], np.float32))

    def features(
        self,
        squares: Sequence[Array],
        sectors: Sequence[Array] | None = None,
        poolings: Sequence[Pooling] = (Pooling.MEAN,),
    ) -> Array:
        """Pool the maps of each square and of its mirror image.

        Parameters
        ----------
        squares : sequence of ndarray of float32, shape (pixels, pixels)
            Grey values in [0, 255].
        sectors : sequence of ndarray of float32, shape (pixels, pixels), optional
            How much of each pixel lies in the sector; needed for all poolings but the mean.
        poolings : sequence of Pooling
            How.

        Returns
        -------
        ndarray of float32, shape (n, poolings x features)
            Of each pooling the maps' channels one after the other, each the mean of both images.
        """
        parts = []
        for first in range(0, len(squares), AT_ONCE):
            chosen = slice(first, first + AT_ONCE)
            both = [
                self._pooled(_faced(squares[chosen], mirror), sectors and _faced(sectors[chosen], mirror), poolings)
                for mirror in (False, True)
            ]
            parts.append((both[0] + both[1]) / 2)
        return np.concatenate(parts)

    def _pooled(self, squares: Sequence[Array], sectors: Sequence[Array] | None, poolings: Sequence[Pooling]) -> Array:
        maps = [torch.from_numpy(each) for each in self.maps(squares)]
        inside = torch.from_numpy(np.stack(sectors)) if sectors else None
        return torch.cat([pooled(maps, pooling, inside) for pooling in poolings], dim=1).numpy()


def _faced(squares: Sequence[Array], is_mirrored: bool) -> list[Array]:
    return [square[:, ::-1] if is_mirrored else square for square in squares]
