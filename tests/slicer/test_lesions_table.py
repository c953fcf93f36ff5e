"""The rows of the table of lesions: words, order, and what the score slider hides."""

from dataclasses import replace

import pytest
from case_lesions import bench_with_lesions, empty_bench, filled
from test_lesions_list import at, paint

from livercad.core.annotation import Verdict
from livercad.core.taxonomy import CLASS_OF, LesionClass, LesionType
from LiverCADLib.classWords import CLASS_WORDS, TYPE_WORDS
from LiverCADLib.scene.lesionTable import CHOICES, Column, tableOf


def cells(bench, column, **how):
    return [row.texts[column] for row in tableOf(bench.lesions, **how).rows]


def numbers(bench, **how):
    return [row.number for row in tableOf(bench.lesions, **how).rows]


def test_every_type_and_class_has_a_word_and_can_be_chosen():
    assert set(TYPE_WORDS) == set(LesionType) and set(CLASS_WORDS) == set(LesionClass)
    assert len(CHOICES) == 10 and set(CLASS_OF) <= set(CHOICES)


def test_a_row_says_what_is_known_of_a_lesion():
    bench = bench_with_lesions("straight")
    row = tableOf(bench.lesions).rows[0]
    assert row.texts[Column.NUMBER] == "1" and row.texts[Column.SCORE] == "0.90"
    assert row.texts[Column.TYPE] == "HCC 80%" and row.texts[Column.VERDICT] == "open"
    # A block of 9 × 7.2 mm, measured between the middles of its outer voxel faces.
    assert row.texts[Column.SIZE].startswith("11 × ")
    assert row.texts[Column.VOLUME] == f"{10 * 8 * 5 * 0.9 * 0.9 * 2.5 / 1000:.2f}"
    assert row.texts[Column.LOCATION] == "right part, middle third, S 827"
    assert "slice 6" in row.tips[Column.LOCATION] and "no segment" in row.tips[Column.LOCATION]
    assert row.color == pytest.approx([255 / 255, 65 / 255, 54 / 255])


def test_an_annotators_type_stands_before_the_classifiers():
    bench = bench_with_lesions()
    bench.editor.setType([1], LesionType.FNH)
    row = tableOf(bench.lesions).rows[0]
    assert row.texts[Column.TYPE] == "FNH (yours)" and "HCC 80%" in row.tips[Column.TYPE]
    assert row.color == pytest.approx([46 / 255, 204 / 255, 64 / 255])


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (Column.NUMBER, [1, 2, 3]),
        (Column.SIZE, [3, 2, 1]),
        (Column.VOLUME, [3, 2, 1]),
        (Column.TYPE, [2, 1, 3]),
        (Column.SCORE, [3, 2, 1]),
        (Column.VERDICT, [2, 1, 3]),
    ],
)
def test_rows_are_sorted_by_any_column_in_both_directions(column, wanted):
    bench = bench_with_lesions()
    bench.editor.setVerdict([1], Verdict.ACCEPTED)
    bench.editor.setVerdict([3], Verdict.REJECTED)
    assert numbers(bench, column=column) == wanted
    assert numbers(bench, column=column, isDescending=True) == wanted[::-1]


def test_every_column_can_be_sorted_by_and_loses_no_row():
    bench = bench_with_lesions()
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    for column in Column:
        for is_descending in (False, True):
            assert sorted(numbers(bench, column=column, isDescending=is_descending)) == [1, 2, 3, 4, 5]


def test_sizes_are_sorted_as_numbers_and_lesions_without_one_come_last():
    bench = bench_with_lesions()
    bench.editor.addMark(at(bench, 8, 25, 8), 5.0)
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    up, down = numbers(bench, column=Column.SIZE), numbers(bench, column=Column.SIZE, isDescending=True)
    sizes = [bench.lesions.measured(number).longest.length_mm for number in up[:-1]]
    assert sizes == sorted(sizes) and up[-1] == down[-1] == 5


def test_the_slider_hides_by_score_and_says_how_many_it_hides():
    bench = bench_with_lesions()
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    table = tableOf(bench.lesions, minimumScore=0.61)
    assert [row.number for row in table.rows] == [1, 4] and table.hidden == 2
    assert table.summary == "4 lesions; 2 hidden by the score, still kept and submitted"
    assert bench.lesions.numbers == [1, 2, 3, 4] and len(bench.segmentation.lesions()) == 4
    assert tableOf(bench.lesions).summary == "4 lesions"


def test_the_score_shown_is_the_score_filtered_by():
    bench = bench_with_lesions()
    assert numbers(bench, minimumScore=0.6) == [1, 2]


def test_warnings_tell_what_to_look_at():
    bench = bench_with_lesions()
    assert cells(bench, Column.WARNING)[1] == "is smaller than 10 mm; looks like cyst to the classifier, but lacks x"
    paint(
        bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))) | filled((slice(30, 32), slice(6, 9), slice(4, 6)))
    )
    assert cells(bench, Column.WARNING)[0] == "was corrected since it was described; has 2 separate pieces"
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    assert cells(bench, Column.WARNING)[3] == "is not outlined, a ball stands for it"
    bench.segmentation.setLesion(3, None)
    bench.lesions.follow()
    assert "has no voxels" in cells(bench, Column.WARNING)[2]


def test_an_unsure_class_is_marked_and_its_reason_is_the_warning():
    bench = bench_with_lesions()
    record = bench.lesions.records[1]
    unsure = replace(record.found.classification, is_unsure=True, reason="Two classes are close.")
    bench.lesions.update({1: replace(record, found=replace(record.found, classification=unsure))})
    row = tableOf(bench.lesions).rows[0]
    assert row.texts[Column.TYPE] == "HCC 80% ?" and row.texts[Column.WARNING] == "Two classes are close"
    assert row.color == pytest.approx([255 / 255, 214 / 255, 10 / 255])
    bench.editor.setType([1], LesionType.HCC)
    assert tableOf(bench.lesions).rows[0].texts[Column.WARNING] == "", "the annotator is sure"


def test_no_lesions_are_an_empty_table():
    assert tableOf(empty_bench().lesions).summary == "0 lesions"
