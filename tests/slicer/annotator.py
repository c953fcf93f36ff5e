"""Goes an annotator's way through the open module: by its buttons, in the main window, and notes how long each step
kept the window waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer
import vtk
from panel_tools import wait_until
from pauses import Pauses, scene_work_apart
from standin.helpers import process_events, screenshot
from standin.loader import openModule

from livercad.core.phases import Phase
from LiverCADLib.scene.layouts import OWN, viewName
from LiverCADLib.scene.placing import Way

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"
ANALYSIS_S = 500.0
"""The longest that anything may take, on a computer that is busy with other things too."""


class Annotator:
    """Somebody in front of the main window, with the module open.

    Parameters
    ----------
    size : tuple of int
        Of the window, in pixels.

    Attributes
    ----------
    pauses : dict of str to Pauses
        How long each step so far has kept the window waiting.
    """

    def __init__(self, size: tuple[int, int] = (1600, 1000)) -> None:
        self.window, self.layouts = slicer.util.mainWindow(), slicer.app.layoutManager()
        self.window.setCentralWidget(self.layouts.viewport())
        self._layout = self.layouts.layout
        self.opened = openModule(MODULE, enter=False)
        self.module = self.opened.panel.module
        self.work = self.module.workspace
        self.pauses: dict[str, Pauses] = {}
        self.window.resize(*size)
        self.window.show()
        slicer.util.selectModule("LiverCAD")
        process_events()

    def close(self) -> None:
        """Leave the module and put the window away."""
        self.opened.close()
        self.window._show_panel(None)
        self.layouts.setLayout(self._layout)
        self.window.hide()

    def step(self, name: str, act: Callable[[], Any]) -> None:
        """Do something and wait until all that follows from it has ended."""
        with scene_work_apart() as pauses:
            act()
            self.settle()
            self.pauses[name] = pauses()

    def settle(self) -> None:
        """Wait until no job is at work, and none follows."""
        session, quiet = self.work.session, time.monotonic()
        while time.monotonic() - quiet < 0.3:
            wait_until(lambda: not (session.runner.isBusy or session.background.isBusy), ANALYSIS_S)
            process_events()
            time.sleep(0.002)
            if session.runner.isBusy or session.background.isBusy:
                quiet = time.monotonic()

    def connect(self, address: str, token: str = "") -> None:
        """Enter the server's address and press the button."""
        self.module.serverPanel.addressEdit.text, self.module.serverPanel.tokenEdit.text = address, token
        self.module.serverPanel.connectButton.click()

    def show_sections(self, *titles: str) -> None:
        """Open these sections and no others."""
        for title, section in self.module.sections.items():
            section.collapsed = title not in titles
        process_events()

    def select(self, *numbers: int) -> None:
        """Click on lesions in the table, with Ctrl where they are several."""
        table = self.module.lesionsPanel.table
        table.widget.clearSelection()
        flags = qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows
        for number in numbers:
            index = table.widget.model().index(table.shown.index(number), 0)
            table.widget.selectionModel().setCurrentIndex(index, flags)

    def set_type(self, title: str) -> None:
        """Choose a type by its words and set it."""
        box = self.module.lesionsPanel.typeBox
        box.setCurrentIndex(box.findText(title))
        self.module.lesionsPanel.typeButton.click()

    def add_by_circle(self, center: Any, diameter_mm: float) -> None:
        """Press "By a circle", then click in the middle and on the border, in an axial view."""
        self.module.lesionsPanel.placeButtons[Way.CIRCLE].click()
        border = np.add(center, (diameter_mm / 2, 0, 0))
        place = slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID()
        node = slicer.mrmlScene.GetNodeByID(place)
        for point in (center, border):
            node.AddControlPointWorld(*map(float, point))

    def paint(self, number: int, center: Any, radius_mm: float, is_erased: bool = False) -> None:
        """Paint or erase a ball in a lesion's segment, as the Segment Editor's brush does."""
        segmentation = self.work.workbench.segmentation
        id_, reference = segmentation.lesionIds[number], segmentation.reference
        voxels = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation.node, id_, reference)
        to_ras = slicer.util.arrayFromVTKMatrix(_ijk_to_ras(reference))
        k, j, i = np.indices(voxels.shape, sparse=True)
        ras = [to_ras[row, 0] * i + to_ras[row, 1] * j + to_ras[row, 2] * k + to_ras[row, 3] for row in range(3)]
        ball = sum((part - at) ** 2 for part, at in zip(ras, center, strict=True)) < radius_mm**2
        voxels = np.where(ball, 0 if is_erased else 1, voxels).astype(np.uint8)
        slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, segmentation.node, id_, reference)
        wait_until(lambda: self.work.workbench.lesions.measured(number) is not None and not self._is_late(number))

    def _is_late(self, number: int) -> bool:
        segmentation = self.work.workbench.segmentation
        mask, measured = segmentation.lesion(number), self.work.workbench.lesions.measured(number)
        return (mask.fingerprint if mask else None) != measured.fingerprint

    def where_views_are(self) -> dict[str, tuple[float, ...]]:
        """Where the middle of each slice view that is shown lies, RAS mm."""
        names = [*(viewName(phase) for phase in Phase), "Red", *OWN]
        shown = {name: self.layouts.sliceWidget(name) for name in names}
        return {
            name: tuple(widget.mrmlSliceNode().GetSliceToRAS().GetElement(row, 3) for row in range(3))
            for name, widget in shown.items()
            if widget is not None and widget.visible
        }

    def table(self) -> list[list[str]]:
        """What the table of lesions says, row by row."""
        widget = self.module.lesionsPanel.table.widget
        return [[widget.item(row, n).text() for n in range(widget.columnCount)] for row in range(widget.rowCount)]

    def state(self) -> dict[str, Any]:
        """Everything of the case that an annotator sees or has said; voxels by their fingerprints."""
        bench, parameters = self.work.workbench, self.work.caseScene.parameters
        records = {number: bench.lesions.records[number] for number in bench.lesions.numbers}
        masks = bench.segmentation.lesions()
        return {
            "case": (parameters.case, parameters.state, parameters.comment),
            "phases": {phase: self.work.caseScene.imageOf(node) for phase, node in self.work.phases.volumes().items()},
            "reference": self.work.caseScene.imageOf(self.work.caseScene.reference),
            "lesions": {
                number: (each.origin, each.verdict, each.type, each.label, each.comment, each.found)
                for number, each in records.items()
            },
            "voxels": {number: mask.fingerprint for number, mask in masks.items()},
            "shown": {number: self._isShown(id_) for number, id_ in bench.segmentation.lesionIds.items()},
            "liver": bench.segmentation.liver.fingerprint,
            "table": self.table(),
        }

    def _isShown(self, segment_id: str) -> bool:
        return self.work.workbench.segmentation.node.GetDisplayNode().GetSegmentVisibility(segment_id)

    def picture(self, path: Path, widget: Any = None) -> Path:
        """Save what the window, or a part of it, looks like."""
        return screenshot(widget if widget is not None else self.window, path)


def _ijk_to_ras(volume: Any) -> Any:
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix
