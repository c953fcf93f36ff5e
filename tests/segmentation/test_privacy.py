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


def test_loading_a_network_starts_no_telemetry(tmp_path):
    # In CI OpenVINO keeps quiet of itself; on a user's machine it leaves its counters in the home folder.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "TF_BUILD", "JENKINS_URL")}
    environment |= {"HOME": str(tmp_path), "PYTHONPATH": str(Path(livercad.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split()[0] == "openvino"
    assert done.stdout.split()[-1] == "None"
    assert not (tmp_path / "intel").exists()
