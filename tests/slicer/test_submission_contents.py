"""What is submitted of a case: maps, and what was said of each lesion."""

import numpy as np
import pytest
import SimpleITK as sitk
from annotated_case import annotated_bench
from case_lesions import (
    BLOCKS,
    KINDS,
    LIVER,
    SHAPE,
    bench_with_lesions,
    filled,
    found,
    grid_affine,
    instances,
)
from test_lesions_list import at, paint

from livercad.core.annotation import CaseState, Origin, Verdict
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume, grid_difference
from LiverCADLib.imageFiles import readVolume, writeVolume
from LiverCADLib.scene.submission import SubmissionError, annotatedLesions, concerns


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


def test_a_deleted_finding_is_told_as_rejected_and_an_own_mark_that_nobody_saw_not_at_all():
    bench = bench_with_lesions()
    number = bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.delete([2, number])
    told = {lesion.number: lesion.verdict for lesion in annotatedLesions(bench.lesions)}
    assert told == {1: Verdict.OPEN, 2: Verdict.REJECTED, 3: Verdict.OPEN}


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
