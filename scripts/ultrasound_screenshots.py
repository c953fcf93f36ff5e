"""Make the picture of the Slicer module on ultrasound in docs/pictures: a phantom, its circle, what a model says.

It is made with the stand-in for Slicer (tests/slicer/standin) and a real server with the default model, and says so.

usage: .venv-slicer/bin/python scripts/ultrasound_screenshots.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from slicer_screenshots import save

# isort: split
from annotator import Annotator
from real_server import RealServer

WRITE_STUDIES = """
import sys
from pathlib import Path
from livercad.phantom.ultrasound.making import Options, write_ultrasound
write_ultrasound(Path(sys.argv[1]), Options(6, 0, 512))
"""
CASE = "us-0003"
"""A hemangioma, in four images; the second one shows it best."""
SIZE = 1500, 1500
"""So high that every section is seen whole."""
SECTIONS = "Ultrasound image", "Circles", "D/L previews", "Classify"


def main() -> None:
    """Start the server, open the case, classify, save the picture."""
    with tempfile.TemporaryDirectory() as folder:
        server = RealServer(Path(folder) / "server", WRITE_STUDIES, app=None)
        try:
            take(Annotator(SIZE), server)
        finally:
            server.close()


def take(annotator: Annotator, server: RealServer) -> None:
    """Go through the case and take the picture."""
    module = annotator.module
    annotator.show_sections("Server", "Case")
    annotator.step("connect", lambda: annotator.connect(server.address, server.token))
    annotator.step("open", lambda: module.casePanel.openCase(CASE))
    annotator.step("classify", module.opinionsPanel.caseButton.click)
    assert not module.opinionsPanel.lesionLabel.isHidden(), module.opinionsPanel.messageLabel.text
    module.picturePanel.nextButton.click()
    annotator.show_sections(*SECTIONS)
    save(annotator, "ultrasound")
    annotator.close()


if __name__ == "__main__":
    main()
