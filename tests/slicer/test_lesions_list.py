"""What is known of lesions, what annotators do to them, and how both follow the segments."""

from dataclasses import replace

import numpy as np
import pytest
import slicer
from case_lesions import (
    BLOCKS,
    KINDS,
    answer,
    bench_with_lesions,
    empty_bench,
    filled,
    found,
    found_lesion,
    grid_affine,
    on_grid,
)
from case_scene import reload_scene

from livercad.core.annotation import Origin, Verdict
from livercad.core.geometry import transform_points
from livercad.core.taxonomy import LesionClass, LesionType
from LiverCADLib.scene.analysis import AnalysisAnswer, takeAnalysis, takeDescriptions
from LiverCADLib.scene.masks import Mask, ball
from LiverCADLib.scene.measures import measure, placeIn


def paint(bench, number, array):
    """What the Segment Editor does."""
    node, id_ = bench.segmentation.node, bench.segmentation.lesionIds[number]
    voxels = np.ascontiguousarray(array.transpose(), dtype=np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, node, id_, bench.scene.reference)


def at(bench, *voxel):
    return tuple(transform_points(voxel, bench.segmentation.affine).tolist())


def told(signal):
    heard = []
    signal.connect(lambda *arguments: heard.append(arguments))
    return heard


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_measures_what_its_voxels_say(kind):
    affine = grid_affine(kind)
    measured = measure(Mask.of(filled(BLOCKS[1])), affine)
    i, j, k = np.linalg.norm(affine[:3, :3], axis=0)
    assert measured.volumeMl == pytest.approx(10 * 8 * 5 * i * j * k / 1000)
    assert measured.center == pytest.approx(transform_points((12.5, 11.5, 6), affine))
    assert measured.slice == 6 and measured.pieces == 1
    # Between middles of opposite faces of the rectangle's corner voxels.
    assert measured.longest.length_mm == pytest.approx(np.hypot(9 * i, 8 * j), abs=max(i, j))


def test_pieces_are_counted_by_corners():
    array = filled((slice(2, 4), slice(2, 4), slice(2, 4))) | filled((slice(4, 6), slice(4, 6), slice(4, 6)))
    assert measure(Mask.of(array), np.eye(4)).pieces == 1
    array |= filled((slice(10, 12), slice(2, 4), slice(2, 4)))
    assert measure(Mask.of(array), np.eye(4)).pieces == 2


def test_the_place_is_told_by_the_livers_box_in_the_patients_directions():
    box = empty_box((-10.0, 0.0, 0.0), (90.0, 50.0, 90.0))
    assert placeIn((80.0, 25.0, 80.0), box) == "right part, upper third"
    assert placeIn((0.0, 25.0, 40.0), box) == "left part, middle third"
    assert placeIn((0.0, 25.0, 0.0), box) == "left part, lower third"
    assert "outside" in placeIn((0.0, 25.0, 95.0), box)
    assert "no liver" in placeIn((0.0, 25.0, 95.0), None)


def empty_box(low, high):
    from livercad.core.geometry import Box, Frame

    return Box(low, high, Frame.RAS)


def test_what_the_server_finds_becomes_lesions_under_the_servers_numbers():
    bench = bench_with_lesions()
    assert bench.lesions.numbers == [1, 2, 3]
    record = bench.lesions.records[1]
    assert (record.origin, record.verdict, record.score) == (Origin.MODEL, Verdict.OPEN, 0.9)
    assert record.found == found().lesions[0]
    assert not record.isOutdated(bench.lesions.measured(1))
    assert record.diameterMm == bench.lesions.measured(1).longest.length_mm
    assert bench.lesions.records[2].cautions == ("looks like cyst to the classifier, but lacks x",)


def test_an_analysis_that_replaces_all_gives_new_numbers():
    bench = bench_with_lesions()
    assert takeAnalysis(bench.lesions, answer(), keepMine=False) == [4, 5, 6]
    assert bench.lesions.numbers == [4, 5, 6]
    assert [lesion.number for lesion in bench.lesions.findings.lesions] == [4, 5, 6]
    assert bench.lesions.records[5].found.number == 5


def test_an_analysis_that_keeps_mine_adds_only_what_touches_nothing_of_it():
    bench = bench_with_lesions()
    bench.editor.delete([2])
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    before = bench.segmentation.lesion(1).fingerprint
    assert takeAnalysis(bench.lesions, answer(), keepMine=True) == [5]
    assert bench.lesions.numbers == [1, 3, 5]
    assert bench.segmentation.lesion(1).fingerprint == before
    assert np.array_equal(on_grid(bench.segmentation.lesion(5)), filled(BLOCKS[2]))
    assert {lesion.number for lesion in bench.lesions.findings.lesions} == {1, 2, 3, 5}


def test_edits_in_the_segment_editor_are_measured_at_once():
    bench = bench_with_lesions()
    changed, edited = told(bench.lesions.changed), told(bench.lesions.edited)
    before = bench.lesions.measured(1)
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    after = bench.lesions.measured(1)
    assert after.volumeMl == pytest.approx(before.volumeMl * (4 * 4 * 2) / (10 * 8 * 5))
    assert changed and edited and bench.scene.isUnsaved
    record = bench.lesions.records[1]
    assert record.isOutdated(after)
    assert record.center == after.center and record.diameterMm == after.longest.length_mm
    assert bench.lesions.records[2] == bench.lesions.records[2]


def test_bursts_of_edits_are_followed_once():
    due = []
    bench = bench_with_lesions(later=due.append)
    for function in due:
        function()
    due.clear()
    changed = told(bench.lesions.changed)
    for size in (4, 5, 6):
        paint(bench, 1, filled((slice(8, 8 + size), slice(8, 12), slice(4, 6))))
    assert len(due) == 1 and not changed
    due.pop()()
    assert len(changed) == 1
    assert bench.segmentation.lesion(1).array.shape == (6, 4, 2)


def test_looks_and_names_are_no_edits():
    bench = bench_with_lesions()
    edited = told(bench.lesions.edited)
    segment = bench.segmentation.node.GetSegmentation().GetSegment(bench.segmentation.lesionIds[1])
    segment.SetName("the large one")
    bench.segmentation.node.GetDisplayNode().SetSegmentVisibility(bench.segmentation.lesionIds[1], False)
    bench.lesions.follow()
    assert not edited and not bench.scene.isUnsaved
    assert not bench.segmentation.node.GetDisplayNode().GetSegmentVisibility(bench.segmentation.lesionIds[1])


def test_undoing_an_edit_in_the_segment_editor_makes_the_description_right_again():
    bench = bench_with_lesions()
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    paint(bench, 1, filled(BLOCKS[1]))
    assert not bench.lesions.records[1].isOutdated(bench.lesions.measured(1))


def test_a_segment_deleted_elsewhere_is_a_deleted_lesion():
    bench = bench_with_lesions()
    bench.lesions.select(2)
    selected = told(bench.lesions.selected)
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.lesionIds[2])
    assert bench.lesions.numbers == [1, 3]
    assert bench.lesions.records[2].isDeleted
    assert selected == [(None,)] and bench.lesions.selection is None


def test_a_segment_that_comes_back_is_the_lesion_it_was():
    bench = bench_with_lesions()
    segmentation = bench.segmentation.node.GetSegmentation()
    id_ = bench.segmentation.lesionIds[2]
    kept = slicer.vtkSegment()
    kept.DeepCopy(segmentation.GetSegment(id_))
    before = bench.lesions.records[2]
    segmentation.RemoveSegment(id_)
    segmentation.AddSegment(kept, id_)
    assert bench.lesions.records[2] == before


def test_a_mark_is_a_ball_of_its_size_that_is_accepted_and_not_outlined():
    bench = bench_with_lesions()
    number = bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    assert number == 4 and bench.lesions.selection == 4
    record, measured = bench.lesions.records[4], bench.lesions.measured(4)
    assert (record.origin, record.verdict) == (Origin.ANNOTATOR, Verdict.ACCEPTED)
    assert record.center == pytest.approx(at(bench, 8, 25, 8)) and record.diameterMm == 12.0
    assert not record.isOutlined(measured) and record.score is None
    assert measured.longest.length_mm == pytest.approx(12.0, abs=1.5)


def test_a_mark_that_is_corrected_is_outlined_and_measured():
    bench = bench_with_lesions()
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    paint(bench, 4, filled((slice(6, 12), slice(24, 28), slice(7, 9))))
    record, measured = bench.lesions.records[4], bench.lesions.measured(4)
    assert record.isOutlined(measured) and record.diameterMm == measured.longest.length_mm


def test_a_mark_takes_no_voxels_from_other_lesions():
    bench = bench_with_lesions()
    before = {number: bench.segmentation.lesion(number).fingerprint for number in BLOCKS}
    bench.editor.addMark(at(bench, 18, 12, 6), 9.0)
    assert {number: bench.segmentation.lesion(number).fingerprint for number in BLOCKS} == before
    assert not (on_grid(bench.segmentation.lesion(4)) & filled(BLOCKS[1])).any()


def test_a_mark_may_lie_where_a_rejected_lesion_lies_and_is_whole():
    bench = bench_with_lesions()
    bench.editor.setVerdict([1], Verdict.REJECTED)
    number = bench.editor.addMark(at(bench, 13, 12, 6), 8.0)
    whole = ball(at(bench, 13, 12, 6), 8.0, bench.segmentation.shape, bench.segmentation.affine)
    assert bench.segmentation.lesion(number).fingerprint == whole.fingerprint
    assert np.array_equal(on_grid(bench.segmentation.lesion(1)), filled(BLOCKS[1]))


@pytest.mark.parametrize(
    ("voxel", "diameter", "sentence"),
    [((-9, 2, 2), 9.0, "in the image"), ((12, 12, 6), 3.0, "a lesion already"), ((12, 12, 6), 0.0, "size")],
)
def test_a_mark_that_cannot_be_is_refused_in_words_and_leaves_no_trace(voxel, diameter, sentence):
    bench = bench_with_lesions()
    with pytest.raises(ValueError, match=sentence):
        bench.editor.addMark(at(bench, *voxel), diameter)
    assert bench.lesions.numbers == [1, 2, 3] and bench.editor.undoText == ""


def test_deleting_and_undoing_brings_back_voxels_and_words():
    bench = bench_with_lesions()
    bench.editor.setType([2], LesionType.FNH)
    before = bench.lesions.records[2], bench.segmentation.lesion(2).fingerprint
    bench.editor.delete([2, 3])
    assert bench.lesions.numbers == [1] and list(bench.segmentation.lesionIds) == [1]
    assert bench.editor.undoText == "deleting lesions 2, 3"
    bench.editor.undo()
    assert (bench.lesions.records[2], bench.segmentation.lesion(2).fingerprint) == before
    assert bench.lesions.numbers == [1, 2, 3]


def test_merging_makes_one_lesion_of_several_under_the_lowest_number():
    bench = bench_with_lesions()
    bench.editor.addMark(at(bench, 8, 25, 8), 9.0)
    ball = on_grid(bench.segmentation.lesion(4))
    bench.editor.setType([4], LesionType.CYST)
    assert bench.editor.merge([4, 2]) == 2
    assert bench.lesions.numbers == [1, 2, 3] and 4 not in bench.lesions.records
    assert np.array_equal(on_grid(bench.segmentation.lesion(2)), filled(BLOCKS[2]) | ball)
    record = bench.lesions.records[2]
    assert record.mergedFrom == (4,) and record.origin is Origin.MODEL and record.verdict is Verdict.OPEN
    assert record.type is LesionType.CYST, "the only one of whom anybody said a type"
    assert record.isOutdated(bench.lesions.measured(2)) and bench.lesions.nextNumber == 5
    assert bench.editor.merge([1, 2]) == 1
    assert bench.lesions.records[1].mergedFrom == (2, 4)
    bench.editor.undo()
    bench.editor.undo()
    assert bench.lesions.numbers == [1, 2, 3, 4]
    assert np.array_equal(on_grid(bench.segmentation.lesion(4)), ball)


def test_merging_lesions_of_different_types_leaves_the_type_open():
    bench = bench_with_lesions()
    bench.editor.setType([1], LesionType.HCC)
    bench.editor.setType([2], LesionType.CYST)
    bench.editor.setVerdict([1, 2], Verdict.ACCEPTED)
    bench.editor.merge([1, 2])
    record = bench.lesions.records[1]
    assert record.type is None and record.label is None and record.verdict is Verdict.ACCEPTED


def test_one_lesion_cannot_be_merged():
    bench = bench_with_lesions()
    with pytest.raises(ValueError, match="two lesions"):
        bench.editor.merge([1])


def test_every_type_and_both_other_classes_can_be_told():
    bench = bench_with_lesions()
    for type_ in LesionType:
        bench.editor.setType([1, 2], type_)
        assert bench.lesions.records[1].type is type_ and bench.lesions.records[1].toAnnotation(None).label
    bench.editor.setType([1], LesionClass.OTHER_BENIGN)
    assert (bench.lesions.records[1].type, bench.lesions.records[1].label) == (None, LesionClass.OTHER_BENIGN)
    green = np.divide((46, 204, 64), 255)
    segment = bench.segmentation.node.GetSegmentation().GetSegment(bench.segmentation.lesionIds[1])
    assert np.allclose(segment.GetColor(), green, atol=1e-3)
    bench.editor.setType([1], None)
    assert bench.lesions.records[1].label is None
    assert bench.lesions.records[1].found.classification.label is LesionClass.HCC, "the classifier's word again"


def test_rejected_lesions_are_hidden_and_come_back_when_accepted():
    bench = bench_with_lesions()
    display, id_ = bench.segmentation.node.GetDisplayNode(), bench.segmentation.lesionIds[2]
    bench.editor.setVerdict([2], Verdict.REJECTED)
    assert not display.GetSegmentVisibility(id_) and bench.segmentation.lesion(2)
    bench.editor.setVerdict([2], Verdict.ACCEPTED)
    assert display.GetSegmentVisibility(id_)
    bench.editor.undo()
    assert not display.GetSegmentVisibility(id_)
    bench.editor.undo()
    assert display.GetSegmentVisibility(id_) and bench.lesions.records[2].verdict is Verdict.OPEN


def test_undoing_a_verdict_leaves_later_edits_of_the_outline():
    bench = bench_with_lesions()
    bench.editor.setVerdict([1], Verdict.ACCEPTED)
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    bench.editor.undo()
    assert bench.segmentation.lesion(1).array.shape == (4, 4, 2)


def test_what_a_server_describes_again_is_no_longer_outdated():
    bench = bench_with_lesions()
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    new = replace(found_lesion(1, LesionClass.CYST), score=0.4)
    sent = {1: bench.lesions.measured(1).fingerprint}
    assert takeDescriptions(bench.lesions, found(new, found_lesion(9)), sent) == [1]
    record = bench.lesions.records[1]
    assert record.found == new and not record.isOutdated(bench.lesions.measured(1))


def test_a_description_of_voxels_that_were_edited_meanwhile_is_outdated():
    bench = bench_with_lesions()
    sent = {1: bench.lesions.measured(1).fingerprint}
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    takeDescriptions(bench.lesions, found(found_lesion(1)), sent)
    assert bench.lesions.records[1].isOutdated(bench.lesions.measured(1))


def test_going_from_lesion_to_lesion_runs_in_a_circle_through_the_shown_ones():
    bench = bench_with_lesions()
    seen = []
    for step in (1, 1, 1, -1):
        bench.lesions.selectNext([3, 1], step)
        seen.append(bench.lesions.selection)
    assert seen == [3, 1, 3, 1]
    bench.lesions.select(None)
    bench.lesions.selectNext([3, 1], -1)
    assert bench.lesions.selection == 1
    bench.lesions.selectNext([])
    bench.lesions.select(77)
    assert bench.lesions.selection is None


def everything(bench):
    """Records and voxels; the last digits of a file's affine are not kept."""
    rounded = {
        number: replace(r, center=tuple(round(x, 6) for x in r.center), diameterMm=round(r.diameterMm, 6))
        for number, r in bench.lesions.records.items()
    }
    return rounded, {number: mask.fingerprint for number, mask in bench.segmentation.lesions().items()}


def test_everything_is_back_after_the_scene_was_saved_closed_and_loaded(tmp_path):
    bench = bench_with_lesions("flipped")
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.setType([1], LesionType.FNH)
    bench.editor.setVerdict([2], Verdict.REJECTED)
    bench.editor.setComment(1, "see MR")
    bench.editor.delete([3])
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    bench.editor.delete([5])
    segmentation = bench.segmentation.node.GetSegmentation()
    segmentation.ReorderSegments(list(segmentation.GetSegmentIDs())[::-1])
    segmentation.GetSegment(bench.segmentation.lesionIds[1]).SetName("lesion 2")
    before, closed = everything(bench), told(bench.closed)
    reload_scene(bench.scene, tmp_path)
    assert closed and everything(bench) == before
    assert bench.lesions.findings == found() and bench.lesions.nextNumber == 6
    assert not bench.segmentation.node.GetDisplayNode().GetSegmentVisibility(bench.segmentation.lesionIds[2])
    number = bench.editor.addMark(at(bench, 30, 8, 8), 6.0)
    assert number == 6


def test_closing_the_case_takes_masks_and_records_along():
    bench = bench_with_lesions()
    bench.editor.setType([1], LesionType.FNH)
    bench.scene.close()
    assert bench.segmentation is None and bench.lesions.numbers == [] and bench.editor.undoText == ""
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []
    assert bench.scene.parameters.lesions == ""


def test_the_next_case_starts_afresh():
    bench = bench_with_lesions()
    bench.scene.close()
    again = empty_bench()
    assert again.lesions.numbers == [] and again.lesions.nextNumber == 1 and again.clock.isRunning


def test_an_answer_without_a_mask_of_a_lesion_leaves_it_out():
    bench = empty_bench()
    only = AnalysisAnswer(found(), None, {2: Mask.of(filled(BLOCKS[2]))})
    assert takeAnalysis(bench.lesions, only, keepMine=False) == [2]
