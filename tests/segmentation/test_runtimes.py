"""Every runtime gives what torch gives in float32, to within the eight bits of bfloat16."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.errors import ModelError
from livercad.networks.leuven_unet import lesion_unet
from livercad.segmentation.runtimes import OpenVINORuntime, TorchRuntime, load_runtime


@pytest.fixture(scope="module")
def case() -> tuple[torch.nn.Module, np.ndarray, np.ndarray]:
    torch.manual_seed(0)
    network = lesion_unet((12, 12, 4)).eval()
    window = np.random.default_rng(0).uniform(-0.5, 0.5, (100, 92, 54)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(window)[None, None])[0, 0].numpy()
    return network, window, expected


def test_openvino_agrees_with_torch_on_windows_of_another_size_than_it_was_traced_with(
    case: tuple[torch.nn.Module, np.ndarray, np.ndarray],
) -> None:
    network, window, expected = case
    runtime = OpenVINORuntime(network, (92, 92, 46), pytest.importorskip("openvino"))
    np.testing.assert_allclose(runtime.for_windows(window.shape)(window), expected, atol=0.06)


def test_torch_in_the_precision_of_the_hardware_agrees_with_float32(
    case: tuple[torch.nn.Module, np.ndarray, np.ndarray],
) -> None:
    network, window, expected = case
    np.testing.assert_allclose(TorchRuntime(network, "cpu").for_windows(window.shape)(window), expected, atol=0.06)


def test_without_openvino_torch_takes_over(
    case: tuple[torch.nn.Module, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    assert load_runtime(case[0], (92, 92, 46), "cpu").name.startswith("torch cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA GPU")
def test_a_gpu_that_is_not_there_is_refused(case: tuple[torch.nn.Module, np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ModelError, match="no CUDA GPU"):
        load_runtime(case[0], (92, 92, 46), "cuda")
