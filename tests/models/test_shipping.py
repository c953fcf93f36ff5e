"""From a recipe's weights to the package."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from livercad.errors import ModelError
from livercad.models import registry
from livercad.models.install import State, installed_weights, state_of
from livercad.models.shipping import Trained, ship, write_trained


def test_shipped_weights_carry_the_registrys_hash_and_their_record(shipped):
    assert state_of(shipped) is State.INSTALLED and shipped.weights.parameters == 10
    with safe_open(installed_weights("shipped"), "numpy") as file:
        record = json.loads(file.metadata()["record"])
        assert file.get_tensor("a").tolist() == [0, 1, 2, 3, 4, 5]
    assert record["seed"] == 3 and set(record["packages"]) >= {"torch", "numpy", "scikit-learn"}
    assert json.loads(shipped.path.with_suffix(".json").read_text()) == record


def test_shipping_leaves_the_other_entries_as_they_are(shipped, fakes):
    rows = {row["name"]: row for row in json.loads(registry.REGISTRY.read_text())}
    assert rows["two"] == fakes.entries["two"].model_dump(mode="json")


def test_weights_are_written_elsewhere_without_touching_the_package(fakes, trained, tmp_path):
    path = write_trained(trained, tmp_path / "out")
    assert path == tmp_path / "out" / "shipped.safetensors" and path.is_file()


def test_weights_of_others_cannot_be_shipped(fakes, trained):
    with pytest.raises(ModelError, match="one: found a model that others published"):
        ship(Trained("one", trained.tensors, {}))


def test_views_of_arrays_come_back_as_they_were(fakes, tmp_path):
    rows = np.arange(12.0).reshape(3, 4).T  # not contiguous, as percentiles over an axis are
    path = write_trained(Trained("shipped", {"low": rows[0], "all": rows}, {}), tmp_path)
    stored = load_file(path)
    np.testing.assert_array_equal(stored["low"], [0, 4, 8])
    np.testing.assert_array_equal(stored["all"], rows)
