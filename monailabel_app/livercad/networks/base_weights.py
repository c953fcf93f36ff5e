"""First weights of a base that was trained elsewhere: none, a file, or torchvision's by name."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from livercad.errors import ModelError

NONE, TORCHVISION = "none", "torchvision"
"""What may be asked for instead of a file."""
COUNTER = "num_batches_tracked"
"""Of a normalisation: says nothing that the network uses, and files have it in several shapes, or not at all."""


def weights_key(weights: str) -> str:
    """Tell what first weights are, and that a file of them is there, before anything is trained with them.

    Parameters
    ----------
    weights : str
        As `load_base` takes it.

    Returns
    -------
    str
        The same, or the file's SHA-256.

    Raises
    ------
    ModelError
        If it is a file that is not there.
    """
    if weights in (NONE, TORCHVISION):
        return weights
    try:
        return hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            weights,
            found=f"no file that can be read ({error.strerror})",
            expected=f"'{NONE}', '{TORCHVISION}', or a file of weights",
            todo="Name a file that is there.",
        ) from error


def load_base(network: nn.Module, name: str, weights: str) -> None:
    """Put first weights into a network of torchvision's; entries of layers that it has not are left out.

    Parameters
    ----------
    network : Module
        Changed in place.
    name : str
        Its name at torchvision, such as ``resnet101``.
    weights : str
        ``none`` for random ones, ``torchvision`` to fetch torchvision's best ones over the internet (kept in torch's
        own cache), or a file of them (``.safetensors``, or what `torch.save` writes).

    Raises
    ------
    ModelError
        If there are no such weights, they cannot be fetched, or are another network's.
    """
    if weights == NONE:
        return
    state = _fetched(name) if weights == TORCHVISION else _read(Path(weights))
    own = {key: value for key, value in network.state_dict().items() if not key.endswith(COUNTER)}
    missing = [key for key in own if key not in state]
    other = [key for key in own if key in state and state[key].shape != own[key].shape]
    if missing or other:
        raise ModelError(
            weights,
            found=f"weights without {missing[0]}" if missing else f"a {other[0]} of another shape",
            expected=f"weights of torchvision's {name}",
            todo=f"Name a file of that network, or '{TORCHVISION}'.",
        )
    network.load_state_dict({key: value for key, value in state.items() if key in own}, strict=False)


def _fetched(name: str) -> dict[str, Any]:
    from torchvision.models import get_model_weights

    try:
        return dict(get_model_weights(name).DEFAULT.get_state_dict(progress=False, check_hash=True))
    except (OSError, RuntimeError, ValueError) as error:  # no internet, a cut connection, no such network
        raise ModelError(
            f"torchvision's weights of {name}",
            found=f"that they cannot be fetched ({error})",
            expected="an internet connection, or the weights in torch's cache",
            todo="Name a file of them instead.",
        ) from error


def _read(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, SafetensorError, RuntimeError, pickle.UnpicklingError, TypeError, ValueError, EOFError) as error:
        raise ModelError(
            path,
            found=f"no weights that can be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})",
            expected="a state dictionary as .safetensors, or as torch.save writes it",
            todo=f"Check the name, or use '{TORCHVISION}'.",
        ) from error
