"""An annotator's way through a case, from "Next sample" to the reopened submission: the whole module in the main
window, and a real server. With networks that are fakes, and with the real ones on a patient, or on the module's own
phantom where there is none.

No step may let the GUI thread stand still longer than 50 ms for a call into the server. Beside it stands, measured
apart, what the module does in the scene with the answers; what the views take to render is not measured.
"""

import threading

import numpy as np
import pytest
import qt
import SimpleITK as sitk
import slicer
from annotator import Annotator
from pauses import LONGEST_S
from real_server import PYTHON, ROOT, RealServer, copying
from scipy import ndimage
from standin import rendering

from livercad.core.annotation import CaseState, Verdict
from livercad.core.phases import Phase
from livercad.core.taxonomy import Label, LesionClass, LesionType
from LiverCADLib.client import Client
from LiverCADLib.scene.layouts import viewName
from LiverCADLib.scene.marks import ROOM_MM
from LiverCADLib.scene.masks import mapsOf
from LiverCADLib.tasks import Task

PHANTOM = ROOT / "SlicerLiverCAD" / "Resources" / "SampleData"
PATIENT = ROOT.parent / "shared" / "data" / "ct" / "hcc009_baseline"
IMAGES = {
    "phantom": {phase: PHANTOM / f"LiverCADPhantom_{phase}.nii.gz" for phase in ("unenhanced", "arterial", "portal")},
    "patient": {
        "unenhanced": PATIENT / "ct_noncontrast.nii.gz",
        "arterial": PATIENT / "ct_arterial.nii.gz",
        "portal": PATIENT / "ct_portal.nii.gz",
    },
}
NAMELESS = {"unenhanced": "a17", "arterial": "b4", "portal": "c9"}
"""File names that tell nothing: until the server has looked at the images, it takes the first for the reference."""
NAMES = {"fakes": NAMELESS, "phantom": {phase: phase for phase in NAMELESS}, "patient": NAMELESS}
DETECTORS = {"phantom": "rescored", "patient": "components"}
"""The lesion network alone finds two specks beside the patient's tumour: lesions to reject and to delete."""
CASE = "case7"
WRITE_SYNTHETIC = """
import sys
from pathlib import Path
from fakes import synthetic_abdomen
from livercad.core.phases import Phase
from livercad.studies.nifti import write_volume
from server.abdomens import abdomen_elsewhere
for phase, name in {names!r}.items():
    make = abdomen_elsewhere if phase == "portal" else synthetic_abdomen
    write_volume(make(5, phase=Phase(phase)), Path(sys.argv[1]) / {case!r} / f"{{name}}.nii.gz")
"""
MAPS = "label", "instances", "rejected"
SERVER_STEPS = ("connect", "next", "find", "saliency", "submit", "reopen")


def server_for(kind, folder):
    """A server with one case."""
    if kind == "fakes":
        return RealServer(folder, WRITE_SYNTHETIC.format(names=NAMES[kind], case=CASE))
    images = IMAGES[kind]
    if not all(path.exists() for path in images.values()):
        pytest.skip(f"The images are not there: {next(iter(images.values())).parent}")
    files = {f"{CASE}/{NAMES[kind][phase]}.nii.gz": path for phase, path in images.items()}
    return RealServer(folder, copying(files), app=None, detector=DETECTORS[kind])


@pytest.fixture(params=("fakes", "patient" if PATIENT.is_dir() else "phantom"))
def annotator(request, tmp_path):
    """Somebody who has just opened the module; `server` of a `kind` is there, with images called `names`."""
    if rendering.why_not():
        pytest.skip(rendering.why_not())
    if not PYTHON.exists():
        pytest.skip(f"The server's environment is not there: {PYTHON}")
    server = server_for(request.param, tmp_path / "server")
    slicer.mrmlScene.Clear(0)
    annotator = Annotator()
    annotator.kind, annotator.server, annotator.names = request.param, server, NAMES[request.param]
    yield annotator
    annotator.close()
    server.close()
    slicer.mrmlScene.Clear(0)


def pixels(path):
    image = qt.QImage(str(path)).convertToFormat(qt.QImage.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def seen(annotator, number, folder):
    """Screenshots of the views and of the table with a lesion selected, as arrays."""
    annotator.show_sections("Lesions")
    annotator.select(number)
    views = annotator.picture(folder / "views.png", annotator.layouts.viewport())
    table = annotator.picture(folder / "table.png", annotator.module.lesionsPanel.table.widget)
    return pixels(views), pixels(table)


def check_marks_are_seen(annotator, number, folder):
    """Slicer's own displayable manager draws the box and the longest diameter where they belong."""
    lesions, widget = annotator.work.workbench.lesions, annotator.layouts.sliceWidget(viewName(Phase.PORTAL))
    marked = pixels(annotator.picture(folder / "marked.png", widget.sliceView()))
    lesions.select(None)
    bare = pixels(annotator.picture(folder / "bare.png", widget.sliceView()))
    lesions.select(number)
    changed = (marked != bare).any(axis=2)[::-1]  # Slicer counts rows from below
    measured = lesions.measured(number)
    start, end = np.array(measured.longest.start), np.array(measured.longest.end)
    right, front = np.diag(np.array(measured.box.size) / 2 + ROOM_MM)[:2]
    middle = np.array([*measured.box.center[:2], (start[2] + end[2]) / 2])
    sides = [middle + right, middle - right, middle + front, middle - front]
    to_view = np.linalg.inv(slicer.util.arrayFromVTKMatrix(widget.mrmlSliceNode().GetXYToRAS()))
    for place in (*sides, 0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end):
        x, y = (to_view @ [*place, 1.0])[:2].round().astype(int)
        assert changed[y - 2 : y + 3, x - 2 : x + 3].any()


def open_the_next_sample(annotator):
    module, work = annotator.module, annotator.work
    annotator.step("connect", lambda: annotator.connect(annotator.server.address, annotator.server.token))
    assert work.session.isConnected, module.serverPanel.stateLabel.text
    annotator.step("next", module.casePanel.nextButton.click)
    assert work.caseScene.case == CASE
    told = {phase.value: work.caseScene.imageOf(node) for phase, node in work.phases.volumes().items()}
    assert told == annotator.names
    annotator.step("side by side", module.phasesPanel.sideBySideBox.click)
    shown = set(annotator.where_views_are())
    assert shown == {"LiverCADUnenhanced", "LiverCADArterial", "LiverCADPortal", "Green", "Yellow"}


def find_and_look(annotator):
    """Liver and lesions, the views at one of them, its crops with saliency, registration on and off."""
    module, work = annotator.module, annotator.work
    annotator.step("find", module.segmentPanel.findButton.click)
    assert work.workbench.segmentation.liver and annotator.table(), module.segmentPanel.messageLabel.text
    number = max(work.workbench.lesions.numbers, key=lambda n: work.workbench.lesions.measured(n).volumeMl)
    annotator.step("select", lambda: annotator.select(number))
    line = work.workbench.lesions.measured(number).longest
    for place in annotator.where_views_are().values():
        assert np.allclose(place, np.add(line.start, line.end) / 2, atol=0.01)
    annotator.show_sections("Crop previews")
    annotator.step("saliency", module.cropsPanel.saliencyBox.click)
    assert set(work.crops.pictures()) == {Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL}
    assert work.crops.seen and work.crops.isAsTheNetworkSees and not work.phases.unregistered()
    arterial = work.phases.volume(Phase.ARTERIAL)
    annotator.step("registered", module.phasesPanel.registeredBox.click)
    assert arterial.GetParentTransformNode() is not None
    annotator.step("as taken", module.phasesPanel.registeredBox.click)
    assert arterial.GetParentTransformNode() is None
    return number


def correct(annotator, number):
    """One correction, another type, lesions that were missed, lesions that are none; answers where marks are put."""
    module, bench = annotator.module, annotator.work.workbench
    before = bench.lesions.measured(number)
    rest = {n: bench.segmentation.lesion(n).fingerprint for n in bench.lesions.numbers if n != number}
    annotator.step("paint", lambda: annotator.paint(number, before.longest.end, 4.0, is_erased=True))
    assert bench.lesions.measured(number).volumeMl < before.volumeMl
    assert {n: bench.segmentation.lesion(n).fingerprint for n in rest} == rest
    annotator.step("type", lambda: annotator.set_type("FNH"))
    annotator.step("accept", module.lesionsPanel.acceptButton.click)
    added = [bench.lesions.nextNumber + step for step in range(2)]
    places = dict(zip(added, healthy_places(bench), strict=True))
    for each, place in places.items():
        annotator.step("circle", lambda place=place: annotator.add_by_circle(place, 12.0))
        assert bench.lesions.records[each].diameterMm == pytest.approx(12.0, abs=3.0)
    for none in (added[1], *list(rest)[:1]):
        annotator.select(none)
        annotator.step("reject", module.lesionsPanel.rejectButton.click)
        assert bench.lesions.records[none].verdict is Verdict.REJECTED
    for gone in list(rest)[1:2]:
        annotator.select(gone)
        annotator.step("delete", module.lesionsPanel.deleteButton.click)
        assert gone not in bench.lesions.numbers
    assert bench.lesions.records[number].type is LesionType.FNH
    assert bench.lesions.records[number].label is LesionClass.OTHER_BENIGN
    return places


def healthy_places(bench):
    """Two points deep in the liver and far from lesions and each other, RAS mm."""
    segmentation = bench.segmentation
    spacing, block = np.linalg.norm(segmentation.affine[:3, :3], axis=0), segmentation.liver.block
    label, _instances = mapsOf(segmentation.shape, segmentation.liver, segmentation.lesions())
    depth = ndimage.distance_transform_edt(np.pad(label[block] == Label.LIVER, 1), spacing)[1:-1, 1:-1, 1:-1]
    places = []
    for _ in range(2):
        index = np.unravel_index(depth.argmax(), depth.shape)
        places.append((segmentation.affine @ [*np.add(index, [part.start for part in block]), 1.0])[:3])
        away = [(n - at) * step for n, at, step in zip(np.indices(depth.shape), index, spacing, strict=True)]
        depth[np.linalg.norm(away, axis=0) < 30] = 0
    return places


def check_where_maps_lie(annotator, client, number, places, folder):
    """What was submitted lies in the file of the portal image, voxel by voxel, as another library reads both."""
    image = sitk.ReadImage(str(annotator.server.studies / CASE / f"{annotator.names['portal']}.nii.gz"))
    files = [client.downloadSubmission(CASE, kind, folder / f"{kind}.nii.gz", Task()) for kind in MAPS]
    label, numbers, rejected = (sitk.ReadImage(str(file)) for file in files)
    for each in (label, numbers, rejected):
        assert each.GetSize() == image.GetSize()
        for theirs, its in zip(_corners(each), _corners(image), strict=True):
            assert theirs == pytest.approx(its, abs=0.01)
    voxels = sitk.GetArrayFromImage(numbers)
    assert np.array_equal(sitk.GetArrayFromImage(label) == Label.LESION, voxels > 0)
    no = sitk.GetArrayFromImage(rejected)
    assert not set(np.unique(no)[1:]) & set(np.unique(voxels)), "a lesion is rejected, or it is not"
    for each, place in places.items():
        middle = np.argwhere((voxels == each) | (no == each)).mean(axis=0)[::-1]
        lies = numbers.TransformContinuousIndexToPhysicalPoint(middle.tolist())
        assert np.allclose(np.multiply(lies, (-1, -1, 1)), place, atol=max(numbers.GetSpacing()))
    if annotator.kind == "fakes":  # whose lesions have one HU, and another than the liver
        assert len(np.unique(sitk.GetArrayFromImage(image)[voxels == number])) == 1


def _corners(image):
    """Where the first and the last voxel lie, and the last along each axis, LPS mm."""
    last = [n - 1 for n in image.GetSize()]
    corners = [[end if n == axis else 0 for n, end in enumerate(last)] for axis in range(3)]
    return [image.TransformIndexToPhysicalPoint(corner) for corner in ([0, 0, 0], *corners, last)]


@pytest.mark.timeout(900)
def test_a_case_from_next_sample_to_its_reopened_submission(annotator, asking_threads, tmp_path):
    module, work = annotator.module, annotator.work
    open_the_next_sample(annotator)
    number = find_and_look(annotator)
    places = correct(annotator, number)
    module.submitPanel.annotator.widget.text = "A. Nnotator"
    module.submitPanel.commentEdit.setPlainText("Seen in three phases.")
    module.submitPanel.stateBox.setCurrentIndex(1)
    before, pictures = annotator.state(), seen(annotator, number, tmp_path / "before")
    annotator.step("submit", module.submitPanel.submitButton.click)
    assert not work.caseScene.isUnsaved, module.submitPanel.messageLabel.text
    annotator.step("close", module.casePanel.closeButton.click)
    assert not work.caseScene.case and not annotator.table() and not slicer.util.getNodesByClass("vtkMRMLVolumeNode")

    annotator.step("reopen", lambda: module.casePanel.openCase(CASE))
    assert annotator.state() == before
    views, table = seen(annotator, number, tmp_path / "after")
    assert np.array_equal(views, pictures[0])
    assert np.array_equal(table, pictures[1])
    check_marks_are_seen(annotator, number, tmp_path)
    assert threading.get_ident() not in {thread for thread, *_ in asking_threads}
    waits = {name: annotator.pauses[name].waiting for name in SERVER_STEPS}
    assert max(waits.values()) < LONGEST_S, waits
    client = Client(annotator.server.address, annotator.server.token)
    assert [(case["state"], case["annotator"], case["version"]) for case in client.cases()] == [
        (CaseState.COMPLETE.value, "A. Nnotator", 1)
    ]
    check_where_maps_lie(annotator, client, number, places, tmp_path)
