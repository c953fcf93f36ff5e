"""Keras weight files (HDF5) to safetensors: names, axis order, and a hash of what matters."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livercad.errors import ModelError

Tensors = dict[str, npt.NDArray[np.float32]]

KERAS_TO_TORCH = (4, 3, 0, 1, 2)
"""Keras stores kernels as (i, j, k, in, out), torch as (out, in, i, j, k)."""


def tensors_of_keras(data: bytes, convolutions: int, what: str) -> Tensors:
    """Read the convolutions of a Keras weight file.

    Parameters
    ----------
    data : bytes
        Content of the HDF5 file, whose layers are ``conv3d_1``, ``conv3d_2``, … in the order of their use.
    convolutions : int
        How many there have to be.
    what : str
        What to call the file in a message.

    Returns
    -------
    dict of str to ndarray of float32
        ``convolutions.<n>.weight``, shape (out, in, i, j, k), and ``convolutions.<n>.bias``, shape (out,), n from 0.

    Raises
    ------
    ModelError
        If it is no HDF5 file, or has other layers.
    """
    import h5py  # needed for nothing else in the product

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return _convolutions(file, convolutions)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            what,
            found=f"no weights that can be read ({str(error).strip(chr(34))})",
            expected=f"a Keras weight file (HDF5) with the layers conv3d_1 to conv3d_{convolutions}",
            todo="Give the file that the registry names (`livercad models show NAME`).",
        ) from error


def _convolutions(file: Mapping[str, Mapping[str, Mapping[str, npt.NDArray[np.float32]]]], count: int) -> Tensors:
    found = sum(name.startswith("conv3d_") for name in file)
    if found != count:
        raise ValueError(f"it has {found} convolutions")
    tensors: Tensors = {}
    for n in range(count):
        layer = f"conv3d_{n + 1}"
        weights = file[layer][layer]
        kernel = np.asarray(weights["kernel:0"], dtype=np.float32).transpose(KERAS_TO_TORCH)
        tensors[f"convolutions.{n}.weight"] = np.ascontiguousarray(kernel)
        tensors[f"convolutions.{n}.bias"] = np.asarray(weights["bias:0"], dtype=np.float32)
    return tensors


def content_sha256(tensors: Mapping[str, npt.NDArray[np.generic]]) -> str:
    """Hash what a file of weights means, whatever order or padding it is stored with.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        The weights by name.

    Returns
    -------
    str
        SHA-256 in hexadecimal, over a line with name, type and shape and then the values in C order, by name.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = np.ascontiguousarray(tensors[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.data)
    return digest.hexdigest()
