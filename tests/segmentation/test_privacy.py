"""Nothing is sent anywhere, whatever the libraries do by default."""

import os
import subprocess
import sys
from pathlib import Path

import livercad

PROGRAM = """
import sys, torch
from livercad.segmentation.runtimes import load_runtime
runtime = load_runtime(torch.nn.Conv3d(1, 1, 3), (5, 5, 5), "cpu")
print(runtime.name, sys.modules.get("openvino_telemetry"))
"""


WITH_MONAI = """
import sys
import livercad, monai.data, monai.losses, monai.metrics
assert "mlflow" in sys.modules
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client())
"""
QUIET_IN = ("CI", "TF_BUILD", "JENKINS_URL", "PYTEST_CURRENT_TEST", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
"""Where these are set, libraries keep quiet of themselves, as they do not on a user's machine."""


def run_as_a_user(program, home):
    environment = {name: value for name, value in os.environ.items() if name not in QUIET_IN}
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(livercad.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)


def test_monai_brings_no_telemetry_of_mlflows(tmp_path):
    assert run_as_a_user(WITH_MONAI, tmp_path).stdout == "None\n"


def test_loading_a_network_starts_no_telemetry(tmp_path):
    # OpenVINO leaves its counters in the home folder.
    done = run_as_a_user(PROGRAM, tmp_path)
    assert done.stdout.split()[0] == "openvino"
    assert done.stdout.split()[-1] == "None"
    assert not (tmp_path / "intel").exists()
