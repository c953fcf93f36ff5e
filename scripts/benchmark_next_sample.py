"""How long a server takes to tell the next sample, with many cases and several annotators who ask at once.

    python scripts/benchmark_next_sample.py [--cases 10000] [--annotators 20] [--repeats 20]

Starts `livercad serve` on a folder of so many small files, of which every tenth has a label and all have made-up
scores, and asks over HTTP. The
seconds that are printed are those of whole requests; beside them, what the server's processor works for each, which
does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from livercad.learning.folder import learning_folder
from livercad.learning.score_table import Score
from livercad.learning.scores import Scores

START_S = 600
STRATEGIES = ("first", "random", "uncertainty", "classification", "diversity", "hybrid")
FEATURES = 128
"""Of liver and lesions each, as the models have them."""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--annotators", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_cases(Path(folder), options.cases)
        write_scores(Path(folder), options.cases)
        server, address = start(Path(folder))
        try:
            wait_until_idle(psutil.Process(server.pid))
            measure(psutil.Process(server.pid), address, options.annotators, options.repeats)
        finally:
            server.terminate()
            server.wait(30)


def write_cases(studies: Path, count: int) -> None:
    """Write one small volume under many names, and every tenth case's label."""
    affine = np.diag([-4.0, -4.0, 5.0, 1.0])
    image, label = studies / "case00000.nii.gz", studies / "labels" / "final" / "case00000.nii.gz"
    label.parent.mkdir(parents=True)
    nib.save(nib.Nifti1Image(np.full((16, 16, 16), 40, np.int16), affine), image)
    nib.save(nib.Nifti1Image(np.ones((16, 16, 16), np.uint8), affine), label)
    for number in range(1, count):
        shutil.copy(image, studies / f"case{number:05d}.nii.gz")
        if number % 10 == 0:
            shutil.copy(label, label.parent / f"case{number:05d}.nii.gz")


def write_scores(studies: Path, count: int) -> None:
    """Write scores as models would have made them."""
    rng, scores = np.random.default_rng(0), Scores(learning_folder(studies))
    for number in range(count):
        liver, lesions = rng.normal(size=(2, FEATURES)).astype(np.float32)
        scores.keep(f"case{number:05d}", "stamp", "models", Score(rng.uniform(0, 2), rng.uniform(), liver, lesions))


def start(studies: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server, and wait until it has read the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    paths = os.pathsep.join([str(Path(__file__).resolve().parents[1] / "monailabel_app"), *sys.path[1:]])
    process = subprocess.Popen(
        [sys.executable, "-m", "livercad", "serve", str(studies), "--port", str(port), "--app-conf", "scoring=false"],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{address}/info/", timeout=60).raise_for_status()
            return process, address
        except httpx.HTTPError:
            time.sleep(0.5)
    raise SystemExit("The server did not start.")


def wait_until_idle(server: psutil.Process) -> None:
    """Wait until the models are loaded."""
    for _ in range(120):
        if server.cpu_percent(interval=1.0) < 5:
            return


def measure(server: psutil.Process, address: str, annotators: int, repeats: int) -> None:
    """Ask one after the other, then all at once."""
    table = Table("strategy", "at once", "requests", "processor s each", "median s", "95 % s", "longest s")
    given: list[str] = []
    for strategy in STRATEGIES:
        for count in (1, annotators):
            before = sum(server.cpu_times()[:2])
            seconds = ask_at_once(address, strategy, count, repeats, given)
            each = (sum(server.cpu_times()[:2]) - before) / len(seconds)
            numbers = (each, statistics.median(seconds), float(np.percentile(seconds, 95)), max(seconds))
            table.add_row(strategy, str(count), str(len(seconds)), *(f"{number:.3f}" for number in numbers))
    Console().print(table)
    print(f"{len(given)} samples, {len(set(given))} different cases")


def ask_at_once(address: str, strategy: str, annotators: int, repeats: int, given: list[str]) -> list[float]:
    """Seconds of each request; each annotator waits for an answer before the next request."""
    seconds: list[float] = []

    def ask(who: str) -> None:
        with httpx.Client(timeout=60) as client:
            client.get(f"{address}/livercad/health")  # so that connecting is not counted
            for _ in range(repeats):
                begun = time.perf_counter()
                answer = client.post(f"{address}/activelearning/{strategy}", json={"annotator": who})
                seconds.append(time.perf_counter() - begun)
                given.append(answer.raise_for_status().json()["id"])

    threads = [threading.Thread(target=ask, args=(f"annotator {number}",)) for number in range(annotators)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


if __name__ == "__main__":
    main()
