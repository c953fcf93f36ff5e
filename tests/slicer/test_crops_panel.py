"""The section with the crops: every button, what it shows, and what it asks of the server."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import qt
from crop_scene import HU, SERVER, SPOTS, found
from pauses import LONGEST_S, longest_pause
from standin.dialogs import dialogs
from standin.helpers import process_events

from livercad.core.annotation import Verdict
from livercad.core.crops import PIXELS, PLANES, side_mm
from livercad.core.phases import ENHANCED_WINDOW, UNENHANCED_WINDOW, Phase, Window
from LiverCADLib.clientErrors import ClientError, NotThereError
from LiverCADLib.panels.cropsPanel import CropsPanel
from LiverCADLib.panels.drawing import curvePixmap, pixmapOf
from LiverCADLib.panels.phaseView import SIZE
from LiverCADLib.polling import Poller
from LiverCADLib.scene.contactSheet import acceptedIn


class Server:
    """Tells what its classifier saw."""

    address = SERVER

    def __init__(self):
        self.asked, self.error, self.hold = [], None, threading.Event()
        self.lesions = {number: found(number) for number in SPOTS}
        self.hold.set()

    def views(self, case, number, task):
        self.asked.append((case, number))
        while not self.hold.wait(0.01):
            task.check()
        if self.error:
            raise self.error
        if number not in self.lesions:
            raise NotThereError("There is no such lesion.")
        saliency = np.zeros((len(HU), PIXELS, PIXELS), np.float32)
        saliency[:, 20:28, 20:28] = 1.0
        what = self.lesions[number]
        return {
            "phases": np.array([str(phase) for phase in HU]),
            "crops": np.zeros((len(HU), PLANES, PIXELS, PIXELS), np.float32),
            "saliency": saliency,
            "side_mm": np.array(side_mm(what.diameter_mm)),
            "center": np.array(what.center),
        }


@pytest.fixture
def server(session):
    session.client = Server()
    session.connected.emit(SimpleNamespace(address=SERVER, version="0.1.0"))
    return session.client


@pytest.fixture
def panel(crops, session):
    panel = CropsPanel(crops, session)
    panel.widget.show()
    yield panel
    dialogs.clear()
    panel.close()
    panel.widget.delete()


def shown(panel, phase):
    """What a phase's picture shows, as an array."""
    image = panel.views[phase].picture.pixmap.toImage()
    return np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    )


def wait(panel):
    panel._session.runner.wait(10)


def test_the_pictures_on_the_screen_are_the_crops_pixel_for_pixel(panel, crops):
    for phase, picture in crops.pictures().items():
        assert np.array_equal(shown(panel, phase), picture)
    label = panel.views[Phase.PORTAL].picture
    assert (label.width, label.height) == (SIZE, SIZE)
    assert label.scaledContents


def test_only_phases_of_the_case_are_shown(panel):
    assert [phase for phase, view in panel.views.items() if not view.widget.isHidden()] == list(HU)


def test_the_arrows_go_from_lesion_to_lesion_in_a_circle(panel, crops):
    panel.nextButton.click()
    assert crops.lesions.selection == 2
    assert panel.lesionLabel.text.startswith("Lesion 2: type not told, ")
    panel.nextButton.click()
    assert crops.lesions.selection == 1
    assert panel.lesionLabel.text.startswith("Lesion 1: HCC (80% by the classifier), ")
    panel.previousButton.click()
    assert crops.lesions.selection == 2


def test_the_arrows_pass_over_lesions_that_the_score_hides(panel, crops):
    weak = replace(crops.lesions.records[2].found, score=0.2)
    crops.lesions.update({2: replace(crops.lesions.records[2], found=weak)})
    crops.caseScene.parameters.minimumScore = 0.5
    panel.nextButton.click()
    assert crops.lesions.selection == 1


def test_the_slider_changes_the_square_and_the_button_takes_it_back(panel, crops):
    before = shown(panel, Phase.PORTAL)
    panel.ratioSlider.setValue(0.3)
    assert crops.ratio == 0.3
    assert panel.sideLabel.text == f"Square of {crops.sideMm:.0f} mm"
    assert not np.array_equal(shown(panel, Phase.PORTAL), before)
    panel.ratioButton.click()
    assert panel.ratioSlider.value == pytest.approx(0.6)
    assert panel.sideLabel.text.endswith("as the classifier sees it")
    assert np.array_equal(shown(panel, Phase.PORTAL), before)
    assert (panel.ratioSlider.minimum, panel.ratioSlider.maximum) == (0.1, 1.1)


def test_a_speck_is_said_to_have_the_smallest_square(panel, crops):
    crops.lesions.select(2)
    assert panel.sideLabel.text == "Square of 24 mm, the smallest that is used; as the classifier sees it"


def test_windows_are_set_by_phase_or_together_and_go_back(panel, crops):
    portal, plain = panel.views[Phase.PORTAL], panel.views[Phase.UNENHANCED]
    assert (portal.level.value, portal.width.value) == (ENHANCED_WINDOW.level_hu, ENHANCED_WINDOW.width_hu)
    before = shown(panel, Phase.PORTAL)
    portal.level.setValue(120)
    assert crops.window(Phase.PORTAL) == Window(120.0, ENHANCED_WINDOW.width_hu)
    assert shown(panel, Phase.PORTAL).mean() < before.mean()
    assert plain.level.value == UNENHANCED_WINDOW.level_hu
    panel.linkedBox.click()
    plain.width.setValue(99)
    assert portal.width.value == 99
    panel.windowsButton.click()
    assert not panel.linkedBox.checked
    assert plain.width.value == UNENHANCED_WINDOW.width_hu
    assert np.array_equal(shown(panel, Phase.PORTAL), before)


def test_the_square_in_the_views_is_switched(panel, crops):
    assert panel.regionBox.checked
    panel.regionBox.click()
    assert not crops.showsRegion


def test_saliency_is_fetched_once_and_laid_over(panel, crops, server):
    before = shown(panel, Phase.PORTAL)
    panel.saliencyBox.click()
    wait(panel)
    assert server.asked == [("case-1", 1)]
    assert panel.saliencyBox.text == "Saliency"
    differs = (shown(panel, Phase.PORTAL) != before).any(axis=-1)
    assert differs[21:27, 21:27].all()
    assert not differs[:18].any()
    panel.saliencyBox.click()
    assert np.array_equal(shown(panel, Phase.PORTAL), before)
    panel.saliencyBox.click()
    wait(panel)
    assert len(server.asked) == 1


def test_saliency_waits_without_a_frozen_window_and_is_not_asked_twice(panel, crops, server):
    server.hold.clear()
    panel.saliencyBox.click()
    assert panel.saliencyBox.text == "Saliency (being fetched)"
    panel.ratioSlider.setValue(0.4)
    crops.lesions.select(2)
    assert panel.saliencyBox.text == "Saliency (lesion not classified)"
    crops.lesions.select(1)
    server.hold.set()
    wait(panel)
    assert server.asked == [("case-1", 1)]
    assert crops.seen is not None


def test_a_server_that_cannot_tell_is_asked_again_only_by_the_user(panel, crops, server):
    server.error = ClientError("The case is not analysed.")
    panel.saliencyBox.click()
    wait(panel)
    assert panel.messageLabel.text == "The case is not analysed."
    assert panel.saliencyBox.text == "Saliency (not at hand)"
    crops.setRatio(0.5)
    wait(panel)
    assert len(server.asked) == 1
    server.error = None
    panel.saliencyBox.click()
    panel.saliencyBox.click()
    wait(panel)
    assert crops.seen is not None
    assert panel.messageLabel.text == ""


def test_a_lesion_is_found_in_the_servers_analysis_whatever_its_number_there(panel, crops, server):
    server.lesions = {1: found(2), 2: found(1)}
    panel.saliencyBox.click()
    wait(panel)
    assert server.asked == [("case-1", 1), ("case-1", 2)]
    assert crops.seen.center == pytest.approx(found(1).center)


def test_a_lesion_that_the_servers_analysis_does_not_have_shows_no_others_saliency(panel, crops, server):
    server.lesions = {2: found(2)}
    panel.saliencyBox.click()
    wait(panel)
    assert crops.seen is None
    assert "does not have this lesion" in panel.messageLabel.text


def test_without_a_server_saliency_says_what_to_do(panel):
    panel.saliencyBox.click()
    assert panel.saliencyBox.text == "Saliency (connect first)"


def test_the_curve_is_drawn_beneath_and_says_when_it_is_outdated(panel, crops):
    size = panel.curvePicture.pixmap.size()
    assert (size.width(), size.height()) == (380, 200)
    assert panel.curvePicture.toolTip == ""
    panel.widget.show()
    process_events()
    assert panel.curvePicture.height == 200, "the layout gives it its room"
    panel.widget.hide()
    crops.lesions.update({1: replace(crops.lesions.records[1], foundIn="other voxels")})
    assert "before" in panel.curvePicture.toolTip
    crops.lesions.update({1: replace(crops.lesions.records[1], found=None)})
    assert "not been measured" in panel.curveLabel.text


def test_the_curves_points_stand_where_the_layout_has_them(crops):
    curve = crops.curve()
    image = curvePixmap(curve).toImage()
    lesion = next(line for line in curve.lines if line.name == "lesion")
    for point in lesion.points:
        assert image.pixelColor(round(point.x), round(point.y)).getRgb()[:3] == (255, 214, 10)


def accept(crops, numbers):
    crops.lesions.update({n: replace(crops.lesions.records[n], verdict=Verdict.ACCEPTED) for n in numbers})


def test_the_sheet_has_the_accepted_lesions_only(panel, crops, tmp_path):
    assert not panel.sheetButton.enabled
    assert panel.sheetButton.toolTip == "No lesion is accepted yet."
    accept(crops, [1])
    dialogs.answer(str(tmp_path / "sheet"), "Save contact sheet")
    panel.sheetButton.click()
    wait(panel)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
    one = qt.QImage(str(tmp_path / "sheet.png"))
    accept(crops, [2])
    dialogs.answer(str(tmp_path / "two.png"), "Save contact sheet")
    panel.sheetButton.click()
    wait(panel)
    two = qt.QImage(str(tmp_path / "two.png"))
    assert two.height() > one.height()
    assert two.width() == one.width()


def test_the_window_never_waits_for_a_sheet_of_many_lesions(panel, crops, tmp_path, monkeypatch):
    accept(crops, [1])
    many = acceptedIn(crops.lesions) * 40
    monkeypatch.setattr("LiverCADLib.panels.cropsPanel.acceptedIn", lambda lesions: many)

    def save():
        dialogs.answer(str(tmp_path / "sheet.png"), "Save contact sheet")
        panel.sheetButton.click()

    poller = Poller(panel._session.runner)
    pause = longest_pause(save, lambda: not panel._session.runner.isBusy)
    poller.close()
    assert pause < LONGEST_S
    image = qt.QImage(str(tmp_path / "sheet.png"))
    assert image.width() * image.height() > 3_000_000 and panel.messageLabel.text == ""


def test_a_sheet_that_is_not_saved_after_all_leaves_nothing(panel, crops):
    accept(crops, [1])
    dialogs.answer("", "Save contact sheet")
    panel.sheetButton.click()
    assert not panel._session.runner.isBusy
    assert panel.sheetButton.enabled


def test_a_folder_that_cannot_be_written_to_is_told(panel, crops, tmp_path):
    accept(crops, [1])
    dialogs.answer(str(tmp_path / "no folder" / "sheet.png"), "Save contact sheet")
    panel.sheetButton.click()
    wait(panel)
    assert "could not be written" in panel.messageLabel.text
    assert not list(tmp_path.iterdir())
    assert panel.sheetButton.enabled


def test_without_a_lesion_the_section_says_so(panel, crops):
    crops.lesions.select(None)
    assert panel.lesionLabel.text == "No lesion is selected."
    assert all(view.widget.isHidden() for view in panel.views.values())
    assert panel.curveLabel.isHidden() and panel.curvePicture.isHidden()
    crops.lesions.close()
    assert panel.lesionLabel.text == "There are no lesions."
    assert not panel.nextButton.enabled


def test_a_phase_that_is_not_registered_says_so(panel, phases):
    assert panel.views[Phase.ARTERIAL].title.text == "Arterial"
    phases.forgetRegistrations()
    assert panel.views[Phase.ARTERIAL].title.text == "Arterial (as taken)"
    assert panel.views[Phase.PORTAL].title.text == "Portal venous"
    assert "not all phases are registered" in panel.sideLabel.text
    assert "as the classifier sees it" not in panel.sideLabel.text


def test_a_pixmap_has_the_arrays_pixels():
    picture = np.random.default_rng(2).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    image = pixmapOf(picture).toImage()
    assert [image.pixelColor(x, 3).getRgb()[:3] for x in range(5)] == [tuple(pixel) for pixel in picture[3].tolist()]
