"""From Keras' layout to torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from fake_models import KERNELS, keras_file
from livercad.errors import ModelError
from livercad.models.convert import content_sha256, tensors_of_keras


def test_convolutions_are_numbered_from_zero_in_float32_and_torchs_axis_order():
    tensors = tensors_of_keras(keras_file(), 3, "fake")
    assert set(tensors) == {f"convolutions.{n}.{part}" for n in range(3) for part in ("weight", "bias")}
    for n, (i, j, k, into, out) in enumerate(KERNELS):
        assert tensors[f"convolutions.{n}.weight"].shape == (out, into, i, j, k)
        assert tensors[f"convolutions.{n}.bias"].shape == (out,)
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype("float32")}


def test_a_torch_convolution_with_the_weights_does_what_the_keras_kernel_means():
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=KERNELS[0]).astype("f4"), rng.normal(size=KERNELS[0][-1]).astype("f4")
    tensors = tensors_of_keras(keras_file(seed=0), 3, "fake")
    image = np.random.default_rng(1).normal(size=(5, 6, 4)).astype("f4")
    found = torch.nn.functional.conv3d(
        torch.from_numpy(image)[None, None],
        torch.from_numpy(tensors["convolutions.0.weight"]),
        torch.from_numpy(tensors["convolutions.0.bias"]),
    )[0]
    # Keras, channels last: out[x, y, z, o] = sum over i, j, k of in[x+i, y+j, z+k] * kernel[i, j, k, 0, o] + bias[o].
    windows = np.lib.stride_tricks.sliding_window_view(image, KERNELS[0][:3])
    expected = np.einsum("xyzijk,ijko->oxyz", windows, kernel[:, :, :, 0]) + bias[:, None, None, None]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_ten_and_more_layers_are_ordered_by_number_not_by_name(monkeypatch):
    monkeypatch.setattr("fake_models.KERNELS", tuple((1, 1, 1, 1, n) for n in range(1, 13)))
    tensors = tensors_of_keras(keras_file(layers=12), 12, "fake")
    assert [tensors[f"convolutions.{n}.bias"].size for n in range(12)] == list(range(1, 13))


@pytest.mark.parametrize("data", [b"", b"no HDF5", keras_file()[:-4000], keras_file(layers=2)])
def test_a_file_with_other_layers_or_none_is_named_in_the_error(data):
    with pytest.raises(ModelError, match=r"fake.hdf5: found .* expected a Keras weight file .*conv3d_3"):
        tensors_of_keras(data, 3, "fake.hdf5")


def test_the_hash_survives_the_way_through_safetensors_and_sees_every_change():
    tensors = tensors_of_keras(keras_file(), 3, "fake")
    sha256 = content_sha256(tensors)
    assert content_sha256(load(save(tensors, {"any": "metadata"}))) == sha256
    assert content_sha256(dict(reversed(tensors.items()))) == sha256

    name = "convolutions.1.weight"
    nudged, moved = tensors[name].copy(), tensors[name].reshape(4, 2, 27, 1, 1)
    nudged.flat[7] = np.nextafter(nudged.flat[7], np.float32(9))
    for changed in ({name: nudged}, {name: moved}, {name: tensors[name].astype("f8")}, {"another": tensors[name]}):
        assert content_sha256(tensors | changed) != sha256
