"""The liver: what lies under the right dome and above its visceral surface, with fissures, gallbladder and vessels."""

from __future__ import annotations

import cc3d
import numpy as np
from scipy import ndimage
from scipy.interpolate import RectBivariateSpline

from livercad.phantom import tubes
from livercad.phantom.body import Body, Neighbours, clear_of
from livercad.phantom.fields import FloatArray, around, ellipsoid, smooth_intersection
from livercad.phantom.space import Shape
from livercad.phantom.tissues import Tissue

# Height (template mm) of the visceral surface over a net of points: rows from beyond the left tip to the right flank,
# columns from back to front. Above the dome means: no liver there. Our own drawing of an average liver.
VISCERAL_R = np.array([-130.0, -95.0, -60.0, -25.0, 5.0, 30.0, 55.0, 85.0, 115.0, 140.0])
VISCERAL_A = np.array([-95.0, -55.0, -25.0, 5.0, 35.0, 65.0, 95.0])
VISCERAL_S = np.array(
    [
        [60, 60, 60, 50, 45, 45, 45],
        [50, 45, 35, 10, -15, -15, -10],
        [40, 30, 15, -5, -38, -48, -46],
        [30, 15, -12, -50, -76, -85, -85],
        [10, -15, -62, -84, -100, -110, -110],
        [-30, -75, -95, -100, -115, -128, -128],
        [-85, -110, -115, -115, -128, -140, -138],
        [-125, -135, -138, -140, -148, -150, -145],
        [-150, -165, -172, -172, -168, -158, -150],
        [-160, -172, -180, -178, -172, -160, -150],
    ],
    dtype=float,
)
LOWEST_MM = -192.0
"""No lobe reaches lower in the patient, so that a volume of 240 mm holds the whole liver."""
PORTAL_TRUNK = [(6, -2, -138), (14, -4, -120), (26, -4, -104), (34, -4, -95)]
"""From the confluence behind the pancreas to the hilum."""
PORTAL_TWIGS_PER_ML, HEPATIC_TWIGS_PER_ML = 0.075, 0.05
"""How many twigs of each tree end in a ml of liver, so that a part of a liver has its part of the vessels. Our choice:
some 90 and 60 in a whole one."""


def build_liver(body: Body, neighbours: Neighbours, rng: np.random.Generator) -> Shape:
    """Liver and gallbladder in the free space of the abdomen.

    Returns
    -------
    Shape
        The liver's outline.
    """
    box = body.space.box((-125, -95, -235), (135, 100, 10))
    x, y, z = body.space.template(box)
    surface = _visceral_surface(rng)
    height = ndimage.map_coordinates(surface, [x - VISCERAL_R[0], y - VISCERAL_A[0]], order=1, mode="nearest")
    # The slope of the surface turns height above it into distance.
    bumps = body.bumps(box, 34, 4, rng) + body.bumps(box, 12, 1, rng)
    distance = body.under_wall(np.float32(0.8) * (height - z) + bumps, box, -0.4)
    # The left lobe stays under the heart: the stomach, not the liver, fills the left dome.
    ceiling = np.float32(rng.uniform(-42, -32)) + np.float32(1.5) * np.clip(x + 10, 0, None)
    distance = smooth_intersection(distance, z - ceiling, 10)
    above = body.space.axes(box)[2] - np.float32(LOWEST_MM)
    distance = smooth_intersection(distance, -np.broadcast_to(above, distance.shape), 12)
    for dent in _fissures(x, y, z, rng):
        distance = smooth_intersection(distance, -dent, 4)
    distance = clear_of(neighbours, distance, box)
    bladder = _gallbladder(x, y, z, surface, rng)
    distance = smooth_intersection(distance, -bladder, 3)

    view = body.tissues[box]
    liver = cc3d.largest_k((distance < 0) & (view == Tissue.VISCERAL_FAT), k=1, connectivity=6) > 0
    view[liver] = Tissue.LIVER
    hanging = (bladder < 0) & (body.abdomen[box] < -2)
    hanging = body.paint(box, hanging, Tissue.GALLBLADDER_WALL, only=(Tissue.VISCERAL_FAT, Tissue.LIVER))
    view[hanging & (bladder < -rng.uniform(1.0, 2.2))] = Tissue.BILE
    return Shape(box, np.where(liver & (view == Tissue.LIVER), distance, np.maximum(distance, 0)))


def _visceral_surface(rng: np.random.Generator) -> FloatArray:
    """The patient's visceral surface on a net of 1 mm: the plan's, moved, left lobe and right tip longer or shorter."""
    heights = VISCERAL_S + np.clip(rng.normal(0, 7), -12, 12) + rng.normal(0, 4, VISCERAL_S.shape)
    heights[VISCERAL_R < 0] += np.clip(rng.normal(0, 12), -22, 22)
    heights[VISCERAL_R > 100] += np.clip(rng.normal(0, 12), -22, 22)
    spline = RectBivariateSpline(VISCERAL_R, VISCERAL_A, heights)
    fine_r = np.arange(VISCERAL_R[0], VISCERAL_R[-1] + 1)
    return spline(fine_r, np.arange(VISCERAL_A[0], VISCERAL_A[-1] + 1)).astype(np.float32)


def _fissures(x: FloatArray, y: FloatArray, z: FloatArray, rng: np.random.Generator) -> list[FloatArray]:
    """Round ligament, hilum and venous ligament as signed distances: what is inside them is fat."""
    ligament_x, ligament_y = rng.uniform(-6, 8), rng.uniform(44, 54)
    across = (x - np.float32(ligament_x)) / np.float32(0.45)
    teres = np.hypot(across, (y - np.float32(ligament_y)) / np.float32(1.5)) - np.float32(rng.uniform(5, 9))
    teres = np.maximum(teres, (z - np.float32(rng.uniform(-82, -66))) * np.float32(0.6))
    hilum = ellipsoid(x - 20, y + 2 - (x - 20) / 8, z + 101, (26, 7, 8))
    venous = ellipsoid(x - 2, y - 4 - (x - 2) / 2, z + 72, (15, 2.2, 22))
    return [teres, hilum, venous]


def _gallbladder(
    x: FloatArray, y: FloatArray, z: FloatArray, surface: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """A pear that hangs in its fossa under the border of right and left liver, its fundus forward and down."""
    cx, cy = rng.uniform(42, 54), rng.uniform(30, 42)
    under = surface[int(cx - VISCERAL_R[0]), int(cy - VISCERAL_A[0])]
    length, width = rng.uniform(24, 36), rng.uniform(10, 15)
    dx, dy, dz = around((cx, cy, under - rng.uniform(-2, 5)), x, y, z)
    tilt = rng.uniform(0.6, 1.0)
    along = dy * np.float32(np.cos(tilt)) - dz * np.float32(np.sin(tilt))
    up = dy * np.float32(np.sin(tilt)) + dz * np.float32(np.cos(tilt))
    taper = 1 + np.clip(along, -length, length) / np.float32(length * 3)
    return ellipsoid((dx - along / 5) / taper, along, up / taper, (width, length, width))


def paint_vessels(body: Body, liver: Shape, rng: np.random.Generator) -> None:
    """Portal and hepatic veins inside the liver, and the portal trunk from behind the pancreas to the hilum."""
    depth = liver.distance
    candidates = np.argwhere((depth < -6) & (body.tissues[liver.box] == Tissue.LIVER))
    if not len(candidates):
        return
    axes = body.space.axes(liver.box)
    hilum, cava = body.space.to_patient([PORTAL_TRUNK[-1], (26, -24, -30)])

    def sample(count: int) -> tubes.Points:
        chosen = candidates[rng.choice(len(candidates), count)]
        return np.stack([axes[n][chosen[:, n]] for n in range(3)], axis=1).astype(np.float64)

    volume_ml = len(candidates) * float(np.prod(body.space.grid.spacing)) / 1000
    portal = tubes.grow_tree(body.space, hilum, sample(max(1, round(PORTAL_TWIGS_PER_ML * volume_ml))), 7.0, rng, 0.9)
    targets = sample(max(1, round(HEPATIC_TWIGS_PER_ML * volume_ml)))
    middle, left = hilum[0] + 10, hilum[0] - 28
    sides = targets[:, 0] > middle, (targets[:, 0] <= middle) & (targets[:, 0] > left), targets[:, 0] <= left
    hepatic = [
        branch
        for side in sides
        if side.any()
        for branch in tubes.grow_tree(body.space, cava, targets[side], 2.4 * side.sum() ** (1 / 3), rng, 0.9)
    ]
    body.paint_tubes(hepatic, Tissue.HEPATIC_VEIN, only=(Tissue.LIVER,))
    body.paint_tubes(portal, Tissue.PORTAL_VEIN, only=(Tissue.LIVER, Tissue.HEPATIC_VEIN))
    trunk = tubes.tube(body.space, PORTAL_TRUNK, rng.uniform(5.5, 7.0))
    body.paint_tubes([trunk], Tissue.PORTAL_VEIN, only=(Tissue.VISCERAL_FAT, Tissue.LIVER, Tissue.PANCREAS))
