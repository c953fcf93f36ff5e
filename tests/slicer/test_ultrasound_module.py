"""The whole module with an ultrasound case, over HTTP: what it asks, what it hides and shows again."""

import json
from pathlib import Path

import numpy as np
import pytest
import slicer
from fake_server import FakeServer, send
from panel_tools import picture, wait_until
from standin.dialogs import dialogs
from standin.helpers import process_events
from standin.loader import openModule
from ultrasound_scene import CASE, LESIONS, UltrasoundServer, findings_of, pixels_of, png, saliency_of

from livercad.core.circle import Circle
from livercad.core.phases import Phase
from LiverCADLib.cases import CaseImage
from LiverCADLib.client import Client
from LiverCADLib.clientErrors import OldServerError
from LiverCADLib.pictureFiles import readGrey, writeGrey
from LiverCADLib.scene.layouts import sliceNode
from LiverCADLib.scene.placing import Way
from LiverCADLib.tasks import Task

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"
ULTRASOUND = ["Ultrasound image", "Circles", "D/L previews", "Classify", "Submit circles"]
CT = ["Phases", "Segment", "Lesions", "Crop previews", "Submit", "Report", "Train"]


@pytest.fixture
def server():
    """A server that speaks HTTP and has the ultrasound case."""
    fake, images = FakeServer(), UltrasoundServer().images
    fake.routes["GET", "/livercad/cases"] = UltrasoundServer().cases()
    fake.routes["GET", f"/livercad/cases/{CASE}"] = {"case": CASE, "modality": "US", "images": images}
    for image in images:
        route = "GET", f"/livercad/cases/{CASE}/images/{image['name']}"
        fake.routes[route] = lambda handler, request: send(handler, png(pixels_of(request.path[-1])), kind="image/png")
    fake.routes["POST", f"/livercad/cases/{CASE}/circles"] = {"version": 1}
    fake.routes["POST", "/infer/yamakawa2020"] = infer
    fake.routes["GET", "/livercad/training"] = {"trainers": [], "reason": "", "job": None}
    yield fake
    fake.close()


def infer(handler, request):
    """Answer as MONAI Label does."""
    form = {field: content for field, _file, content in request.form()}
    params = json.loads(form["params"])
    circles = [Circle(tuple(each["center"]), each["diameter"]) for each in params["circles"]]
    answer = {"findings": findings_of(CASE, params.get("image_name", "image"), circles, "yamakawa2020").to_dict()}
    parts = (b'"params"\r\n\r\n' + json.dumps(answer).encode(), b'"image"; filename="a.png"\r\n\r\n')
    parts = parts[0], parts[1] + png(saliency_of(circles[0]))
    body = b"".join(b"--b\r\nContent-Disposition: form-data; name=" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    send(handler, body, kind="multipart/form-data; boundary=b")


@pytest.fixture
def module(server):
    slicer.mrmlScene.Clear(0)
    opened = openModule(MODULE)
    module = opened.panel.module
    module.serverPanel.addressEdit.text = server.address
    module.serverPanel.connectButton.click()
    settle(module)
    yield module
    opened.close()
    slicer.mrmlScene.Clear(0)


def settle(module):
    wait_until(lambda: not module.workspace.session.runner.isBusy)


def shown(module):
    return [title for title, section in module.sections.items() if not section.isHidden()]


def open_case(module):
    module.casePanel.openCase(CASE)
    settle(module)


def test_sections_for_ct_are_hidden_while_an_ultrasound_case_is_open(module):
    module.widget.show()
    assert shown(module) == ["Server", "Case", *CT, "Ultrasound image", "Keys"]
    table = module.casePanel.table.widget
    assert [table.item(row, 3).text() for row in range(2)] == ["3", "3 US"]
    open_case(module)
    assert shown(module) == ["Server", "Case", *ULTRASOUND, "Keys"]
    assert module.casePanel.openLabel.text == f"Open: {CASE} (3 ultrasound images)"
    picture(module.widget, "ultrasound_module", 480)
    module.casePanel.closeButton.click()
    assert shown(module) == ["Server", "Case", *CT, "Ultrasound image", "Keys"]
    volume = slicer.util.addVolumeFromArray(np.zeros((4, 4, 4), np.int16), name="portal")
    image = CaseImage("portal", Phase.PORTAL, isReference=True)
    module.workspace.caseScene.adopt("ct", "", [image], {"portal": volume})
    assert shown(module) == ["Server", "Case", *CT, "Keys"]


def test_a_case_is_opened_classified_and_submitted_over_http(module, server):
    open_case(module)
    assert np.array_equal(module.workspace.pictures.pixels("b"), pixels_of("b"))
    module.opinionsPanel.modelBox.setCurrentIndex(1)
    module.opinionsPanel.imageButton.click()
    settle(module)
    asked = [request for request in server.received if request.path == "/infer/yamakawa2020"]
    assert [request.query["image"] for request in asked] == [CASE, CASE]
    told = dict((field, content) for field, _file, content in asked[1].form())
    circle = {"center": LESIONS[1]["center"], "diameter": LESIONS[1]["diameter"]}
    assert json.loads(told["params"]) == {"image_name": "a", "circles": [circle], "each_saliency": True}
    assert "Benign&nbsp;76%" in module.opinionsPanel.lesionLabel.text
    assert module.workspace.pictureView.saliencyNode is not None
    module.workspace.circleEditor.setClass(2, "cyst")
    module.workspace.pictures.setNote("sure")
    module._submit()
    settle(module)
    [sent] = [request for request in server.received if request.path.endswith("/circles")]
    lesions = [LESIONS[0], {**LESIONS[1], "class": "cyst"}]
    who = module.circleSubmitPanel.annotator.widget.text
    said = {"image": "a", "circles": lesions, "annotator": who, "note": "sure", "based_on": 0}
    assert json.loads(sent.body) == said and module.workspace.pictures.shown.version == 1


def test_the_list_shows_at_once_that_a_case_was_submitted(module, server):
    open_case(module)
    module.workspace.circleEditor.setClass(2, "cyst")
    server.routes["GET", "/livercad/cases"] = [{"case": CASE, "images": 3, "modality": "US", "annotator": "A. N."}]
    module._submit()
    settle(module)
    assert module.casePanel.table.widget.item(0, 2).text() == "A. N."


def broken(name):
    """The server's sentence about an image, and its answer where somebody asks for the pixels."""
    reason = f"{name}: found a picture that cannot be read (broken PNG file); expected a whole PNG. Copy it again."
    return reason, lambda handler, request: send(handler, json.dumps({"detail": reason}).encode(), 400)


def test_a_case_opens_with_the_images_that_can_be_read_and_says_why_others_cannot(module, server):
    details, pixels = ("GET", f"/livercad/cases/{CASE}"), ("GET", f"/livercad/cases/{CASE}/images/b")
    whole = server.routes[details], server.routes[pixels]
    listed, _answer = broken("d.png")
    later, server.routes[pixels] = broken("b")
    server.routes[details] = {**whole[0], "unusable": [listed]}
    open_case(module)
    assert [picture.name for picture in module.workspace.pictures.pictures] == ["a", "c"]
    label = module.picturePanel.leftOutLabel
    assert label.text == f"2 images of this case are left out.\n{listed}\n{later}"
    assert not module.casePanel.messageLabel.text
    module.workspace.circleEditor.setClass(2, "cyst")
    module._submit()
    settle(module)
    assert module.workspace.pictures.shown.version == 1 and not module.workspace.caseScene.isUnsaved
    server.routes[details], server.routes[pixels] = whole
    open_case(module)
    assert len(module.workspace.pictures.pictures) == 3 and label.isHidden()


def test_no_case_is_opened_in_part_because_the_server_is_gone_or_without_any_image(module, server):
    images = [("GET", f"/livercad/cases/{CASE}/images/{name}") for name in "abc"]
    server.routes[images[1]] = lambda handler, request: send(handler, b'{"detail": "Overloaded."}', 503)
    open_case(module)
    assert not module.workspace.caseScene.isOpen and "Overloaded." in module.casePanel.messageLabel.text
    reasons = []
    for name, route in zip("abc", images, strict=True):
        reason, server.routes[route] = broken(name)
        reasons.append(reason)
    open_case(module)
    assert module.casePanel.messageLabel.text == f"No image of {CASE} can be read. {' '.join(reasons)}"
    assert not module.workspace.caseScene.isOpen


def test_next_sample_says_that_it_chooses_among_cases_of_ct(module, server):
    server.routes["GET", "/livercad/cases"] = UltrasoundServer().cases()[1:]
    module.casePanel.refresh()
    settle(module)
    count = len(server.received)
    module.casePanel.nextButton.click()
    settle(module)
    assert "Choose one of ultrasound from the list" in module.casePanel.whyLabel.text
    assert len(server.received) == count and not module.workspace.caseScene.isOpen


def test_a_volume_after_an_ultrasound_image_is_seen_whole(main_window, module):
    main_window.resize(1000, 800)
    open_case(module)
    process_events()
    volume = slicer.util.addVolumeFromArray(np.zeros((30, 80, 90), np.int16), name="portal")
    image = CaseImage("portal", Phase.PORTAL, isReference=True)
    module.workspace.caseScene.adopt("ct", "", [image], {"portal": volume})
    process_events()

    def shown():
        return [sliceNode(name).GetFieldOfView()[:2] for name in ("Red", "Green", "Yellow")]

    asItIs = shown()
    module.workspace.sideBySide.fitAll()
    np.testing.assert_allclose(asItIs, shown())


def test_the_annotators_name_is_one_for_ct_and_ultrasound(module):
    for written, shown_too in (
        (module.submitPanel, module.circleSubmitPanel),
        (module.circleSubmitPanel, module.submitPanel),
    ):
        name = f"A. Nnotator of {type(written).__name__}"
        written.annotator.widget.text = name
        written.annotator.widget.editingFinished.emit()
        assert shown_too.annotator.widget.text == name == module.workspace.session.settings.annotator


def test_keys_go_to_the_open_case(module, monkeypatch):
    open_case(module)
    keys = {shortcut.key: shortcut.function for shortcut in module.shortcuts.shortcuts}
    keys["Ctrl+Down"]()
    assert module.workspace.pictures.selection == 2
    keys["Ctrl+Up"]()
    assert module.workspace.pictures.selection == 1
    module.workspace.circleEditor.setClass(1, "cyst")
    keys["Ctrl+Alt+Z"]()
    assert module.workspace.pictures.selected.className == "hcc"
    keys["Ctrl+Alt+Y"]()
    assert module.workspace.pictures.selected.className == "cyst"
    module.circlesPanel.placeButtons[Way.LINE].click()
    [escape] = module._placingKeys.shortcuts
    escape.function()
    assert module.circlesPanel.placing.way is None


def test_the_case_comes_back_with_the_scene(module, tmp_path):
    open_case(module)
    module.workspace.circleEditor.setClass(2, "cyst")
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path, properties={})
    slicer.mrmlScene.Clear(0)
    assert shown(module)[2:3] == ["Phases"]
    slicer.util.loadScene(path, properties={})
    assert shown(module)[2:3] == ["Ultrasound image"] and not dialogs.shown
    assert module.circlesPanel.table.item(1, 2).text() == "Cyst"
    assert module.workspace.caseScene.isUnsaved


def test_an_image_is_sent_whole_and_a_server_without_ultrasound_says_so(server, tmp_path):
    client = Client(server.address)
    writeGrey(pixels_of("mine"), tmp_path / "mine.png")
    circles = [{"center": [5.0, 6.0], "diameter": 7.0}]
    params, image, name = client.infer("yamakawa2020", "", Task(), {"circles": circles}, file=tmp_path / "mine.png")
    request = next(each for each in server.received if each.path == "/infer/yamakawa2020")
    assert "image" not in request.query
    [(_field, file, content)] = [part for part in request.form() if part[0] == "file"]
    (tmp_path / "came.png").write_bytes(content)
    assert file == "mine.png" and np.array_equal(readGrey(tmp_path / "came.png"), pixels_of("mine"))
    assert params["findings"]["modality"] == "US" and image and name == "a.png"
    with pytest.raises(OldServerError, match="older than this module"):
        client.submitCircles("other", {"image": "a", "circles": []})
