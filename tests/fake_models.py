"""A small model with weights that nobody trained, and the files it can come in."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from livercad.models.convert import content_sha256, tensors_of_keras
from livercad.models.registry import Grid, PublishedModel, Source, Weights

KERNELS = ((3, 3, 1, 1, 2), (3, 3, 3, 2, 4), (1, 1, 1, 4, 1))


def keras_file(seed: int = 0, layers: int = len(KERNELS), dtype: str = "float32") -> bytes:
    """Weights as Keras writes them: a group a layer, in it another of the same name, and layers without weights."""
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_group("lambda_1")
        for number, shape in enumerate(KERNELS[:layers], start=1):
            name = f"conv3d_{number}"
            layer = file.create_group(name).create_group(name)
            layer["kernel:0"] = rng.normal(size=shape).astype(dtype)
            layer["bias:0"] = rng.normal(size=shape[-1]).astype(dtype)
    return buffer.getvalue()


def wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fakenets/__init__.py", "")
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def entry_of(name: str, data: bytes, wheel_sha256: str = "0" * 64) -> PublishedModel:
    tensors = tensors_of_keras(data, len(KERNELS), name)
    return PublishedModel(
        name=name,
        version="1",
        title=name,
        task="liver segmentation",
        authors="Nobody",
        licence="Apache-2.0",
        citation="None",
        homepage="https://example.org",
        source=Source(
            package="fakenets",
            version="1.0",
            wheel_sha256=wheel_sha256,
            file=f"fakenets/weights/{name}.hdf5",
            file_sha256=hashlib.sha256(data).hexdigest(),
            convolutions=len(KERNELS),
        ),
        weights=Weights(sha256=content_sha256(tensors), parameters=sum(t.size for t in tensors.values())),
        trained_on="Nothing",
        not_known="Nothing",
        grid=Grid(orientation="RAS", spacing_mm=(3, 3, 3), window_in=(9, 9, 9), window_out=(9, 9, 9)),
        inputs="CT",
        outputs="Probability",
        card="liver-leuven.md",
    )
