"""The sections of an ultrasound case: every button, what it shows, and what it asks of the server."""

import threading

import numpy as np
import pytest
import qt
import slicer
from panel_tools import choose, picture, wait_until
from PySide6.QtTest import QTest
from ultrasound_scene import (
    CASE,
    COLUMNS,
    LESIONS,
    ROWS,
    Ultrasound,
    connect,
    pixels_of,
    probability,
    saliency_of,
    server,
    ultrasound,
)

from livercad.core.findings import DISCLAIMER
from livercad.core.planar_roi import planar_square
from livercad.core.saliency import overlay_of
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.ultrasound import BENIGN, MALIGNANT, MASSES, Question
from LiverCADLib.classWords import nameOf, wordOf
from LiverCADLib.clientErrors import UnreachableError
from LiverCADLib.panels.circleCropsPanel import PIXELS, RATIOS, CircleCropsPanel
from LiverCADLib.panels.circlesPanel import CirclesPanel
from LiverCADLib.panels.circleSubmitPanel import CircleSubmitPanel
from LiverCADLib.panels.opinionsPanel import OpinionsPanel
from LiverCADLib.panels.opinionWords import QUESTION_WORDS, shortAnswer
from LiverCADLib.panels.picturePanel import PicturePanel
from LiverCADLib.pictures import circleFrom
from LiverCADLib.scene.pictureNodes import addPicture, rasOf
from LiverCADLib.scene.pictureView import VIEW
from LiverCADLib.scene.pixels import laidOver
from LiverCADLib.scene.placing import Way

__all__ = ["server", "ultrasound"]

CIRCLES = [circleFrom(lesion) for lesion in LESIONS]


class Panels:
    """All sections of the open case."""

    def __init__(self, us: Ultrasound) -> None:
        self.picture = PicturePanel(us.pictures)
        self.circles = CirclesPanel(us.pictures, us.editor, us.asking)
        self.crops = CircleCropsPanel(us.pictures, us.asking)
        self.opinions = OpinionsPanel(us.pictures, us.asking, us.session)
        self.submit = CircleSubmitPanel(us.pictures, us.submitting, us.session)

    def close(self) -> None:
        for panel in vars(self).values():
            panel.close()
            panel.widget.delete()


@pytest.fixture
def panels(ultrasound):
    made = Panels(ultrasound)
    yield made
    made.close()


def table(panel):
    return [[panel.table.item(row, n).text() for n in range(4)] for row in range(panel.table.rowCount)]


def preview(panels, ratio):
    """What a preview shows, as an array."""
    wait_until(lambda: not panels.crops._due.active)
    image = panels.crops.views[ratio].pixmap.toImage()
    return np.array([[image.pixelColor(x, y).getRgb()[:3] for x in range(PIXELS)] for y in range(PIXELS)])


def square(pixels, circle, ratio):
    grey = np.rint(planar_square(pixels, circle, PIXELS, ratio=ratio)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def place(panels, ultrasound, way, *places):
    """Press a button and click on places of the image."""
    panels.circles.placeButtons[way].click()
    node_id = slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID()
    node = slicer.mrmlScene.GetNodeByID(node_id)
    for ras in rasOf(ultrasound.pictures.node, places):
        node.AddControlPointWorld(*map(float, ras))
    wait_until(lambda: panels.circles.placing.way is None)


def assert_is(circle, center, diameter):
    assert circle.center == pytest.approx(center) and circle.diameter == pytest.approx(diameter)


def classify(panels, ultrasound, model="ultrasound_lesion", are_all=False):
    panels.opinions.modelBox.setCurrentIndex(["ultrasound_lesion", "yamakawa2020", "qi2019"].index(model))
    (panels.opinions.caseButton if are_all else panels.opinions.imageButton).click()
    ultrasound.wait()


def test_the_images_are_gone_through_and_their_size_is_said(panels, ultrasound):
    assert panels.picture.sizeLabel.text == f"{COLUMNS} \u00d7 {ROWS} pixels of 0.25 \u00d7 0.25 mm"
    panels.picture.nextButton.click()
    assert ultrasound.pictures.shown.name == "b" == panels.picture.imageBox.currentText
    assert panels.picture.sizeLabel.text == f"{COLUMNS} \u00d7 {ROWS} pixels of unknown size, shown as 1 mm each"
    panels.picture.previousButton.click()
    panels.picture.previousButton.click()
    assert panels.picture.imageBox.currentText == "c" and table(panels.circles) == []
    panels.picture.imageBox.setCurrentIndex(0)
    assert ultrasound.pictures.shown.name == "a"
    ultrasound.editor.delete(2)
    assert panels.picture.imageBox.currentText == "a \u2022"


def test_lesions_of_the_table_are_listed_and_selected(panels, ultrasound):
    assert table(panels.circles) == [["1", "24 px, 6.0 mm", "HCC", ""], ["2", "12 px, 3.0 mm", "", ""]]
    panels.circles.table.selectRow(1)
    assert ultrasound.pictures.selection == 2 and panels.circles.classEdit.text == ""
    picture(panels.circles.widget, "ultrasound_circles")


def test_a_lesion_is_marked_by_its_diameter_or_from_its_centre(panels, ultrasound):
    place(panels, ultrasound, Way.LINE, (10.0, 20.0), (10.0, 50.0))
    assert_is(ultrasound.pictures.selected.circle, (10.0, 35.0), 30.0)
    place(panels, ultrasound, Way.CIRCLE, (60.0, 40.0), (63.0, 44.0))
    assert_is(ultrasound.pictures.selected.circle, (60.0, 40.0), 10.0)
    assert table(panels.circles)[2:] == [["3", "30 px, 7.5 mm", "", ""], ["4", "10 px, 2.5 mm", "", ""]]
    place(panels, ultrasound, Way.LINE, (10.0, 20.0), (10.0, 20.0))
    assert len(table(panels.circles)) == 4 and "needs a diameter" in panels.circles.messageLabel.text
    panels.circles.placeButtons[Way.LINE].click()
    panels.circles.placeButtons[Way.LINE].click()
    assert panels.circles.placing.way is None, "the second click leaves off"


def test_a_class_is_chosen_or_written_and_a_circle_deleted(panels, ultrasound):
    box = panels.circles.classBox
    names = [box.itemText(index) for index in range(box.count)]
    assert names[:3] == ["HCC", "Cyst", "Hemangioma"] and len(names) == len(set(names))
    panels.circles.table.selectRow(1)
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert ultrasound.pictures.selected.className == "cyst" and ultrasound.pictures.shown.mark(1).className == "hcc"
    panels.circles.classEdit.text = "abscess "
    panels.circles.classEdit.editingFinished.emit()
    assert ultrasound.pictures.selected.className == "abscess" and box.itemText(0) == "abscess"
    QTest.keyClicks(panels.circles.classEdit, "es")
    ultrasound.pictures.selectNext()
    assert [mark.className for mark in ultrasound.pictures.shown.marks] == ["hcc", "abscesses"]
    assert panels.circles.classEdit.text == "HCC"
    panels.circles.classEdit.editingFinished.emit()
    assert ultrasound.pictures.shown.mark(1).className == "hcc", "a table has names, people are shown words"
    for written, kept in (("fnh", "fnh"), ("hypervascular Nodule", "hypervascular_nodule"), ("HCC", "hcc")):
        panels.circles.classEdit.text = written
        panels.circles.classEdit.editingFinished.emit()
        assert ultrasound.pictures.shown.mark(1).className == kept
    ultrasound.pictures.select(2)
    panels.circles.deleteButton.click()
    assert [row[0] for row in table(panels.circles)] == ["1"]
    ultrasound.pictures.show("c")
    assert panels.circles.classEdit.text == "Normal" and not panels.circles.deleteButton.enabled
    QTest.keyClicks(panels.circles.classEdit, 150 * "y")
    assert len(panels.circles.classEdit.text) == 100, "the server takes no longer word"
    panels.circles.classEdit.text = "fatty"
    panels.circles.classEdit.editingFinished.emit()
    assert ultrasound.pictures.shown.className == "fatty" and ultrasound.pictures.shown.isChanged


def test_previews_are_the_networks_squares_and_follow_a_dragged_circle(panels, ultrasound):
    pixels = pixels_of("a")
    assert [panels.crops.captions[ratio].text for ratio in RATIOS] == [
        f"D/L {ratio}: {max(24 / ratio, 64):.0f} px" for ratio in RATIOS
    ]
    for ratio in RATIOS:
        assert np.array_equal(preview(panels, ratio), square(pixels, CIRCLES[0], ratio))
    line = ultrasound.marks.lines[1]
    line.SetNthControlPointPositionWorld(1, *rasOf(ultrasound.pictures.node, [(100.0, 75.0)])[0].tolist())
    moved = ultrasound.pictures.selected.circle
    assert moved != CIRCLES[0]
    for ratio in (0.4, 1.0):
        assert np.array_equal(preview(panels, ratio), square(pixels, moved, ratio))
    ultrasound.pictures.show("c")
    wait_until(lambda: not panels.crops._due.active)
    assert panels.crops.views[0.6].pixmap.isNull() and panels.crops.captions[0.6].text == "D/L 0.6"


def test_the_square_of_a_preview_is_drawn_where_it_is_wanted(panels, ultrasound):
    assert panels.crops.squareBox.currentText == "D/L 0.6"
    panels.crops.squareBox.setCurrentIndex(0)
    assert ultrasound.marks.square is None
    panels.crops.squareBox.setCurrentIndex(1)
    assert ultrasound.marks.square is not None and ultrasound.pictures.scene.parameters.pictureRatio == 0.2


def test_a_model_is_asked_about_the_circles_as_they_are_now(panels, ultrasound, server):
    ultrasound.editor.move(2, np.array([(80.0, 60.0), (100.0, 60.0)]))
    server.threads.clear()
    classify(panels, ultrasound, "yamakawa2020")
    now = [{"center": [40.5, 30.0], "diameter": 24.0}, {"center": [90.0, 60.0], "diameter": 20.0}]
    wish = {"each_saliency": True}
    assert server.asked == [("yamakawa2020", CASE, {"image_name": "a", "circles": [circle], **wish}) for circle in now]
    assert [row[3] for row in table(panels.circles)] == ["Benign 76%", "Benign 80%"]
    assert "<b>Lesion 1</b>" in panels.opinions.lesionLabel.text
    assert "Is it malignant? <b>Benign&nbsp;76%</b> &middot; Malignant&nbsp;24%" in panels.opinions.lesionLabel.text
    case = "<b>The case: 2 lesions together</b><br>Is it malignant? <b>Benign&nbsp;78%</b>"
    assert case in panels.opinions.caseLabel.text
    assert panels.opinions.modelLabel.text == f"By yamakawa2020 1.0. {DISCLAIMER}"
    assert threading.get_ident() not in server.threads, "nothing is asked in the GUI thread"
    picture(panels.opinions.widget, "ultrasound_opinions")


def test_all_images_are_asked_about_and_one_without_a_lesion_is_said_to_have_none(panels, ultrasound, server):
    classify(panels, ultrasound, are_all=True)
    assert [params["image_name"] for _model, _case, params in server.asked] == ["a", "a", "b", "c"]
    assert server.asked[-1][2]["circles"] == []
    mean = np.mean([probability(circle) for circle in (*CIRCLES, CIRCLES[0])])
    case = panels.opinions.caseLabel.text
    assert f"Malignant&nbsp;{mean:.0%}" in case and "3 lesions together" in case
    ultrasound.pictures.show("c")
    assert panels.opinions.warningLabel.text == "No lesion is marked on c.\nNothing to ask about on c."
    assert table(panels.circles) == [], "no answer has no row"
    assert "gives no answer" in panels.opinions.lesionLabel.text
    sentence = f"A network (ultrasound_lesion 1.0), trained on nothing. {DISCLAIMER}"
    assert panels.opinions.modelLabel.text == sentence


def test_a_model_of_whole_images_is_asked_once_an_image(panels, ultrasound, server):
    classify(panels, ultrasound, "qi2019", are_all=True)
    assert [params["image_name"] for _model, _case, params in server.asked] == ["a", "b", "c"]
    assert "The image as a whole" in panels.opinions.lesionLabel.text
    ultrasound.pictures.select(2)
    assert "The image as a whole" in panels.opinions.lesionLabel.text
    classify(panels, ultrasound, "yamakawa2020")
    assert "Lesion 2" in panels.opinions.lesionLabel.text, "answers of one model at a time"
    assert "2 lesions together" in panels.opinions.caseLabel.text


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_a_model_that_gives_no_answers_takes_none_of_another_away(panels, ultrasound, server, how, monkeypatch):
    classify(panels, ultrasound, "yamakawa2020", are_all=True)
    former, told = table(panels.circles), panels.opinions.lesionLabel.text
    panels.opinions.modelBox.setCurrentIndex(2)
    with monkeypatch.context() as patched:
        if how == "failed":
            server.error = UnreachableError("No server answers.")
        else:
            patched.setattr(server, "infer", lambda model, case, task, params: task.wait(20))
        panels.opinions.imageButton.click()
        assert panels.opinions.lesionLabel.text == told, "the former answers stay until new ones are there"
        if how == "cancelled":
            ultrasound.session.runner.jobs[0].cancel()
        ultrasound.wait()
    assert panels.opinions.messageLabel.text == ("No server answers." if how == "failed" else "Stopped.")
    assert table(panels.circles) == former and panels.opinions.lesionLabel.text == told
    assert panels.opinions.modelLabel.text.startswith("By yamakawa2020") and ultrasound.view.saliencyNode is not None
    ultrasound.pictures.show("b")
    assert "Lesion 1" in panels.opinions.lesionLabel.text
    server.error = None
    classify(panels, ultrasound, "qi2019")
    ultrasound.pictures.show("a")
    assert panels.opinions.lesionLabel.isHidden(), "answers of one model at a time"


def test_every_question_is_asked_and_answered_in_words():
    assert QUESTION_WORDS.keys() == set(Question)
    names = [*LesionType, *LesionClass, *MASSES, BENIGN, MALIGNANT]
    assert all(wordOf(name)[0].isupper() and nameOf(wordOf(name).lower()) == name for name in map(str, names))
    assert (wordOf("my own"), nameOf("My Own")) == ("my own", "My Own")


@pytest.mark.parametrize("sends_each", [False, True])
def test_a_model_of_images_and_lesions_tells_of_both(panels, ultrasound, server, sends_each):
    server.looks_at_all, server.sends_each = True, sends_each
    classify(panels, ultrasound, are_all=True)
    asked = [(params["image_name"], len(params["circles"])) for _model, _case, params in server.asked]
    for_whole_images = [] if sends_each else [("a", 0), ("b", 0)]
    assert asked == [("a", 1), ("a", 1), ("b", 1), ("c", 0), *for_whole_images], "what spoke is asked for as well"
    assert [(row[0], row[3]) for row in table(panels.circles)] == [
        ("1", "Benign 76%"),
        ("2", "Benign 88%"),
        ("image", "Mass 70%"),
    ]
    for number in (1, 2):
        ultrasound.pictures.select(number)
        lesion, image = panels.opinions.lesionLabel.text.split("<b>The image as a whole</b>")
        assert f"<b>Lesion {number}</b>" in lesion and "Malignant" in lesion and "Mass&nbsp;70%" in image
    for row, circle in ((1, CIRCLES[1]), (2, None), (0, CIRCLES[0])):
        panels.circles.table.selectRow(row)
        shown = slicer.util.arrayFromVolume(ultrasound.view.saliencyNode)[0]
        colors, _alpha = overlay_of(saliency_of(circle) / 255)
        np.testing.assert_allclose(shown[..., :3], np.rint(colors), atol=1)
        assert panels.circles.table.currentRow() == row and panels.circles.deleteButton.enabled == bool(circle)
    assert "3 lesions, 3 images together" in panels.opinions.caseLabel.text
    ultrasound.pictures.show("c")
    assert panels.opinions.lesionLabel.text.startswith("<b>The image as a whole</b>")
    assert table(panels.circles) == [["image", "", "Normal", "Mass 70%"]]
    shown = slicer.util.arrayFromVolume(ultrasound.view.saliencyNode)[0]
    np.testing.assert_allclose(shown[..., :3], np.rint(overlay_of(saliency_of(None) / 255)[0]), atol=1)


def test_the_table_marks_a_type_that_speaks_against_malignant_or_benign():
    types = {"hemangioma": 0.37, "hcc": 0.33, "metastasis": 0.3}
    for malignant, mark in ((0.63, " ?"), (0.4, "")):
        malignancy = {BENIGN: 1 - malignant, MALIGNANT: malignant}
        assert shortAnswer({Question.TYPE: types, Question.MALIGNANT: malignancy}) == f"Hemangioma 37%{mark}"
    assert shortAnswer({Question.TYPE: types}) == "Hemangioma 37%"
    assert shortAnswer({Question.MASS: {"no mass": 0.3, "mass": 0.7}, Question.MALIGNANT: malignancy}) == "Mass 70%"


def test_the_models_answers_are_seen_whole_in_a_narrow_panel(panels, ultrasound):
    classify(panels, ultrasound)
    table = panels.circles.table
    table.setFixedWidth(300)
    panels.circles.widget.show()
    slicer.app.processEvents()
    assert table.horizontalScrollBar().maximum == 0
    assert table.columnWidth(3) >= table.sizeHintForColumn(3) and table.columnWidth(1) >= table.sizeHintForColumn(1)


def test_an_answer_of_a_circle_that_was_moved_says_so_and_counts_no_more(panels, ultrasound):
    classify(panels, ultrasound)
    ultrasound.editor.move(1, np.array([(30.0, 30.0), (60.0, 30.0)]))
    assert table(panels.circles)[0][3] == "Benign 76% (as it was)"
    assert "before its circle was moved" in panels.opinions.lesionLabel.text
    assert panels.opinions.caseLabel.isHidden()


def test_what_the_model_looked_at_lies_over_image_and_previews_lesion_by_lesion(panels, ultrasound):
    layers = slicer.app.layoutManager().sliceWidget(VIEW).sliceLogic().GetSliceCompositeNode()
    assert not panels.opinions.saliencyBox.enabled and not layers.GetForegroundVolumeID()
    classify(panels, ultrasound)
    for number, circle in enumerate(CIRCLES, start=1):
        ultrasound.pictures.select(number)
        shown = slicer.util.arrayFromVolume(ultrasound.view.saliencyNode)[0]
        colors, alpha = overlay_of(saliency_of(circle) / 255)
        assert np.array_equal(shown[..., :3], np.rint(colors)) and np.array_equal(shown[..., 3], np.rint(255 * alpha))
        assert layers.GetForegroundVolumeID() == ultrasound.view.saliencyNode.GetID()
        wanted = laidOver(
            square(pixels_of("a"), circle, 0.6), planar_square(saliency_of(circle), circle, PIXELS, ratio=0.6) / 255
        )
        assert np.array_equal(preview(panels, 0.6), wanted)
    picture(panels.crops.widget, "ultrasound_crops")
    panels.opinions.saliencyBox.click()
    assert ultrasound.view.saliencyNode is None and not layers.GetForegroundVolumeID()
    assert np.array_equal(preview(panels, 0.6), square(pixels_of("a"), CIRCLES[1], 0.6))
    panels.opinions.saliencyBox.click()
    ultrasound.pictures.show("b")
    assert ultrasound.view.saliencyNode is None, "this image was not asked about"


def test_an_answer_that_comes_when_another_case_is_open_is_dropped(panels, ultrasound):
    panels.opinions.imageButton.click()
    ultrasound.open()
    ultrasound.wait()
    assert panels.opinions.lesionLabel.isHidden() and ultrasound.view.saliencyNode is None


def test_why_nothing_can_be_asked_or_submitted_is_said(panels, ultrasound, server):
    assert panels.opinions.imageButton.enabled and not panels.submit.submitButton.enabled
    assert panels.submit.reasonLabel.text == "Nothing was changed since the server has it."
    ultrasound.session.client = None
    ultrasound.session.disconnected.emit()
    assert not panels.opinions.imageButton.enabled
    other = type(server)()
    other.address = "http://127.0.0.1:9"
    connect(ultrasound.session, other)
    assert "is on http://127.0.0.1:8000" in panels.submit.reasonLabel.text and not panels.opinions.imageButton.enabled
    connect(ultrasound.session, server)
    server.error = UnreachableError("No server answers.")
    classify(panels, ultrasound)
    assert panels.opinions.messageLabel.text == "No server answers." and panels.opinions.imageButton.enabled


def test_an_image_of_the_scene_is_marked_and_sent_to_be_classified(panels, ultrasound, server, dialogs):
    node = addPicture(pixels_of("mine"), None, "mine")
    volume = slicer.util.addVolumeFromArray(np.zeros((3, 4, 5), np.uint8), name="volume")
    choose(panels.picture.selector, volume)
    panels.picture.useButton.click()
    assert "no 2-D image" in panels.picture.messageLabel.text and ultrasound.pictures.scene.case == CASE
    choose(panels.picture.selector, node)
    assert panels.picture.messageLabel.isHidden()
    panels.picture.useButton.click()
    assert ultrasound.pictures.shown.name == "mine"
    place(panels, ultrasound, Way.LINE, (10.0, 20.0), (10.0, 50.0))
    classify(panels, ultrasound)
    [(model, case, params)] = server.asked
    assert (model, case) == ("ultrasound_lesion", "") and set(params) == {"circles", "each_saliency"}
    assert np.array_equal(server.files[0], pixels_of("mine")) and "Lesion 1" in panels.opinions.lesionLabel.text
    assert not panels.submit.submitButton.enabled and "of no case on a server" in panels.submit.reasonLabel.text
    dialogs.answer(qt.QMessageBox.No, "have not been submitted")
    panels.picture.useButton.click()
    assert len(ultrasound.pictures.shown.marks) == 1


def test_another_computer_gets_nothing_without_consent(panels, ultrasound, server, dialogs):
    server.isLocal, server.address = False, "https://liver.example.org"
    ultrasound.pictures.scene.parameters.server = server.address
    connect(ultrasound.session, server)
    for button in (panels.opinions.imageButton, panels.submit.submitButton):
        ultrasound.pictures.setNote(button.text)
        dialogs.answer(qt.QMessageBox.No, "another computer")
        button.click()
        ultrasound.wait()
    assert not server.asked and not server.submitted
    dialogs.answer(qt.QMessageBox.Yes, "another computer")
    panels.opinions.imageButton.click()
    ultrasound.wait()
    assert server.asked
