"""Make the pictures of what is learnt in docs/pictures: strategies and training in Slicer's module, the server's page.

The cases are synthetic abdomens of a few voxels, and the model that is trained is one number: all else is the real
server and the real module, the latter with the stand-in for Slicer (tests/slicer/standin).

usage: .venv-slicer/bin/python scripts/learning_screenshots.py
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests
from slicer_screenshots import FOLDER, put_together

# isort: split
import qt
from annotator import Annotator
from PIL import Image
from real_server import RealServer

WRITE_STUDIES = """
import sys
from dataclasses import replace
from pathlib import Path
from fakes import synthetic_abdomen, write_case
from livercad.core.annotation import CaseState
from livercad.server import submissions
from server.annotations import annotation_of, write_maps
from server.labelled_studies import SHAPE, write_labelled
studies = Path(sys.argv[1])
store = write_labelled(studies, {labelled})
for number in range({labelled}):
    state = CaseState.IN_PROGRESS if number % 5 == 4 else CaseState.COMPLETE
    annotation = annotation_of(f"case-{{number:02d}}")
    annotation = replace(annotation, state=state, annotator=("Ann", "Bob", "Cat")[number % 3])
    maps = write_maps(studies.with_name("maps"), synthetic_abdomen(number, SHAPE))
    submissions.submit(store, annotation, *maps, force=True)
sides = store.book.pool.sides()
both = [next(case for case, side in sides.items() if side == name) for name in ("training", "validation")]
for number in range({labelled}, {cases}):
    write_case(studies, f"case-{{number:02d}}", number, SHAPE)
names = sorted(file.name.removesuffix(".nii.gz") for file in studies.glob("case-*.nii.gz"))
rows = [f"{{name}},pv,{{name}}.nii.gz,{{'Anna' if name in both else name}}" for name in names]
(studies / "studies.csv").write_text("\\n".join(["case,phase,path,patient", *rows]) + "\\n")
"""
"""Two cases on both sides turn out to be of one patient."""
LABELLED, CASES = 16, 22
LABEL = (
    "Synthetic cases and a model of one number, in the project's stand-in for 3D Slicer. "
    "Research software, not a medical device."
)
SLOW, WRONG = 100, 1
"""Seeds of `fake_recipes`: of a training that takes its time, and of one that learns the wrong."""
SIZE = 1100, 1000
GAP = 16
PAGE = 1180, 1955
WAIT_S = 300
COLOURS = 128
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
)


def main() -> None:
    """Start the server, label, train, save the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIVERCAD_MODELS"] = str(Path(folder) / "models")  # nothing is promoted on this machine
        server = RealServer(
            Path(folder) / "server", WRITE_STUDIES.format(labelled=LABELLED, cases=CASES), scoring="true"
        )
        try:
            take(Annotator(SIZE), server, Path(folder))
        finally:
            server.close()


def take(annotator: Annotator, server: RealServer, folder: Path) -> None:
    """Ask for a case by a strategy, train twice, and take the pictures."""
    module = annotator.module
    annotator.work.session.settings.annotator = "Ann"
    annotator.step("connect", lambda: annotator.connect(server.address, server.token))
    until(annotator, lambda: f"{CASES} of {CASES} cases are scored" in page_of(server))
    box = module.casePanel.strategyBox
    box.setCurrentIndex(box.findText("Uncertain and rare"))
    annotator.step("next", module.casePanel.nextButton.click)
    annotator.show_sections("Case")
    case = annotator.picture(folder / "case.png", module.sections["Case"])

    annotator.show_sections("Train")
    until(annotator, lambda: bool(module.trainPanel._fields))
    train(annotator, steps=25, seed=SLOW)
    trained = annotator.picture(folder / "train.png", module.sections["Train"])
    picture = FOLDER / "slicer-train.png"
    put_together(picture, [qt.QImage(str(each)) for each in (case, trained)], LABEL, GAP)
    small(picture)

    train(annotator, steps=5, seed=WRONG)
    html = folder / "page.html"
    html.write_text(page_of(server).replace("<details ", "<details open "), encoding="utf-8")
    options = f"--user-data-dir={folder / 'browser'}", f"--window-size={PAGE[0]},{PAGE[1]}"
    command = [*CHROMIUM, *options, f"--screenshot={FOLDER / 'page.png'}", html.as_uri()]
    subprocess.run(command, check=True, capture_output=True)
    small(FOLDER / "page.png")
    annotator.close()


def train(annotator: Annotator, **settings: int) -> None:
    """Start a training and wait until it has ended."""
    panel = annotator.module.trainPanel
    for name, value in settings.items():
        panel._fields[name][0].value = value
    annotator.step("start", panel.startButton.click)

    def has_ended() -> bool:
        panel._training.refresh()
        annotator.settle()
        return not panel._training.run.isActive

    until(annotator, has_ended)


def until(annotator: Annotator, is_so: Callable[[], bool]) -> None:
    """Wait for something that the server does."""
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end, "the server does not come to it"
        time.sleep(0.3)
        annotator.settle()


def page_of(server: RealServer) -> str:
    """The page of the server, as a browser gets it."""
    return requests.get(f"{server.address}/livercad/", auth=("", server.token), timeout=60).text


def small(path: Path) -> None:
    """Keep a picture with few colours."""
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
