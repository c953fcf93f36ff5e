"""A displacement moves an image the way the server means it, in Slicer's own slice views."""

import numpy as np
import pytest
import slicer
import vtk
from case_fakes import affine
from case_scene import open_case
from vtk.util.numpy_support import vtk_to_numpy

from livercad.core.volume import Volume
from LiverCADLib.scene.transforms import addDisplacement, interpolateLinearly
from LiverCADLib.scene.volumes import addVolumeNode

SHIFT = np.array([9.0, -6.0, 7.0])
SPOT = affine() @ (12, 10, 5, 1)


def spot_volume(grid, shape, place):
    """A soft spot of 5 mm at a place (RAS mm)."""
    points = np.moveaxis(np.indices(shape), 0, -1) @ grid[:3, :3].T + grid[:3, 3]
    apart = np.linalg.norm(points - np.asarray(place)[:3], axis=-1)
    return Volume((1000 * np.exp(-((apart / 5) ** 2) / 2)).astype(np.int16), grid)


def plain_grid(spacing, center, shape):
    grid = np.diag([spacing, spacing, spacing, 1.0])
    grid[:3, 3] = np.asarray(center)[:3] - spacing * (np.array(shape) - 1) / 2
    return grid


def field(displacement, oblique):
    """Displacements on a coarse grid around the spot: (array, affine)."""
    shape = (7, 6, 8)
    grid = affine() if oblique else plain_grid(1.0, (0, 0, 0), shape)
    grid[:3, :3] *= 16 / np.linalg.norm(grid[:3, :3], axis=0)
    grid[:3, 3] = SPOT[:3] - grid[:3, :3] @ ((np.array(shape) - 1) / 2)
    points = np.moveaxis(np.indices(shape), 0, -1) @ grid[:3, :3].T + grid[:3, 3]
    return displacement(points).astype(np.float32), grid


def seen_at(node, place, orientation="Axial"):
    """Where the brightest point lies in a slice view through a place (RAS mm), and how bright it is."""
    logic = slicer.vtkMRMLSliceLogic()
    logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
    logic.SetMRMLScene(slicer.mrmlScene)
    view = logic.AddSliceNode("Test")
    view.SetOrientation(orientation)
    view.SetDimensions(200, 200, 1)
    view.SetFieldOfView(100, 100, 1)
    logic.GetSliceCompositeNode().SetBackgroundVolumeID(node.GetID())
    view.JumpSliceByCentering(*place[:3])
    logic.GetBackgroundLayer().UpdateTransforms()
    reslice = logic.GetBackgroundLayer().GetReslice()
    reslice.Update()
    picture = reslice.GetOutput()
    width, height, _depth = picture.GetDimensions()
    pixels = vtk_to_numpy(picture.GetPointData().GetScalars()).reshape(height, width)
    y, x = np.unravel_index(pixels.argmax(), pixels.shape)
    ras = view.GetXYToRAS().MultiplyPoint((x, y, 0, 1))
    return np.array(ras[:3]), pixels.max()


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("orientation", ["Axial", "Sagittal", "Coronal"])
def test_slice_views_show_an_image_where_the_reference_has_it(case_scene, oblique, orientation):
    image = spot_volume(plain_grid(2.0, SPOT[:3] + SHIFT, (40, 40, 40)), (40, 40, 40), SPOT[:3] + SHIFT)
    node = addVolumeNode(image, "moving")
    displacement, grid = field(lambda points: np.broadcast_to(SHIFT, points.shape), oblique)
    node.SetAndObserveTransformNodeID(addDisplacement(displacement, grid, "to reference").GetID())
    place, brightness = seen_at(node, SPOT, orientation)
    assert np.linalg.norm(place - SPOT[:3]) < 1.5
    assert brightness > 900


@pytest.mark.parametrize("oblique", [False, True])
def test_an_uneven_field_takes_every_point_to_point_plus_displacement(case_scene, oblique):
    def bend(points):
        return 0.1 * (points - SPOT[:3])[..., [1, 2, 0]] + SHIFT

    node = addDisplacement(*field(bend, oblique), "to reference")
    for offset in ([0, 0, 0], [10, 5, -8], [-11, 3, 6]):
        point = SPOT[:3] + offset
        assert np.allclose(node.GetTransformFromParent().TransformPoint(point), point + bend(point), atol=1e-3)


def test_an_image_goes_back_where_it_was_taken_when_registration_is_switched_off(case_scene, phases, client):
    open_case(case_scene, client)
    displacement, grid = field(lambda points: np.broadcast_to(SHIFT, points.shape), oblique=True)
    phases.addTransform("second", displacement, grid)
    node = case_scene.volumeOfImage("second")
    assert node.GetParentTransformNode() is None
    for is_on in (True, False, True):
        phases.setRegistered(is_on)
        assert (node.GetParentTransformNode() is not None) is is_on


def test_a_saved_transform_moves_as_before_and_is_read_linearly_again(case_scene, tmp_path):
    node = addDisplacement(*field(lambda points: 0.1 * (points - SPOT[:3]) + SHIFT, oblique=True), "to reference")
    point = SPOT[:3] + np.array([4, 5, 6])
    before = node.GetTransformFromParent().TransformPoint(point)
    path = str(tmp_path / "t.h5")
    slicer.util.saveNode(node, path, properties={})
    back = slicer.util.loadTransform(path)
    interpolateLinearly(back)
    assert np.allclose(back.GetTransformFromParent().TransformPoint(point), before, atol=1e-3)
    assert back.GetTransformFromParent().GetInterpolationModeAsString() == "Linear"


def test_hardening_in_slicer_makes_what_the_views_show(case_scene):
    image = spot_volume(plain_grid(2.0, SPOT[:3] + SHIFT, (40, 40, 40)), (40, 40, 40), SPOT[:3] + SHIFT)
    node = addVolumeNode(image, "moving")
    displacement, grid = field(lambda points: np.broadcast_to(SHIFT, points.shape), oblique=False)
    node.SetAndObserveTransformNodeID(addDisplacement(displacement, grid, "to reference").GetID())
    assert node.HardenTransform()
    k, j, i = np.unravel_index(slicer.util.arrayFromVolume(node).argmax(), slicer.util.arrayFromVolume(node).shape)
    to_ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(to_ras)
    assert np.linalg.norm(np.array(to_ras.MultiplyPoint((i, j, k, 1)))[:3] - SPOT[:3]) < 2.5
