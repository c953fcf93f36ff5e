"""Networks of papers that come with LiverCAD, trained on phantoms: from what a reproduction leaves, and read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import load

from livercad.models.convert import content_sha256
from livercad.models.install import installed_weights
from livercad.models.shipping import Trained
from livercad.papers.served import VERSION_DIGITS, Description, ModelFiles

MODEL = "model"
"""In the record."""


def trained_of(files: ModelFiles, kind: type[Description], folder: Path, record: dict[str, Any]) -> Trained:
    """Make of a reproduction's networks what can come with LiverCAD: matrices and convolutions in half precision.

    Parameters
    ----------
    files : ModelFiles
        Of the paper.
    kind : type
        Of its description.
    folder : Path
        The folder ``model`` that the reproduction wrote.
    record : dict
        How it was made, ready for JSON.

    Returns
    -------
    Trained
        Its record has the description, with hash and version of these weights, under `MODEL`.
    """
    description, data = files.read(folder, kind)
    tensors = {name: _halved(values) for name, values in load(data).items()}
    digest = content_sha256(tensors)
    told = description.model_copy(update={"weights_sha256": digest, "version": digest[:VERSION_DIGITS]})
    return Trained(files.shipped, tensors, {MODEL: told.model_dump(mode="json"), **record})


def read_shipped(name: str, kind: type[Description]) -> tuple[Description, bytes]:
    """Read networks that come with LiverCAD.

    Parameters
    ----------
    name : str
        In the registry of models.
    kind : type
        Of the description.

    Returns
    -------
    description : ServedModel
        Of that kind.
    data : bytes
        The weights that it describes.

    Raises
    ------
    ModelError
        If they are missing or damaged.
    """
    path = installed_weights(name)
    with safe_open(path, "numpy") as file:
        record = json.loads(file.metadata()["record"])
    return kind.model_validate(record[MODEL]), path.read_bytes()


def _halved(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    return values.astype(np.float16) if values.ndim > 1 and values.dtype == np.float32 else values
