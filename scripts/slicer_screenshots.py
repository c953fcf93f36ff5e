"""Make the pictures of the Slicer module in docs/pictures: an annotator's way through the phantom of the sample data.

They are made with the stand-in for Slicer (tests/slicer/standin) and a real server with the real networks, and say so.

usage: .venv-slicer/bin/python scripts/slicer_screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "slicer"), str(ROOT / "SlicerLiverCAD")]

from standin.start import start  # noqa: E402

import LiverCADLib  # noqa: E402, F401  (finds livercad.core)

start()

import qt  # noqa: E402
from annotator import Annotator  # noqa: E402
from real_server import RealServer, copying  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
PHASES = ("unenhanced", "arterial", "portal")
DATA = ROOT / "SlicerLiverCAD" / "Resources" / "SampleData"
CASE = "phantom"
SIZE = 1600, 940
TALL = 1180
"""Height of the window in which all of the crops' section is seen."""
LABEL = "Digital phantom, shown by the project's stand-in for 3D Slicer. Research software, not a medical device."
STRIP = 24
"""Height of the label under each picture, in pixels."""


def main() -> None:
    """Start the server, go through the case, save the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{CASE}/{phase}.nii.gz": DATA / f"LiverCADPhantom_{phase}.nii.gz" for phase in PHASES}
        server = RealServer(Path(folder) / "server", copying(files), app=None)
        try:
            take(Annotator(SIZE), server)
        finally:
            server.close()


def take(annotator: Annotator, server: RealServer) -> None:
    """Go through the case and take a picture of each main state."""
    module, bench = annotator.module, annotator.work.workbench
    module.submitPanel.annotator.widget.text = "A. Nnotator"
    annotator.show_sections("Server", "Case", "Phases")
    annotator.step("connect", lambda: annotator.connect(server.address, server.token))
    annotator.step("next", module.casePanel.nextButton.click)
    module.phasesPanel.recogniseButton.click()
    annotator.settle()
    save(annotator, "case")

    annotator.step("side by side", module.phasesPanel.sideBySideBox.click)
    annotator.step("find", module.segmentPanel.findButton.click)
    annotator.step("registered", module.phasesPanel.registeredBox.click)
    view = annotator.layouts.threeDWidget(0).mrmlViewNode()
    view.SetBoxVisible(False)
    view.SetAxisLabelsVisible(False)
    annotator.step("show 3-D", bench.segmentation.node.CreateClosedSurfaceRepresentation)
    annotator.show_sections("Phases", "Segment")
    save(annotator, "segment")

    largest = max(bench.lesions.numbers, key=lambda n: bench.lesions.measured(n).volumeMl)
    annotator.show_sections("Lesions", "Submit")
    annotator.select(largest)
    module.lesionsPanel.acceptButton.click()
    save(annotator, "lesions")

    annotator.show_sections("Crop previews")
    annotator.step("saliency", module.cropsPanel.saliencyBox.click)
    annotator.window.resize(SIZE[0], TALL)
    save(annotator, "crops")
    annotator.close()


def save(annotator: Annotator, name: str) -> None:
    """Save what the window looks like, with the label under it."""
    path = annotator.picture(FOLDER / f"slicer-{name}.png")
    put_together(path, [qt.QImage(str(path))], LABEL)


def put_together(path: Path, pictures: Sequence[Any], label: str, gap: int = 0) -> None:
    """Save pictures side by side, with a label under them."""
    height = max(picture.height() for picture in pictures)
    width = sum(picture.width() for picture in pictures) + gap * (len(pictures) - 1)
    labelled = qt.QImage(width, height + STRIP, qt.QImage.Format_RGB888)
    labelled.fill(qt.QColor(255, 255, 255))
    painter = qt.QPainter(labelled)
    left = 0
    for picture in pictures:
        painter.drawImage(left, 0, picture)
        left += picture.width() + gap
    painter.drawText(8, height + STRIP - 8, label)
    painter.end()
    assert labelled.save(str(path)), f"{path} cannot be written"


if __name__ == "__main__":
    main()
