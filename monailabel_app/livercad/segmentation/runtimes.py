"""What runs a network: a GPU, OpenVINO, or torch on the CPU; chosen when a model is loaded, by what the machine has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from livercad.learning.hardware import chosen_device, computes_in_bfloat16

Array = npt.NDArray[np.float32]
Size = tuple[int, int, int]
Predict: TypeAlias = Callable[[Array], Array]
"""One window, shape (i, j, k), to its smaller output."""


class Runtime(Protocol):
    """A network that is ready to run."""

    name: str
    """Runtime and precision, for example ``openvino bf16``."""

    def for_windows(self, shape: Size) -> Predict:
        """Prepare for windows of one size; what that takes in memory goes when the result goes."""


def load_runtime(network: nn.Module, smallest: Size, device: str) -> Runtime:
    """Make a network ready on the best runtime of this machine.

    Parameters
    ----------
    network : nn.Module
        With its weights loaded; takes and gives tensors (batch, 1, i, j, k).
    smallest : tuple of int
        The smallest window (i, j, k) that the network accepts.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Runtime
        CUDA if it is there and not declined; else OpenVINO where it is installed; else torch.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """
    network = network.eval().requires_grad_(False)
    if chosen_device(device) == "cuda":
        return TorchRuntime(network, "cuda")
    # OpenVINO tells its makers of every import and every conversion, unless it cannot import what does that.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError:
        return TorchRuntime(network, "cpu")
    return OpenVINORuntime(network, smallest, openvino)


class TorchRuntime:
    """Torch, in bfloat16 where the hardware computes in it.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode.
    device : str
        ``cpu`` or ``cuda``.
    """

    def __init__(self, network: nn.Module, device: str) -> None:
        self._network = network.to(device)
        self._device = device
        self._bfloat16 = computes_in_bfloat16(device)
        self.name = f"torch {device} {'bf16' if self._bfloat16 else 'fp32'}"

    def for_windows(self, shape: Size) -> Predict:
        """Return the network itself: torch takes windows of any size."""
        return self._predict

    def _predict(self, window: Array) -> Array:
        with torch.inference_mode(), torch.autocast(self._device, torch.bfloat16, enabled=self._bfloat16):
            output = self._network(torch.from_numpy(window)[None, None].to(self._device))
        return np.asarray(output[0, 0].float().cpu().numpy())


class OpenVINORuntime:
    """OpenVINO on the CPU, in bfloat16 where the hardware computes in it.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode.
    smallest : tuple of int
        The smallest window (i, j, k) that the network accepts, to trace it with.
    openvino : module
        The imported package, which is optional.
    """

    def __init__(self, network: nn.Module, smallest: Size, openvino: Any) -> None:
        with torch.inference_mode():
            traced = torch.jit.trace(network, torch.zeros(1, 1, *smallest), check_trace=False)
        any_size = openvino.PartialShape([1, 1, -1, -1, -1])
        self._model = openvino.convert_model(traced, input=[any_size])
        self._core = openvino.Core()
        bfloat16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._options = {
            "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        self.name = f"openvino {'bf16' if bfloat16 else 'fp32'}"

    def for_windows(self, shape: Size) -> Predict:
        """Compile for one size: it runs faster and in less memory, and compiling takes a quarter of a second."""
        model = self._model.clone()
        model.reshape([1, 1, *shape])
        compiled = self._core.compile_model(model, "CPU", self._options)
        return lambda window: np.asarray(compiled(window[None, None])[0][0, 0])
