"""What is submitted of a case, that opening it again brings everything back, and folders and findings on the disk."""

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from case_lesions import (
    BLOCKS,
    KINDS,
    LIVER,
    SHAPE,
    answer,
    bench_with_lesions,
    empty_bench,
    filled,
    found,
    grid_affine,
    instances,
    on_grid,
)
from test_lesions_list import at, everything, paint

from livercad.core.annotation import Annotation, CaseState, Origin, Verdict
from livercad.core.findings import Findings
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume, grid_difference
from LiverCADLib.imageFiles import readVolume, writeVolume
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.caseFolder import (
    CaseFolderError,
    findingsOf,
    readCase,
    readFindings,
    writeCase,
    writeFindings,
)
from LiverCADLib.scene.lesionTable import tableOf
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.submission import AnnotatedCase, SubmissionError, annotatedLesions, concerns


def annotated_bench(kind="oblique"):
    """A case with everything that an annotator can do to it."""
    bench = bench_with_lesions(kind)
    paint(
        bench,
        1,
        bench.segmentation.grid.toScene(Volume(filled((slice(8, 14), slice(8, 12), slice(4, 8))), grid_affine(kind))),
    )
    bench.editor.setType([1], LesionType.CHOLANGIOCARCINOMA)
    bench.editor.setVerdict([1], Verdict.ACCEPTED)
    bench.editor.setVerdict([3], Verdict.REJECTED)
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.setType([4], LesionClass.OTHER_BENIGN)
    bench.editor.addMark(at(bench, 30, 8, 8), 9.0)
    bench.editor.merge([4, 5])
    bench.editor.addMark(at(bench, 33, 31, 12), 9.0)
    bench.editor.setComment(6, "only in the delayed phase")
    bench.scene.parameters.state = CaseState.NEEDS_REVIEW
    bench.scene.parameters.comment = "motion"
    return bench


def reopened(bench, kind="oblique", version=3, has_rejected=True):
    """Send the case through files, as a server keeps it, and open it in a fresh scene."""
    case = bench.collect("ann")
    annotation = Annotation.from_dict(json.loads(json.dumps(case.annotation.to_dict())))
    rejected = case.rejectedMap() if has_rejected else None
    again = empty_bench(kind)
    again.restore(AnnotatedCase.fromMaps(annotation, again.segmentation.grid, *case.maps(), version, rejected))
    return again


def table(bench):
    """What the table says of the lesions."""
    return [row.texts for row in tableOf(bench.lesions).rows]


@pytest.mark.parametrize("kind", KINDS)
def test_maps_lie_on_the_images_own_grid_with_the_lesions_numbers(kind, tmp_path):
    label, numbers = bench_with_lesions(kind).collect("ann").maps()
    for volume, wanted in ((label, np.where(instances() > 0, 2, filled(LIVER))), (numbers, instances())):
        writeVolume(volume, tmp_path / "map.nii.gz")
        back = readVolume(tmp_path / "map.nii.gz")
        assert np.array_equal(back.array, wanted) and back.array.dtype == volume.array.dtype
        assert not grid_difference(back, Volume(np.zeros(SHAPE), grid_affine(kind)))
    assert label.array.dtype == np.uint8 and numbers.array.dtype == np.uint16


@pytest.mark.parametrize("kind", KINDS)
def test_files_lie_in_the_patient_where_itk_says(kind, tmp_path):
    writeVolume(bench_with_lesions(kind).collect("ann").maps()[1], tmp_path / "map.nii.gz")
    image = sitk.ReadImage(str(tmp_path / "map.nii.gz"))
    for number, block in BLOCKS.items():
        first = [part.start for part in block]
        lps = np.array(image.TransformIndexToPhysicalPoint(first))
        ras = (grid_affine(kind) @ [*first, 1])[:3]
        assert np.allclose(lps * [-1, -1, 1], ras, atol=1e-3)
        assert image[first] == number


def test_the_annotation_says_what_was_done():
    bench = annotated_bench()
    annotation = bench.collect("ann").annotation
    told = {lesion.number: lesion for lesion in annotation.lesions}
    assert list(told) == [1, 2, 3, 4, 6]
    assert (annotation.case, annotation.annotator, annotation.comment) == ("case-1", "ann", "motion")
    assert annotation.state is CaseState.NEEDS_REVIEW and annotation.findings == found()
    assert annotation.client.startswith("SlicerLiverCAD ")
    assert told[1].found is None, "corrected, so what was measured is no longer true"
    assert told[1].type is LesionType.CHOLANGIOCARCINOMA and told[1].verdict is Verdict.ACCEPTED
    assert told[1].diameter_mm == bench.lesions.measured(1).longest.length_mm
    assert told[2].found == found().lesions[1] and told[2].verdict is Verdict.OPEN
    assert told[3].verdict is Verdict.REJECTED
    assert told[4].merged_from == (5,) and told[4].is_outlined
    assert not told[6].is_outlined and told[6].diameter_mm == 9.0 and told[6].comment == "only in the delayed phase"
    assert told[6].center == pytest.approx(at(bench, 33, 31, 12)) and told[6].origin is Origin.ANNOTATOR


def test_the_numbers_of_the_map_are_those_of_the_lesions_that_are_not_rejected():
    case = annotated_bench().collect("ann")
    label, numbers = case.maps()
    wanted = {lesion.number for lesion in case.annotation.lesions if lesion.verdict is not Verdict.REJECTED}
    assert set(np.unique(numbers.array)) == {0, *wanted} == {0, 1, 2, 4, 6}
    assert np.array_equal(label.array == 2, numbers.array > 0)


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


def test_a_deleted_finding_is_told_as_rejected_and_an_own_mark_that_nobody_saw_not_at_all():
    bench = bench_with_lesions()
    number = bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.delete([2, number])
    told = {lesion.number: lesion.verdict for lesion in annotatedLesions(bench.lesions)}
    assert told == {1: Verdict.OPEN, 2: Verdict.REJECTED, 3: Verdict.OPEN}


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


def test_a_lesion_whose_voxels_were_all_erased_is_none():
    bench = bench_with_lesions()
    bench.segmentation.setLesion(2, None)
    bench.lesions.follow()
    case = bench.collect("ann")
    assert {lesion.number: lesion.verdict for lesion in case.annotation.lesions}[2] is Verdict.REJECTED
    assert set(np.unique(case.maps()[1].array)) == {0, 1, 3}
    assert "Without voxels, so taken for none: lesions 2." in concerns(bench.lesions, CaseState.IN_PROGRESS)


def test_an_empty_segment_that_was_just_added_does_not_keep_from_submitting():
    bench = bench_with_lesions()
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    assert [lesion.number for lesion in bench.collect("ann").annotation.lesions] == [1, 2, 3]


def test_lesions_that_cover_another_wholly_are_told_and_not_sent():
    bench = bench_with_lesions()
    paint(bench, 3, filled(BLOCKS[1]))
    with pytest.raises(SubmissionError, match="wholly in others"):
        bench.collect("ann").maps()


def test_a_complete_case_with_open_lesions_is_a_concern_and_no_obstacle():
    bench = bench_with_lesions()
    assert concerns(bench.lesions, CaseState.IN_PROGRESS) == []
    assert concerns(bench.lesions, CaseState.COMPLETE) == ["Neither accepted nor rejected yet: lesions 1, 2, 3."]
    bench.editor.setVerdict([1, 2, 3], Verdict.ACCEPTED)
    assert concerns(bench.lesions, CaseState.COMPLETE) == []
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.liverId)
    assert concerns(bench.lesions, CaseState.COMPLETE) == ["There is no liver."]


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_goes_into_a_folder_and_comes_out_of_it(kind, tmp_path):
    bench = annotated_bench(kind)
    case = bench.collect("ann")
    writeCase(tmp_path / "case-1", case)
    assert sorted(file.name for file in (tmp_path / "case-1").iterdir()) == [
        "annotation.json",
        "instances.nii.gz",
        "label.nii.gz",
        "rejected.nii.gz",
    ]
    again = readCase(tmp_path / "case-1", bench.segmentation.grid)
    assert again.annotation == case.annotation
    for back, was in ((again.lesions, case.lesions), (again.rejected, case.rejected)):
        assert {n: m.fingerprint for n, m in back.items()} == {n: m.fingerprint for n, m in was.items()}


def test_a_folder_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    case = bench_with_lesions().collect("ann")

    def breaks(*arguments, **named):
        raise OSError("disk full")

    monkeypatch.setattr("LiverCADLib.scene.caseFolder.writeJson", breaks)
    with pytest.raises(CaseFolderError, match="case-1 could not be written, and is NOT saved: disk full"):
        writeCase(tmp_path / "case-1", case)
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_a_folder_is_overwritten(tmp_path):
    case = bench_with_lesions().collect("ann")
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(CaseFolderError, match="not empty"):
        writeCase(tmp_path, case)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    writeCase(tmp_path / "empty", case)
    assert len(list((tmp_path / "empty").iterdir())) == 3


@pytest.mark.parametrize("missing", ["annotation.json", "label.nii.gz", "instances.nii.gz"])
def test_a_damaged_folder_is_told_in_words(tmp_path, missing):
    bench = bench_with_lesions()
    writeCase(tmp_path / "case-1", bench.collect("ann"))
    (tmp_path / "case-1" / missing).write_text("no")
    with pytest.raises(CaseFolderError, match="case-1 cannot be opened"):
        readCase(tmp_path / "case-1", bench.segmentation.grid)
    (tmp_path / "case-1" / missing).unlink()
    with pytest.raises(CaseFolderError, match="case-1 cannot be opened"):
        readCase(tmp_path / "case-1", bench.segmentation.grid)


def test_findings_come_in_with_the_masks_beside_them(tmp_path):
    bench = empty_bench("flipped")
    affine = grid_affine("flipped")
    writeVolume(Volume(filled(LIVER).astype(np.uint8), affine), tmp_path / "liver.nii.gz")
    writeVolume(Volume(instances(), affine), tmp_path / "lesions.nii.gz")
    (tmp_path / "findings.json").write_text(json.dumps(found().to_dict()))
    takeAnalysis(bench.lesions, readFindings(tmp_path / "findings.json", bench.segmentation.grid), keepMine=False)
    label, numbers = bench.collect("ann").maps()
    assert np.array_equal(numbers.array, instances())
    assert np.array_equal(label.array > 0, filled(LIVER) | (instances() > 0))


def test_findings_alone_come_in_as_balls(tmp_path):
    bench = empty_bench()
    placed = found().lesions
    centers = [at(bench, 10, 10, 5), at(bench, 30, 10, 8), at(bench, 20, 28, 10)]
    lesions = [replace(lesion, center=center, diameter_mm=8.0) for lesion, center in zip(placed, centers, strict=True)]
    writeFindings(tmp_path / "findings.json", found(*lesions))
    takeAnalysis(bench.lesions, readFindings(tmp_path / "findings.json", bench.segmentation.grid), keepMine=False)
    assert bench.lesions.numbers == [1, 2, 3] and bench.segmentation.liver is None
    assert bench.lesions.measured(2).center == pytest.approx(centers[1], abs=1.5)


def test_what_are_no_findings_is_told_in_words(tmp_path):
    bench = bench_with_lesions()
    for content in ("no", "{}", "[]"):
        (tmp_path / "f.json").write_text(content)
        with pytest.raises(CaseFolderError, match=r"f\.json cannot be opened as findings"):
            readFindings(tmp_path / "f.json", bench.segmentation.grid)
    with pytest.raises(CaseFolderError):
        readFindings(tmp_path / "none.json", bench.segmentation.grid)


def test_findings_go_out_as_they_stand(tmp_path):
    bench = bench_with_lesions()
    bench.editor.setVerdict([3], Verdict.REJECTED)
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    writeFindings(tmp_path / "f.json", findingsOf(bench.lesions))
    back = Findings.from_dict(json.loads((tmp_path / "f.json").read_text()))
    assert [lesion.number for lesion in back.lesions] == [2] and back.liver == found().liver
    assert findingsOf(empty_bench().lesions) is None
