"""Phantoms under probes of many kinds: written once, with their circles, and truly different."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livercad.errors import Cancelled
from livercad.phantom.ultrasound.making import Options
from livercad.studies.ultrasound.collection import read_collection
from livercad.ultrasound.training.varied import write_varied


def test_phantoms_differ_in_probe_and_size_and_are_written_once(tmp_path: Path) -> None:
    options = Options(cases=4, seed=3, normals=1)

    def stop(done: float, total: float, what: str) -> None:
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_varied(tmp_path, options, stop)
    write_varied(tmp_path, options)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_varied(tmp_path, options)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept
    collection = read_collection(tmp_path)
    assert len({image.shape for image in collection.images}) == 5, "a size a case"
    cases = json.loads((tmp_path / "varied.json").read_text())["cases"]
    assert len({case["half_angle"] for case in cases}) == len({case["radius_mm"] for case in cases}) == 5
    for listed, image in zip(collection.listed, collection.images, strict=True):
        assert (listed.kind == "normal") == (not listed.lesions)
        for lesion in listed.lesions:
            column, row = lesion.circle.center
            assert 0 < column < image.shape[1] and 0 < row < image.shape[0]
    write_varied(tmp_path, Options(cases=4, seed=4, normals=1))
    assert json.loads((tmp_path / "varied.json").read_text())["cases"] != cases, "others for another seed"
