"""The sections of an ultrasound case: images, circles and previews, and what keeps one from asking and sending."""

import numpy as np
import pytest
import qt
import slicer
from panel_tools import choose, picture, wait_until
from PySide6.QtTest import QTest
from ultrasound_panels import CIRCLES, classify, panels, place, preview, square, table
from ultrasound_scene import (
    CASE,
    COLUMNS,
    ROWS,
    connect,
    pixels_of,
    server,
    ultrasound,
)

from LiverCADLib.clientErrors import UnreachableError
from LiverCADLib.panels.circleCropsPanel import RATIOS
from LiverCADLib.scene.pictureNodes import addPicture, rasOf
from LiverCADLib.scene.placing import Way

__all__ = ["panels", "server", "ultrasound"]


def assert_is(circle, center, diameter):
    assert circle.center == pytest.approx(center) and circle.diameter == pytest.approx(diameter)


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
