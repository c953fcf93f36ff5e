"""What models say of an ultrasound case: what is asked, and how the answers are shown."""

import threading

import numpy as np
import pytest
import slicer
from panel_tools import picture
from ultrasound_panels import CIRCLES, classify, panels, preview, square, table
from ultrasound_scene import (
    CASE,
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
from LiverCADLib.panels.circleCropsPanel import PIXELS
from LiverCADLib.panels.opinionWords import QUESTION_WORDS, shortAnswer
from LiverCADLib.scene.pictureView import VIEW
from LiverCADLib.scene.pixels import laidOver

__all__ = ["panels", "server", "ultrasound"]


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
