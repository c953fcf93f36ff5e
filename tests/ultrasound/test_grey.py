"""The small network: a training that was stopped goes on to the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from livercad.errors import Cancelled
from livercad.phantom.ultrasound.making import Options, write_ultrasound
from livercad.studies.ultrasound.collection import read_collection
from livercad.ultrasound.training.grey import train_grey
from livercad.ultrasound.training.grey_batches import GreyRecipe
from livercad.ultrasound.training.sources import load_backbone

RECIPE = GreyRecipe(steps=4, regions=6, wholes=2, region_pixels=32, whole_pixels=32, checkpoint_every=2)


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "phantoms", Options(4, 0, 128, normals=1))
    collection = read_collection(tmp_path / "phantoms")
    once = train_grey(collection, "phantoms", tmp_path / "once", RECIPE)

    def stop(done: float, total: float, what: str) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        train_grey(collection, "phantoms", tmp_path / "twice", RECIPE, stop)
    twice = train_grey(collection, "phantoms", tmp_path / "twice", RECIPE)
    first, second = load_file(once), load_file(twice)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor, second[name])
    kind, network, origin = load_backbone(str(once))
    assert (kind, "phantoms" in origin) == ("grey", True)
    np.testing.assert_array_equal(
        network.state_dict()["blocks.0.0.weight"].numpy(), first["backbone.blocks.0.0.weight"]
    )
