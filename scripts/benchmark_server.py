"""How soon a server answers many annotators at once, while a training and an inference run.

    python scripts/benchmark_server.py [PHANTOMS] [--clients 20] [--seconds 60] [--pause 1] [--output FILE]

PHANTOMS is what `livercad phantom ct` has written; without it, phantoms are made. Starts `livercad serve` on copies of
them, of which some are labelled, a training of the lesion network from its published weights, and one inference after
the other. Meanwhile every client does what an annotator's does, again and again: status, next sample by hybrid or
uncertainty, download of its image, submission of label and lesions, list of cases; between any two of these it waits
for `--pause` seconds in the mean, as nobody labels in a second.

Ends with 1 if a request fails, a case is given to two annotators, training or inference were not under way all the
time, or the 95th percentile of `/info/` is above half a second.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from benchmark_annotators import Annotator, Measured, Phantoms
from rich.console import Console
from rich.table import Table

from livercad.learning.folder import learning_folder
from livercad.learning.score_table import Score
from livercad.learning.scores import Scores
from livercad.phantom.studies import write_ct_studies

PHANTOMS, LABELLED, SHARE = 12, 12, 0.3
START_S, TRAINS_S = 600, 1800
INFO_S = 0.5
"""The 95th percentile of `/info/` is to be below."""
FEATURES = 128
MOST_STEPS = 100_000


def write_cases(phantoms: Phantoms, folder: Path, count: int) -> dict[str, str]:
    """Write so many cases, each a copy of a phantom; returns whose. Copies are hard links, so they take no space."""
    names, whose = phantoms.names(), {}
    for number in range(count):
        name = names[number % len(names)]
        case = f"case-{number:04d}"
        (folder / "studies" / case).mkdir(parents=True)
        for file in (phantoms.folder / "studies" / name).iterdir():
            first = folder / "studies" / f"case-{number % len(names):04d}" / file.name
            if number < len(names):
                shutil.copyfile(file, first)
            else:
                os.link(first, folder / "studies" / case / file.name)
        whose[case] = name
    return whose


def write_scores(studies: Path, cases: list[str]) -> None:
    """Write scores as models would have made them."""
    rng, scores = np.random.default_rng(0), Scores(learning_folder(studies))
    for case in cases:
        liver, lesions = rng.normal(size=(2, FEATURES)).astype(np.float32)
        scores.keep(case, "stamp", "models", Score(rng.uniform(0, 2), rng.uniform(), liver, lesions))


@contextmanager
def serving(folder: Path, app: Path | None) -> Iterator[str]:
    """Serve ``folder/studies``; yields the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    paths = os.pathsep.join([str(Path(__file__).resolve().parents[1] / "monailabel_app"), *sys.path[1:]])
    command = [sys.executable, "-m", "livercad", "serve", str(folder / "studies"), "--port", str(port)]
    command += ["--app-conf", f"validation_share={SHARE}", *(["--app", str(app)] if app else [])]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdout=log, stderr=log)
    try:
        address, end = f"http://127.0.0.1:{port}", time.monotonic() + START_S
        while True:
            try:
                httpx.get(f"{address}/info/", timeout=60).raise_for_status()
                break
            except httpx.HTTPError:
                if server.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"The server did not start:\n{(folder / 'log.txt').read_text()}") from None
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def submit_labels(client: httpx.Client, phantoms: Phantoms, whose: dict[str, str], folder: Path) -> None:
    """Label the first cases, which a training needs."""
    for case, name in list(whose.items())[:LABELLED]:
        file = phantoms.label(name, folder / "label.nii.gz")
        with file.open("rb") as stream:
            client.put(
                "/datastore/label", params={"image": case, "tag": "final"}, files={"label": stream}
            ).raise_for_status()


def start_training(client: httpx.Client, task: str) -> str:
    """Start a training, and wait until it trains; returns its id."""
    wish = {"model": task, "start": "base", "steps": MOST_STEPS, "seed": 100, "who": "benchmark"}
    client.post("/livercad/training", json=wish).raise_for_status()
    end = time.monotonic() + TRAINS_S
    while not (told := training(client))["what"].startswith("training, step"):
        if told["state"] != "running" or time.monotonic() > end:
            raise SystemExit(f"Nothing is trained: {told['state']}, {told['what']}")
        time.sleep(1)
    return str(told["id"])


def training(client: httpx.Client) -> dict[str, Any]:
    """The training under way."""
    return dict(client.get("/livercad/training").raise_for_status().json()["job"])


def infer(address: str, cases: list[str], measured: Measured, is_over: threading.Event) -> None:
    """One inference after the other, until all else is done; the last one is stopped."""
    with httpx.Client(base_url=address, timeout=600) as client:
        for number, case in enumerate(cases):
            if is_over.is_set():
                return
            begun = time.perf_counter()
            answer = client.post("/infer/lesions", params={"image": case, "job": f"inference-{number}"})
            if is_over.is_set():
                return
            measured.inferences.append(time.perf_counter() - begun)
            if answer.status_code != 200:
                measured.errors.append(f"inference: {answer.status_code} {answer.text[:300]}")


def measure(options: argparse.Namespace, folder: Path, phantoms: Phantoms) -> tuple[Measured, dict[str, Any]]:
    """Serve, train, infer, and let all clients work."""
    whose = write_cases(phantoms, folder, options.cases)
    write_scores(folder / "studies", list(whose))
    sent = {}
    for name in phantoms.names():
        label, lesions = phantoms.label(name, folder / "label.nii.gz"), phantoms.folder / "truth" / name
        parts = {"label": label.read_bytes(), "instances": (lesions / "lesions.nii.gz").read_bytes()}
        sent[name] = {**parts, "annotation": phantoms.annotation(name, "", "").to_dict()}
    measured, lock, is_over = Measured(), threading.Lock(), threading.Event()
    with serving(folder, options.app) as address, httpx.Client(base_url=address, timeout=120) as client:
        print("labelling …", flush=True)
        submit_labels(client, phantoms, whose, folder)
        print("waiting for the training's first step …", flush=True)
        id, before = start_training(client, options.task), len(training(client)["history"])
        inferring = threading.Thread(target=infer, args=(address, list(whose), measured, is_over))
        inferring.start()
        time.sleep(options.pause)
        begun = time.monotonic()
        annotators = [Annotator(number, address, sent, whose) for number in range(options.clients)]
        works = [
            threading.Thread(target=each.work, args=(measured, begun + options.seconds, options.pause, lock))
            for each in annotators
        ]
        for work in works:
            work.start()
        for work in works:
            work.join()
        seconds, is_inferring = time.monotonic() - begun, inferring.is_alive()
        is_over.set()
        for job in client.get("/livercad/jobs").json():
            if job["state"] in ("queued", "running") and job["id"] != id:
                client.delete(f"/livercad/jobs/{job['id']}")
        after = training(client)
        told = {"training": after["what"], "losses": len(after["history"]) - before, "seconds": seconds}
        if after["state"] != "running" or not is_inferring:
            measured.errors.append(f"not under way to the end: training {after['state']}, inference {is_inferring}")
        client.delete("/livercad/training")
        inferring.join()
        kept = {case["case"]: case["version"] for case in client.get("/livercad/cases").json()}
        lost = [case for case, version in measured.submitted.items() if kept.get(case) != version]
        measured.errors += [f"the submission of {case} is lost" for case in lost]
    return measured, told


def summary_of(measured: Measured, told: dict[str, Any]) -> dict[str, Any]:
    """Numbers for people and programs."""
    routes = {
        route: {
            "requests": len(seconds),
            "p50_s": float(np.percentile(seconds, 50)),
            "p95_s": float(np.percentile(seconds, 95)),
            "max_s": max(seconds),
        }
        for route, seconds in measured.seconds.items()
    }
    count = sum(route["requests"] for route in routes.values())
    return {
        **told,
        "routes": routes,
        "requests_per_second": count / told["seconds"],
        "cases_given": len(measured.given),
        "given_twice": measured.twice,
        "submitted": len(measured.submitted),
        "inferences": measured.inferences,
        "errors": measured.errors,
    }


def show(summary: dict[str, Any]) -> None:
    """Print a table."""
    table = Table("route", "requests", "median s", "95 % s", "longest s")
    for route, numbers in summary["routes"].items():
        times = (numbers["p50_s"], numbers["p95_s"], numbers["max_s"])
        table.add_row(route, str(numbers["requests"]), *(f"{number:.3f}" for number in times))
    Console().print(table)
    inferences = ", ".join(f"{seconds:.0f}" for seconds in summary["inferences"])
    print(f"{summary['requests_per_second']:.1f} requests a second for {summary['seconds']:.0f} s")
    print(f"{summary['cases_given']} cases given, {len(summary['given_twice'])} of them to two annotators")
    print(f"{summary['submitted']} submitted; meanwhile {summary['training']}; inferences of {inferences or 0} s")
    print(f"{len(summary['errors'])} errors", *summary["errors"][:10], sep="\n")


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phantoms", type=Path, nargs="?")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--task", default="lesions", help="what is trained")
    parser.add_argument("--app", type=Path, help="another app, as of livercad serve")
    parser.add_argument("--output", type=Path, help="JSON with all numbers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if not options.phantoms:
            print("making phantoms …", flush=True)
            write_ct_studies(folder / "phantoms", PHANTOMS)
        measured, told = measure(options, folder, Phantoms(options.phantoms or folder / "phantoms"))
    summary = summary_of(measured, told)
    show(summary)
    if options.output:
        options.output.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    info = summary["routes"].get("info", {"p95_s": float("inf")})
    sys.exit(bool(measured.errors or measured.twice or info["p95_s"] > INFO_S))


if __name__ == "__main__":
    main()
