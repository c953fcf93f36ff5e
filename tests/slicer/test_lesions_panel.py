"""The section "Lesions": every button, the table, the slider, placing, and describing again."""

import numpy as np
import pytest
import qt
import slicer
from case_lesions import bench_with_lesions, empty_bench, filled, found, found_lesion, on_grid
from case_scene import connected, reload_scene
from panel_tools import picture
from standin.dialogs import dialogs
from standin.helpers import process_events
from test_lesions_list import at, paint
from test_lesions_marks import click, marks
from test_segmentation_panel import LesionServer

from livercad.core.annotation import Verdict
from livercad.core.taxonomy import LesionClass, LesionType
from LiverCADLib.clientErrors import UnavailableError
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.panels.lesionsPanel import LesionsPanel
from LiverCADLib.scene.lesionTable import CHOICES, Column
from LiverCADLib.scene.placing import Way

COLUMNS = list(Column)


class DescribingServer(LesionServer):
    """Describes every lesion that is sent as a cyst; keeps what was sent."""

    def infer(self, model, case, task, params=None, label=None):
        if model != "lesion_classification":
            return super().infer(model, case, task, params, label)
        if self.error:
            raise self.error
        self.sent = readVolume(label).array
        numbers = [int(number) for number in np.unique(self.sent) if number]
        lesions = [found_lesion(number, LesionClass.CYST, 0.7) for number in numbers]
        return {"findings": found(*lesions).to_dict()}, b"{}", "boxes.json"


@pytest.fixture
def server(tmp_path):
    return DescribingServer(tmp_path)


@pytest.fixture
def bench():
    return bench_with_lesions()


@pytest.fixture
def panel(bench, session):
    panel = LesionsPanel(bench, session)
    yield panel
    panel.close()


def cell(panel, row, column):
    return panel.table.widget.item(row, COLUMNS.index(column)).text()


def select(panel, *numbers):
    """What a user does with Ctrl and the mouse."""
    table = panel.table.widget
    table.clearSelection()
    for number in numbers:
        index = table.model().index(panel.table.shown.index(number), 0)
        table.selectionModel().setCurrentIndex(index, qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows)


def sort_by(panel, column):
    panel.table.widget.horizontalHeader().sectionClicked.emit(COLUMNS.index(column))


def test_all_lesions_are_listed_with_what_is_known_of_them(panel):
    assert panel.table.shown == [1, 2, 3] and panel.summaryLabel.text == "3 lesions"
    assert [cell(panel, row, Column.TYPE) for row in range(3)] == ["HCC 80%", "Cyst 80%", "Metastasis 50%"]
    assert cell(panel, 0, Column.SCORE) == "0.90"
    headers = [panel.table.widget.horizontalHeaderItem(n).text() for n in range(len(COLUMNS))]
    assert headers == ["No.", "Type", "Size (mm)", "Verdict", "Volume (ml)", "Location", "Score", "Warning"]


def test_without_a_case_nothing_can_be_done(session):
    bench = empty_bench()
    bench.scene.close()
    panel = LesionsPanel(bench, session)
    buttons = [panel.acceptButton, panel.rejectButton, panel.openButton, panel.typeButton, panel.deleteButton]
    buttons += [panel.mergeButton, panel.undoButton, panel.describeButton, *panel.placeButtons.values()]
    assert not any(button.enabled for button in buttons) and not panel.commentEdit.enabled


def test_choosing_a_row_goes_there_and_back(panel, bench):
    select(panel, 2)
    assert bench.lesions.selection == 2 and set(marks()) == {"box", "longest", "perpendicular"}
    bench.lesions.select(3)
    assert panel.table.numbers == [3] and panel.table.current == 3
    bench.lesions.selectNext(panel.shown)
    assert panel.table.numbers == [1]


def test_a_click_on_a_header_sorts_and_another_one_turns_the_order_round(panel):
    sort_by(panel, Column.SCORE)
    assert panel.table.shown == [3, 2, 1]
    sort_by(panel, Column.SCORE)
    assert panel.table.shown == [1, 2, 3]
    sort_by(panel, Column.TYPE)
    assert panel.table.shown == [2, 1, 3]
    assert panel.table.widget.horizontalHeader().sortIndicatorSection() == COLUMNS.index(Column.TYPE)


def test_sorting_keeps_what_is_selected(panel, bench):
    select(panel, 1, 3)
    sort_by(panel, Column.SCORE)
    assert panel.table.numbers == [3, 1] and bench.lesions.selection == 3


def test_the_slider_hides_says_how_many_and_is_saved_with_the_scene(panel, bench, tmp_path):
    panel.scoreSlider.value = 0.5
    assert panel.table.shown == [1, 2]
    assert panel.summaryLabel.text == "3 lesions; 1 hidden by the score, still kept and submitted"
    assert len(bench.collect("ann").annotation.lesions) == 3
    reload_scene(bench.scene, tmp_path)
    assert panel.scoreSlider.value == pytest.approx(0.5) and panel.table.shown == [1, 2]
    panel.scoreSlider.value = 0.0
    assert panel.table.shown == [1, 2, 3]


def test_verdicts_are_given_to_all_selected_lesions(panel, bench):
    select(panel, 1, 3)
    for button, verdict in (
        (panel.acceptButton, Verdict.ACCEPTED),
        (panel.rejectButton, Verdict.REJECTED),
        (panel.openButton, Verdict.OPEN),
    ):
        button.click()
        assert [bench.lesions.records[number].verdict for number in (1, 2, 3)] == [verdict, Verdict.OPEN, verdict]
        assert panel.table.numbers == [1, 3], "they stay selected"
    select(panel, 2)
    panel.rejectButton.click()
    assert cell(panel, 1, Column.VERDICT) == "rejected"
    assert panel.table.widget.item(1, 0).font().strikeOut()


@pytest.mark.parametrize("index", range(1, 11))
def test_every_type_can_be_set(panel, bench, index):
    select(panel, 2)
    panel.typeBox.setCurrentIndex(index)
    panel.typeButton.click()
    record, choice = bench.lesions.records[2], CHOICES[index - 1]
    assert (record.type if isinstance(choice, LesionType) else record.label) is choice
    assert cell(panel, 1, Column.TYPE) == f"{panel.typeBox.currentText} (yours)"
    panel.typeBox.setCurrentIndex(0)
    panel.typeButton.click()
    assert bench.lesions.records[2].label is None


def test_lesions_are_merged_deleted_and_brought_back(panel, bench):
    select(panel, 1)
    assert not panel.mergeButton.enabled
    select(panel, 1, 3)
    panel.mergeButton.click()
    assert panel.table.shown == [1, 2] and panel.undoButton.toolTip == "Undo merging lesions 1, 3"
    assert panel.table.numbers == [1]
    select(panel, 2)
    panel.deleteButton.click()
    assert panel.table.shown == [1] and not panel.deleteButton.enabled
    panel.undoButton.click()
    panel.undoButton.click()
    assert panel.table.shown == [1, 2, 3] and not panel.undoButton.enabled


def test_a_comment_is_kept_with_the_selected_lesion(panel, bench):
    assert not panel.commentEdit.enabled
    select(panel, 2)
    panel.commentEdit.text = "see MR"
    panel.commentEdit.editingFinished.emit()
    assert bench.lesions.records[2].comment == "see MR"
    select(panel, 1)
    assert panel.commentEdit.text == ""
    select(panel, 2)
    assert panel.commentEdit.text == "see MR"


@pytest.mark.parametrize("isGone", [False, True])
def test_a_comment_stays_with_its_lesion_where_another_one_is_selected_while_it_is_written(panel, bench, isGone):
    panel.widget.show()
    panel.widget.activateWindow()
    select(panel, 2)
    panel.commentEdit.setFocus()
    process_events()
    assert panel.commentEdit.hasFocus()
    panel.commentEdit.text = "see MR"
    if isGone:
        bench.editor.delete([2])
    bench.lesions.select(1)
    assert isGone or panel.commentEdit.text == "see MR", "nobody takes it away while it is written"
    panel.commentEdit.editingFinished.emit()
    assert bench.lesions.records[1].comment == "" and panel.commentEdit.text == ""
    assert bench.lesions.records[2].comment == ("" if isGone else "see MR")
    panel.widget.hide()


@pytest.mark.parametrize("way", Way)
def test_a_lesion_is_added_by_clicks(panel, bench, way):
    panel.diameterBox.value = 8.0
    panel.placeButtons[way].click()
    assert panel.placeButtons[way].checked and panel.messageLabel.text
    points = [at(bench, 8, 25, 8), at(bench, 14, 25, 8)][: 1 if way is Way.CLICK else 2]
    click(*points)
    process_events()
    assert panel.table.shown == [1, 2, 3, 4] and panel.table.numbers == [4]
    length = float(np.linalg.norm(np.subtract(*points))) if len(points) == 2 else 0
    wanted = {Way.CLICK: 8.0, Way.LINE: length, Way.CIRCLE: 2 * length}[way]
    assert bench.lesions.records[4].diameterMm == pytest.approx(wanted)
    assert not panel.placeButtons[way].checked and not panel.messageLabel.text


def test_escape_unchecks_the_button(panel, bench):
    panel.placeButtons[Way.LINE].click()
    slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
    process_events()
    assert not panel.placeButtons[Way.LINE].checked and panel.messageLabel.text == ""


def test_placing_is_given_up_by_the_same_button_or_another_one(panel, bench):
    line, circle = panel.placeButtons[Way.LINE], panel.placeButtons[Way.CIRCLE]
    line.click()
    circle.click()
    assert not line.checked and circle.checked and panel.placing.way is Way.CIRCLE
    circle.click()
    assert not circle.checked and panel.placing.way is None
    line.click()
    bench.scene.close()
    assert panel.placing.way is None and not line.checked


def test_a_mark_outside_of_the_image_is_refused_in_words(panel, bench):
    panel.placeButtons[Way.CLICK].click()
    click(at(bench, -9, 5, 5))
    process_events()
    assert panel.messageLabel.text == "A lesion needs a size and a centre in the image."
    assert panel.table.shown == [1, 2, 3]


def test_the_table_follows_the_segment_editor(panel, bench):
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    assert cell(panel, 0, Column.VOLUME) == f"{4 * 4 * 2 * 0.9 * 0.9 * 2.5 / 1000:.2f}"
    assert "corrected since" in cell(panel, 0, Column.WARNING)
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.lesionIds[2])
    assert panel.table.shown == [1, 3]


def test_corrected_and_marked_lesions_are_described_again(panel, bench, session, server):
    assert not panel.describeButton.enabled, "no server"
    connected(session, server)
    assert not panel.describeButton.enabled, "nothing that it has not described"
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.lesions.select(None)
    assert panel.describeButton.enabled
    panel.describeButton.click()
    assert not panel.describeButton.enabled, "one at a time"
    session.runner.wait()
    assert set(np.unique(server.sent)) == {0, 1, 4}
    assert np.array_equal(server.sent == 4, on_grid(bench.segmentation.lesion(4)))
    assert panel.messageLabel.text == "2 lesions described."
    assert cell(panel, 0, Column.TYPE) == cell(panel, 3, Column.TYPE) == "Cyst 70%"
    assert not bench.lesions.records[1].isOutdated(bench.lesions.measured(1))
    assert cell(panel, 3, Column.SCORE) == "", "nobody detected it"


def test_only_selected_lesions_are_described_where_some_are(panel, bench, session, server):
    connected(session, server)
    select(panel, 2)
    panel.describeButton.click()
    session.runner.wait()
    assert set(np.unique(server.sent)) == {0, 2} and panel.messageLabel.text == "1 lesion described."


def test_no_mask_goes_to_another_computer_without_consent(panel, bench, session, server):
    server.isLocal, server.address = False, "https://liver.example.org"
    bench.scene.parameters.server, server.sent = server.address, None
    connected(session, server)
    select(panel, 2)
    dialogs.answer(qt.QMessageBox.No, "liver.example.org")
    panel.describeButton.click()
    session.runner.wait()
    assert server.sent is None and panel.describeButton.enabled
    dialogs.answer(qt.QMessageBox.Yes, "liver.example.org")
    panel.describeButton.click()
    session.runner.wait()
    assert set(np.unique(server.sent)) == {0, 2}


def test_a_refused_description_is_told(panel, bench, session, server):
    connected(session, server)
    server.error = UnavailableError("The models are not installed.", 503)
    select(panel, 2)
    panel.describeButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "The models are not installed." and panel.describeButton.enabled


def test_a_description_for_a_case_that_was_closed_is_let_go(panel, bench, session, server):
    connected(session, server)
    select(panel, 2)
    panel.describeButton.click()
    bench.scene.close()
    session.runner.wait()
    assert panel.table.shown == []


def test_what_it_looks_like(bench, session, panel):
    bench.editor.setType([2], LesionType.FNH)
    bench.editor.setVerdict([3], Verdict.REJECTED)
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    picture(panel.widget, "lesions_panel", 720)
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
