"""The contact sheet: what stands on it, and where."""

from dataclasses import replace

import numpy as np
import pytest
from crop_scene import HU

from livercad.core.annotation import Verdict
from livercad.core.findings import DISCLAIMER
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType
from LiverCADLib.panels.drawing import pictureOfText
from LiverCADLib.scene.contactSheet import CAPTION, PICTURE, Sheet, SheetEntry, SheetText, acceptedIn, sheetOf, typeWord
from LiverCADLib.scene.sheetPicture import enlarged, paint
from LiverCADLib.tasks import Cancelled, Task

PLAIN = np.full((48, 48, 3), 90, np.uint8)


def sheet_with(count, phases=tuple(HU)):
    entries = tuple(
        SheetEntry(n, f"Lesion {n}", "D/L 0.60", (255, 0, 0), dict.fromkeys(phases, PLAIN)) for n in range(count)
    )
    return Sheet("case-1: accepted lesions", phases, entries)


def accepted(crops, numbers):
    crops.lesions.update({n: replace(crops.lesions.records[n], verdict=Verdict.ACCEPTED) for n in numbers})
    return acceptedIn(crops.lesions)


def made(crops, records):
    windows = {phase: crops.window(phase) for phase in Phase}
    return sheetOf(Task(), "case-1", records, crops.images(), crops.ratio, windows)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
@pytest.mark.parametrize("phases", [(Phase.PORTAL,), tuple(Phase)])
def test_nothing_overlaps_and_all_lies_on_the_sheet(count, phases):
    sheet = sheet_with(count, phases)
    width, height = sheet.size
    covered = np.zeros((height, width), int)
    for index in range(count):
        x, y = sheet.place(index)
        covered[y : y + CAPTION, x : x + sheet.entryWidth] += 1
        for phase in phases:
            left = x + sheet.pictureX(phase)
            assert left + PICTURE <= width
            covered[y + CAPTION : y + CAPTION + PICTURE, left : left + PICTURE] += 1
    assert covered.max() == 1
    assert covered.sum() == count * (CAPTION * sheet.entryWidth + len(phases) * PICTURE**2)


def test_many_lesions_give_a_sheet_of_a_handy_shape():
    width, height = sheet_with(40).size
    assert 0.7 < width / height < 2.5


def test_accepted_lesions_stand_with_number_type_size_ratio_and_the_disclaimer(crops):
    sheet = made(crops, accepted(crops, [1, 2]))
    assert [entry.title for entry in sheet.entries] == [
        f"Lesion 1: HCC (80% by the classifier), {crops.lesions.records[1].diameterMm:.0f} mm",
        f"Lesion 2: type not told, {crops.lesions.records[2].diameterMm:.0f} mm",
    ]
    assert sheet.entries[0].details == f"D/L 0.60, square of {crops.sideMm:.0f} mm"
    assert "square of 24 mm" in sheet.entries[1].details
    assert sheet.phases == tuple(HU)
    assert sheet.footer == DISCLAIMER


def test_the_sheets_pictures_are_those_of_the_section(crops):
    (entry,) = made(crops, accepted(crops, [1])).entries
    for phase, picture in crops.pictures().items():
        assert np.array_equal(entry.pictures[phase], picture)


def test_open_and_rejected_lesions_are_left_out(crops):
    crops.lesions.update({2: replace(crops.lesions.records[2], verdict=Verdict.REJECTED)})
    assert [record.number for record in accepted(crops, [1])] == [1]


def test_the_annotators_word_comes_before_the_classifiers(crops):
    record = crops.lesions.records[1]
    assert typeWord(record) == "HCC (80% by the classifier)"
    assert typeWord(replace(record, label=LesionClass.OTHER_BENIGN)) == "Other benign"
    assert typeWord(replace(record, type=LesionType.FNH, label=LesionClass.OTHER_BENIGN)) == "FNH"


def test_making_a_sheet_can_be_cancelled(crops):
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        sheetOf(
            task, "case-1", accepted(crops, [1]), crops.images(), 0.6, {phase: crops.window(phase) for phase in Phase}
        )


@pytest.mark.parametrize("phases", [(), (Phase.PORTAL,), tuple(Phase)])
def test_a_sheet_is_drawn_with_its_pictures_where_they_stand(phases):
    sheet = sheet_with(3, phases)
    image = paint(Task(), sheet, [pictureOfText(text) for text in sheet.texts()])
    assert image.shape == (*sheet.size[::-1], 3)
    for index in range(3):
        x, y = sheet.place(index)
        assert tuple(image[y + 10, x + 1]) == (255, 0, 0)
        assert image[y + 4 : y + 20, x + 10 : x + 60].max() > 200, "its title"
        for phase in phases:
            left, top = x + sheet.pictureX(phase), y + CAPTION
            assert (image[top : top + PICTURE, left : left + PICTURE] == 90).all(), "words keep off"


def test_words_for_which_there_is_no_room_are_cut_off():
    long, short = (SheetText("A very long name of a case " * n, 0, 20, 200) for n in (9, 1))
    assert pictureOfText(short)[0].shape[1] < 200 and 150 < pictureOfText(long)[0].shape[1] <= 200
    picture, ascent = pictureOfText(short)
    assert 8 < ascent < len(picture) < 25 and picture.max() > 200
    assert pictureOfText(SheetText("", 0, 20, 200))[0].shape[1] == 1


def test_a_crop_is_enlarged_without_moving_it():
    ramp = np.repeat(np.repeat(np.arange(48, dtype=np.uint8)[None, :, None] * 5, 48, 0), 3, 2)
    large = enlarged(ramp, PICTURE)
    assert large.shape == (PICTURE, PICTURE, 3)
    assert np.array_equal(large[1::3, 1::3], ramp), "the middle of three is the pixel"
    assert np.abs(np.diff(large[0, 1:-1, 0].astype(int)) - 5 / 3).max() < 1
