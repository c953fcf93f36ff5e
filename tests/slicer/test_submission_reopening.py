"""Opening a case that was submitted brings everything back, and nothing that was deleted."""

from dataclasses import replace

import numpy as np
import pytest
from annotated_case import annotated_bench, reopened, table
from case_lesions import (
    BLOCKS,
    KINDS,
    LIVER,
    SHAPE,
    answer,
    bench_with_lesions,
    empty_bench,
    filled,
    grid_affine,
    instances,
    on_grid,
)
from test_lesions_list import at, everything, paint

from livercad.core.annotation import CaseState, Origin, Verdict
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.submission import AnnotatedCase, annotatedLesions


@pytest.mark.parametrize("kind", KINDS)
def test_opening_a_submitted_case_brings_everything_back(kind):
    bench = annotated_bench(kind)
    records, masks = everything(bench)
    again = reopened(bench, kind)
    assert again.scene.parameters.state is CaseState.NEEDS_REVIEW and again.scene.parameters.comment == "motion"
    assert again.scene.parameters.version == 3 and not again.scene.isUnsaved
    assert (
        again.segmentation.liver.fingerprint
        == Mask.of(
            on_grid(bench.segmentation.liver)
            | np.any([on_grid(m) for n, m in bench.segmentation.lesions().items() if n != 3], axis=0)
        ).fingerprint
    )
    back, its_masks = everything(again)
    assert its_masks == masks and table(again) == table(bench)
    assert not again.segmentation.node.GetDisplayNode().GetSegmentVisibility(again.segmentation.lesionIds[3])
    for number in (1, 2, 3, 4, 6):
        was, now = records[number], back[number]
        for kept in ("number", "origin", "verdict", "type", "label", "mergedFrom", "comment", "center", "diameterMm"):
            assert getattr(now, kept) == getattr(was, kept), (number, kept)
        assert now.isOutdated(again.lesions.measured(number)) == was.isOutdated(bench.lesions.measured(number))
        assert now.score == was.score
        assert now.isOutlined(again.lesions.measured(number)) == was.isOutlined(bench.lesions.measured(number))
    assert again.lesions.nextNumber == bench.lesions.nextNumber == 7


def test_submitting_and_opening_again_and_again_changes_nothing():
    bench = annotated_bench()
    first = bench.collect("ann")
    for _round in range(3):
        bench = reopened(bench)
    last = bench.collect("ann")
    # The ball's own centre and what floats lose in a file's last digit aside, it is the same annotation.
    assert last.annotation.to_dict()["findings"] == first.annotation.to_dict()["findings"]
    for one, other in zip(first.annotation.lesions, last.annotation.lesions, strict=True):
        assert replace(other, center=one.center, diameter_mm=one.diameter_mm) == one
        assert other.center == pytest.approx(one.center) and other.diameter_mm == pytest.approx(one.diameter_mm)
    for one, other in zip(first.maps(), last.maps(), strict=True):
        assert np.array_equal(one.array, other.array)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_survive_deleting_renaming_and_reordering_between_submissions(seed):
    chance = np.random.default_rng(seed)
    bench = annotated_bench()
    fingerprints = {number: mask.fingerprint for number, mask in bench.segmentation.lesions().items()}
    ever = set(bench.lesions.records) | {5}
    for turn in range(4):
        bench = reopened(bench)
        assert {n: m.fingerprint for n, m in bench.segmentation.lesions().items()} == fingerprints
        segmentation = bench.segmentation.node.GetSegmentation()
        order = list(segmentation.GetSegmentIDs())
        chance.shuffle(order)
        segmentation.ReorderSegments(order)
        for id_ in order:
            if chance.random() < 0.5:
                segmentation.GetSegment(id_).SetName(f"lesion {chance.integers(1, 9)}")
        gone = int(chance.choice(sorted(set(fingerprints) - {3})))  # which is rejected
        segmentation.RemoveSegment(bench.segmentation.lesionIds[gone])
        del fingerprints[gone]
        new = bench.editor.addMark(at(bench, 4 + 8 * turn, 33, 14), 5.0)
        assert new not in ever, "a number of this case is not given again"
        ever.add(new)
        fingerprints[new] = bench.segmentation.lesion(new).fingerprint
        bench.editor.setType([new], LesionType.CYST)


@pytest.mark.parametrize("kind", KINDS)
def test_rejected_lesions_come_back_whoever_drew_them_and_can_be_accepted_again(kind):
    bench = bench_with_lesions(kind)
    mark = bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    outlined = bench.editor.addMark(at(bench, 30, 8, 8), 9.0)
    paint(bench, outlined, filled((slice(28, 32), slice(6, 10), slice(6, 9))))
    paint(bench, 1, filled((slice(8, 14), slice(8, 12), slice(4, 8))))  # corrected since it was described
    no = [1, 3, mark, outlined]
    bench.editor.setVerdict(no, Verdict.REJECTED)
    masks = {number: mask.fingerprint for number, mask in bench.segmentation.lesions().items()}
    assert set(np.unique(bench.collect("ann").maps()[1].array)) == {0, 2}
    again = reopened(bench, kind)
    assert {number: mask.fingerprint for number, mask in again.segmentation.lesions().items()} == masks
    assert table(again) == table(bench)
    again.editor.setVerdict(no, Verdict.ACCEPTED)
    bench.editor.setVerdict(no, Verdict.ACCEPTED)
    for one, other in zip(again.collect("ann").maps(), bench.collect("ann").maps(), strict=True):
        assert np.array_equal(one.array, other.array)


def test_what_was_rejected_is_not_found_again_when_the_case_was_opened_again():
    bench = bench_with_lesions()
    bench.editor.setVerdict([2], Verdict.REJECTED)
    again = reopened(bench)
    assert takeAnalysis(again.lesions, answer(), keepMine=True) == []
    assert again.lesions.records[2].verdict is Verdict.REJECTED


def test_deleted_lesions_stay_deleted_when_the_case_is_opened_again():
    bench = reopened(annotated_bench())
    bench.editor.delete([2, 6])
    again = reopened(bench)
    assert again.lesions.numbers == [1, 3, 4] and table(again) == table(bench)
    assert again.lesions.nextNumber == 7, "their numbers are not given again"


def test_an_own_mark_that_the_server_knows_is_told_as_rejected_when_it_is_deleted():
    bench = annotated_bench()
    again = reopened(bench)
    again.editor.delete([6])
    assert {lesion.number: lesion.verdict for lesion in annotatedLesions(again.lesions)}[6] is Verdict.REJECTED
    assert reopened(again).lesions.nextNumber == 7


def test_a_rejected_lesion_that_came_back_without_voxels_can_be_accepted_as_a_ball():
    again = reopened(annotated_bench(), has_rejected=False)  # as of earlier versions of this module
    assert again.lesions.measured(3) is None
    again.editor.setVerdict([3], Verdict.ACCEPTED)
    told = {lesion.number: lesion for lesion in annotatedLesions(again.lesions)}[3]
    assert told.verdict is Verdict.ACCEPTED and not told.is_outlined
    assert set(np.unique(again.collect("ann").maps()[1].array)) == {0, 1, 2, 3, 4, 6}


def test_a_label_map_of_another_program_opens_with_its_lesions_the_largest_first():
    again = empty_bench()
    label = Volume(np.where(instances() > 0, 2, filled(LIVER)).astype(np.uint8), grid_affine("oblique"))
    again.restore(AnnotatedCase.fromMaps(None, again.segmentation.grid, label, None, 1))
    assert {n: m.fingerprint for n, m in again.segmentation.lesions().items()} == {
        n: Mask.of(filled(block)).fingerprint for n, block in BLOCKS.items()
    }
    assert again.lesions.records[1].origin is Origin.ANNOTATOR and again.scene.parameters.version == 1


def test_a_map_on_another_grid_is_refused_and_the_scene_stays_as_it_is():
    bench = bench_with_lesions()
    with pytest.raises(ValueError, match="another grid"):
        AnnotatedCase.fromMaps(None, bench.segmentation.grid, Volume(np.zeros(SHAPE), grid_affine("straight")), None)
    assert bench.lesions.numbers == [1, 2, 3]
