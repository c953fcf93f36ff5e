"""Dialogs of the stand-in wait for nobody."""

import pytest
import qt
import slicer
from standin.dialogs import Dialogs, UnansweredDialogError


def test_a_question_gets_the_answer_that_is_meant_for_it(dialogs):
    dialogs.answer(qt.QMessageBox.No, "other")
    dialogs.answer(qt.QMessageBox.Cancel, "Discard")
    assert slicer.util.confirmOkCancelDisplay("Discard the corrections?") is False
    assert slicer.util.confirmYesNoDisplay("The other one?") is False
    assert [shown.text for shown in dialogs.shown] == ["Discard the corrections?", "The other one?"]


def test_a_question_without_an_answer_fails_at_once(dialogs):
    with pytest.raises(UnansweredDialogError, match="Sure"):
        slicer.util.confirmOkCancelDisplay("Sure?")


def test_an_answer_that_nothing_asked_for_is_a_failure():
    dialogs = Dialogs()
    dialogs.answer(True)
    with pytest.raises(AssertionError, match="not shown"):
        dialogs.check_all_answers_used()


def test_an_error_with_one_button_is_recorded_with_its_details(dialogs):
    with pytest.raises(ValueError), slicer.util.tryWithErrorDisplay("It failed."):
        raise ValueError("no liver")
    assert dialogs.shown[0].text == "It failed.\n\nno liver"
    assert "Traceback" in dialogs.shown[0].details


def test_a_file_dialog_answers_the_name_alone(dialogs):
    dialogs.answer("/studies/case.nii.gz", "Open")
    assert qt.QFileDialog.getOpenFileName(None, "Open a study", "/") == "/studies/case.nii.gz"


def test_a_dialog_of_ones_own_is_worked_in_by_the_answer(dialogs):
    dialog = qt.QDialog()
    field = qt.QLineEdit(dialog)

    def fill(shown):
        shown.findChild(qt.QLineEdit).text = "reader 1"
        return True

    dialogs.answer(fill)
    assert dialog.exec_() and field.text == "reader 1"
