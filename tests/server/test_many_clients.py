"""Many annotators at once, while a training and inferences run: nothing fails, and nobody gets another one's case."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

from fakes import LESION_HU, LIVER_HU, synthetic_abdomen, write_case
from livercad.studies.nifti import write_volume
from server.conftest import ROOT
from server.fake_recipes import TASK
from server.labelled_studies import SHAPE, models_folder

CLIENTS = 8


def write_phantoms(folder: Path, count: int) -> None:
    """Synthetic abdomens with their truth, as `livercad phantom ct` lays them out."""
    for number in range(count):
        name, image = f"phantom-{number:03d}", synthetic_abdomen(number, SHAPE)
        write_case(folder / "studies" / name, "portal", number, SHAPE)
        lesions = image.array == LESION_HU
        write_volume(
            image.like(ndimage.label(lesions)[0].astype(np.uint16)), folder / "truth" / name / "lesions.nii.gz"
        )
        liver = lesions | (image.array == LIVER_HU)
        write_volume(image.like(liver.astype(np.uint8)), folder / "truth" / name / "liver.nii.gz")


def test_annotators_in_parallel_are_served_while_a_training_and_inferences_run(
    tmp_path: Path, empty_database: Path
) -> None:
    """The measuring script, whose seconds do not count here."""
    write_phantoms(tmp_path / "phantoms", 8)
    models = models_folder(tmp_path, empty_database)
    app = shutil.copytree(Path(__file__).parent / "fake_app", tmp_path / "app")
    output = tmp_path / "measured.json"
    script = [sys.executable, str(ROOT / "scripts" / "benchmark_server.py"), str(tmp_path / "phantoms")]
    numbers = {"--clients": CLIENTS, "--seconds": 3, "--pause": 0.05, "--cases": 150, "--task": TASK}
    options = [str(word) for pair in ({**numbers, "--app": app, "--output": output}).items() for word in pair]
    paths = os.pathsep.join([str(ROOT / "monailabel_app"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "LIVERCAD_MODELS": str(models)}
    ran = subprocess.run([*script, *options], env=environment, capture_output=True, text=True, check=False)
    assert output.exists(), ran.stdout + ran.stderr
    measured = json.loads(output.read_text())
    assert (measured["errors"], measured["given_twice"]) == ([], [])
    assert measured["cases_given"] == measured["submitted"] >= CLIENTS
    assert measured["losses"] > 0 and measured["inferences"]
    assert {"info", "next sample", "download", "submission", "list of cases"} <= measured["routes"].keys()
