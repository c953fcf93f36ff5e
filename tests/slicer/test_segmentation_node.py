"""Liver and lesions as segments: voxels exactly on the image's grid, and numbers that nothing changes."""

import itertools
import random

import numpy as np
import pytest
import slicer
import vtk
from case_lesions import BLOCKS, KINDS, LIVER, SHAPE, bench_with_lesions, empty_bench, filled, grid_affine, on_grid

from livercad.core.volume import Volume
from LiverCADLib.scene import segments
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.segmentation import CaseSegmentation


def numbers_by_voxels(segmentation):
    """Which lesion lies where, told by voxels alone."""
    grid = segmentation.grid
    told = {}
    for number, mask in segmentation.lesions().items():
        array = grid.toServer(on_grid(mask)).array
        told[number] = next((name for name, block in BLOCKS.items() if np.array_equal(array, filled(block))), "?")
    return told


def segment(bench, number):
    return bench.segmentation.node.GetSegmentation().GetSegment(bench.segmentation.lesionIds[number])


@pytest.mark.parametrize("kind", KINDS)
def test_masks_come_back_from_segments_voxel_by_voxel(kind):
    bench = bench_with_lesions(kind)
    assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}
    liver = bench.segmentation.grid.toServer(on_grid(bench.segmentation.liver))
    assert np.array_equal(liver.array, filled(LIVER))
    assert np.allclose(liver.affine, grid_affine(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_slicers_own_export_has_the_same_voxels(kind):
    bench = bench_with_lesions(kind)
    for number, id_ in bench.segmentation.lesionIds.items():
        array = slicer.util.arrayFromSegmentBinaryLabelmap(bench.segmentation.node, id_, bench.scene.reference)
        assert np.array_equal(array.transpose() > 0, on_grid(bench.segmentation.lesion(number)))


def test_what_slicers_segment_editor_writes_is_read():
    bench = bench_with_lesions()
    array = np.zeros(SHAPE[::-1], np.uint8)
    array[3:6, 20:25, 10:13] = 1
    id_ = bench.segmentation.lesionIds[2]
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, bench.segmentation.node, id_, bench.scene.reference)
    assert np.array_equal(on_grid(bench.segmentation.lesion(2)), array.transpose() > 0)


def test_segments_that_share_one_array_are_told_apart():
    bench = bench_with_lesions()
    bench.segmentation.node.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert bench.segmentation.node.GetSegmentation().GetNumberOfLayers() == 2, "lesions lie over the liver"
    assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}


def test_a_segment_on_a_finer_grid_is_brought_to_the_images():
    bench = bench_with_lesions("straight")
    id_, segmentation = bench.segmentation.lesionIds[1], bench.segmentation.node.GetSegmentation()
    fine = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        segmentation.GetSegment(id_).GetRepresentation("Binary labelmap"), doubled(bench), fine
    )
    segmentation.GetSegment(id_).AddRepresentation("Binary labelmap", fine)
    assert np.array_equal(on_grid(bench.segmentation.lesion(1)), filled(BLOCKS[1]))


def doubled(bench):
    """A grid of half the spacing, whose voxels lie in the image's."""
    image = slicer.vtkOrientedImageData()
    affine = grid_affine("straight") @ np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = (grid_affine("straight") @ [-0.25, -0.25, -0.25, 1.0])[:3]
    image.SetExtent(0, 2 * SHAPE[0] - 1, 0, 2 * SHAPE[1] - 1, 0, 2 * SHAPE[2] - 1)
    image.SetGeometryFromImageToWorldMatrix(slicer.util.vtkMatrixFromArray(affine))
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    return image


def test_what_is_painted_beyond_the_image_is_left_out():
    bench = empty_bench("straight")
    image = slicer.vtkOrientedImageData()
    image.SetExtent(-5, 2, -5, 2, -5, 2)
    image.SetGeometryFromImageToWorldMatrix(slicer.util.vtkMatrixFromArray(grid_affine("straight")))
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    image.GetPointData().GetScalars().Fill(1)
    bench.segmentation.node.AddSegmentFromBinaryLabelmapRepresentation(image, "x", [1, 0, 0])
    mask = bench.segmentation.lesion(1)
    assert mask.start == (0, 0, 0) and mask.array.shape == (3, 3, 3)


def test_segments_have_standard_terms_that_slicer_can_read():
    bench = bench_with_lesions()
    logic, entry = slicer.vtkSlicerTerminologiesModuleLogic(), slicer.vtkSlicerTerminologyEntry()
    told = {}
    for role, id_ in {"liver": bench.segmentation.liverId, "lesion": bench.segmentation.lesionIds[1]}.items():
        text = segments.tagOf(
            bench.segmentation.node.GetSegmentation().GetSegment(id_), slicer.vtkSegment.GetTerminologyEntryTagName()
        )
        assert logic.DeserializeTerminologyEntry(text, entry)
        told[role] = entry.GetTypeObject().GetCodeValue(), entry.GetTypeObject().GetCodeMeaning()
    assert told == {"liver": ("10200004", "Liver"), "lesion": ("4147007", "Mass")}
    assert entry.GetRegionObject().GetCodeMeaning() == "Liver"


def test_segments_are_called_and_coloured_as_what_they_are():
    bench = bench_with_lesions()
    names = {number: segment(bench, number).GetName() for number in (1, 2, 3)}
    assert names == {1: "lesion 1", 2: "lesion 2", 3: "lesion 3"}
    assert np.allclose(segment(bench, 1).GetColor(), np.divide((255, 65, 54), 255), atol=1e-3), "malignant"
    assert np.allclose(segment(bench, 2).GetColor(), np.divide((46, 204, 64), 255), atol=1e-3), "benign"


def test_deleting_a_segment_leaves_every_other_number_where_it_is():
    for deleted in BLOCKS:
        bench = bench_with_lesions()
        bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.lesionIds[deleted])
        assert numbers_by_voxels(bench.segmentation) == {n: n for n in BLOCKS if n != deleted}


def test_deleting_the_liver_leaves_the_numbers():
    bench = bench_with_lesions()
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.liverId)
    assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}
    assert bench.segmentation.liver is None and bench.lesions.liverBox is None


def test_no_order_of_segments_changes_a_number():
    bench = bench_with_lesions()
    ids = list(bench.segmentation.node.GetSegmentation().GetSegmentIDs())
    for order in itertools.permutations(ids):
        bench.segmentation.node.GetSegmentation().ReorderSegments(list(order))
        assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}


def test_names_may_be_anything_even_another_lesions():
    bench = bench_with_lesions()
    for number, name in {1: "lesion 2", 2: "liver", 3: ""}.items():
        segment(bench, number).SetName(name)
    assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}
    assert bench.segmentation.liver is not None
    assert bench.lesions.numbers == [1, 2, 3]


def test_a_segment_that_is_added_becomes_a_new_lesion():
    bench = bench_with_lesions()
    id_ = bench.segmentation.node.GetSegmentation().AddEmptySegment()
    assert bench.segmentation.lesionIds[4] == id_
    assert segment(bench, 4).GetName() == "lesion 4"
    assert numbers_by_voxels(bench.segmentation) == {1: 1, 2: 2, 3: 3}


def test_a_copy_becomes_a_new_lesion_wherever_it_is_put():
    for place in (0, 1, -1):
        bench = bench_with_lesions()
        segmentation = bench.segmentation.node.GetSegmentation()
        original, copy = bench.segmentation.lesionIds[2], slicer.vtkSegment()
        copy.DeepCopy(segment(bench, 2))
        with bench.segmentation.quietly():
            segmentation.AddSegment(copy, "copy")
            segmentation.SetSegmentIndex("copy", place % segmentation.GetNumberOfSegments())
        bench.lesions.follow()
        assert bench.segmentation.lesionIds[2] == original
        assert bench.segmentation.lesionIds[4] == "copy"


def test_a_number_is_never_given_again():
    bench = bench_with_lesions()
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.lesionIds[3])
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    assert bench.lesions.numbers == [1, 2, 4]
    bench.segmentation.node.GetSegmentation().RemoveSegment(bench.segmentation.lesionIds[4])
    bench.segmentation.node.GetSegmentation().AddEmptySegment()
    assert bench.lesions.numbers == [1, 2, 5]


@pytest.mark.parametrize("seed", range(6))
def test_no_sequence_of_edits_changes_the_number_of_a_lesion(seed):
    """Adds, deletes, renames, copies, moves, paints and collapses at random; a shadow book tells what each must be."""
    chance = random.Random(seed)
    bench = bench_with_lesions(chance.choice(KINDS))
    segmentation = bench.segmentation.node.GetSegmentation()
    ids = bench.segmentation.lesionIds
    book = {ids[n]: (n, bench.segmentation.lesion(n).fingerprint) for n in ids}
    for _step in range(30):
        act, id_ = chance.randrange(7), chance.choice(sorted(book)) if book else None
        if act == 0 or id_ is None:
            new = segmentation.AddEmptySegment("", chance.choice(["", "lesion 1", "lesion 17", "vessel"]))
            book[new] = (bench.segmentation.numberOf(new), None)
            assert book[new][0] not in {n for other, (n, _) in book.items() if other != new}
        elif act == 1:
            segmentation.RemoveSegment(id_)
            del book[id_]
        elif act == 2:
            segmentation.GetSegment(id_).SetName(chance.choice(["lesion 1", "lesion 3", "x", "liver", ""]))
        elif act == 3:
            order = list(segmentation.GetSegmentIDs())
            chance.shuffle(order)
            segmentation.ReorderSegments(order)
        elif act == 4:
            corner = [chance.randrange(n - 4) for n in SHAPE]
            array = filled(tuple(slice(c, c + 4) for c in corner))
            slicer.util.updateSegmentBinaryLabelmapFromArray(
                np.ascontiguousarray(array.transpose(), dtype=np.uint8),
                bench.segmentation.node,
                id_,
                bench.scene.reference,
            )
            book[id_] = book[id_][0], Mask.of(array).fingerprint
        elif act == 5:
            segmentation.CollapseBinaryLabelmaps(False)
        else:
            new = segmentation.GenerateUniqueSegmentID("copy")
            copy = slicer.vtkSegment()
            copy.DeepCopy(segmentation.GetSegment(id_))
            segmentation.AddSegment(copy, new)
            book[new] = bench.segmentation.numberOf(new), book[id_][1]
        assert bench.segmentation.lesionIds == {n: i for i, (n, _) in sorted(book.items(), key=lambda e: e[1][0])}
        assert len({n for n, _ in book.values()}) == len(book)
        for other, (number, fingerprint) in book.items():
            mask = bench.segmentation.lesion(number)
            assert (mask.fingerprint if mask else None) == fingerprint, (other, number)
    assert sorted(bench.lesions.numbers) == sorted(n for n, _ in book.values())


def test_segments_of_another_program_are_taken_for_what_they_are_called():
    bench = empty_bench()
    segmentation = bench.segmentation.node.GetSegmentation()
    with bench.segmentation.quietly():
        ids = {name: segmentation.AddEmptySegment("", name) for name in ("tumour", "Liver", "lesion 5", "Lesion_5")}
    bench.lesions.follow()
    assert bench.segmentation.liverId == ids["Liver"]
    assert bench.segmentation.lesionIds == {1: ids["tumour"], 5: ids["lesion 5"], 6: ids["Lesion_5"]}


def test_a_segmentation_that_is_closed_is_no_longer_listened_to():
    bench = bench_with_lesions()
    node, heard = bench.segmentation.node, []
    bench.segmentation.touched.connect(heard.append)
    bench.segmentation.close()
    node.GetSegmentation().AddEmptySegment()
    assert heard == []


def test_a_moved_reference_does_not_move_masks():
    bench = bench_with_lesions()
    moved = grid_affine("oblique")
    moved[:3, 3] += 7.0
    bench.scene.reference.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(moved))
    assert bench.segmentation.lesion(1) is not None
    assert np.allclose(bench.segmentation.affine, grid_affine("oblique"))


def test_writing_nothing_empties_a_segment():
    bench = bench_with_lesions()
    bench.segmentation.setLesion(2, None)
    assert bench.segmentation.lesion(2) is None and 2 in bench.segmentation.lesionIds


def test_a_volume_of_the_server_goes_in_and_comes_out_on_its_own_grid():
    bench = empty_bench("flipped")
    sent = Volume(filled(BLOCKS[1]), grid_affine("flipped"))
    bench.segmentation.setLesion(9, Mask.of(bench.segmentation.grid.toScene(sent)))
    back = bench.segmentation.grid.toServer(on_grid(bench.segmentation.lesion(9)))
    assert np.array_equal(back.array, sent.array) and np.allclose(back.affine, sent.affine)


def test_another_segmentation_over_the_same_node_sees_the_same():
    bench = bench_with_lesions()
    again = CaseSegmentation(bench.segmentation.node, bench.scene.reference)
    assert numbers_by_voxels(again) == {1: 1, 2: 2, 3: 3}
    again.close()
