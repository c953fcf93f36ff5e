"""The solid organs besides the liver, the great vessels and the heart."""

from __future__ import annotations

import numpy as np

from livercad.phantom import tubes
from livercad.phantom.body import Body, Neighbours, clear_of
from livercad.phantom.fields import around, ellipsoid, smooth_intersection
from livercad.phantom.space import Shape
from livercad.phantom.tissues import Tissue

AORTA_PATH = [(-18, -48, 120), (-18, -46, 40), (-15, -42, -20), (-9, -36, -70), (-7, -33, -150), (-6, -31, -320)]
CAVA_PATH = [
    (22, -32, -320), (23, -32, -150), (25, -32, -100), (28, -33, -70), (28, -28, -40), (24, -16, -14), (20, 0, 15),
]  # fmt: skip
RIGHT_KIDNEY, LEFT_KIDNEY = (58, -55, -168), (-60, -54, -152)


def paint_heart(body: Body, rng: np.random.Generator) -> None:
    """Heart on the flat part of the diaphragm with its chambers, and the mediastinum's fat."""
    box = body.space.box((-100, -60, -60), (70, 90, 200))
    x, y, z = body.space.template(box)
    view = body.tissues[box]
    chest = view == Tissue.LUNG
    ripple = body.bumps(box, 25, 2.5, rng)
    shift = np.float32(rng.uniform(-6, 6))
    dx, dy, dz = x + 20 + shift, y - 22, z - 6
    pericardium = ellipsoid(dx, dy, dz, (64, 47, 52)) + ripple
    mediastinum = np.hypot(x + 2, (y + 34) / np.float32(1.1)) - 24 + ripple
    view[chest & (np.minimum(pericardium, mediastinum) < 0)] = Tissue.VISCERAL_FAT
    heart = ellipsoid(dx, dy, dz, (58, 42, 47)) + ripple
    view[chest & (heart < 0)] = Tissue.MYOCARDIUM
    chambers = (
        ((-44, 14, 8), (22, 19, 30)),  # left ventricle
        ((-14, 42, 4), (32, 15, 28)),  # right ventricle
        ((20, 18, 12), (19, 24, 32)),  # right atrium
        ((-12, -6, 30), (28, 14, 20)),  # left atrium
    )
    for center, radii in chambers:
        chamber = ellipsoid(*around(center, x + shift, y, z), radii)
        view[chest & (chamber + ripple / 2 < 0) & (heart < -3)] = Tissue.HEART_BLOOD


def paint_lung_vessels(body: Body, rng: np.random.Generator) -> None:
    """Vessels of the lower lobes, which fan out from both hila."""
    for side in (-1, 1):
        root = body.space.to_patient([(side * 45, -15, 55)])[0]
        targets = body.space.to_patient(rng.uniform((35, -75, -70), (110, 60, 45), (45, 3)) * (side, 1, 1))
        body.paint_tubes(
            tubes.grow_tree(body.space, root, targets, 6.0, rng, 0.6), Tissue.LUNG_VESSEL, only=(Tissue.LUNG,)
        )


def paint_great_vessels(body: Body, rng: np.random.Generator) -> Shape:
    """Aorta with its crura and first branches, oesophagus, and the inferior vena cava.

    Returns
    -------
    Shape
        The cava, in whose groove the liver lies.
    """
    space = body.space
    inside = (Tissue.VISCERAL_FAT, Tissue.LUNG, Tissue.MUSCLE)
    fat = (Tissue.VISCERAL_FAT, Tissue.LUNG)
    for side in (-1, 1):
        course = [(side * 15 - 2, -34, -25), (side * 14, -40, -80), (side * 12, -44, -150)]
        body.paint_tubes([tubes.tube(space, course, [3.5, 5, 3.5])], Tissue.MUSCLE)
    gullet = tubes.tube(space, [(-8, -30, 120), (-9, -28, 20), (-18, -20, -30), (-34, -8, -48)], rng.uniform(6, 8))
    body.paint_tubes([gullet], Tissue.GUT_WALL, only=fat)
    calibre = rng.uniform(8.5, 11.5)
    aorta = tubes.tube(space, AORTA_PATH, [calibre + 2, calibre + 1.5, calibre + 1, calibre, calibre, calibre - 1])
    cava = tubes.tube(space, CAVA_PATH, [9, 9.5, 10, 11, 12, 12, 13])
    branches = [
        tubes.tube(space, [(-8, -30, -96), (-8, -14, -98), (8, -8, -102), (22, -4, -104)], [4, 3.5, 2.5, 2]),
        tubes.tube(space, [(-8, -14, -98), (-30, -20, -92), (-60, -30, -88), (-80, -34, -84)], [3, 2.5, 2.5, 2]),
        tubes.tube(space, [(-7, -28, -110), (-6, -10, -122), (-4, 2, -160), (0, 10, -240)], [4.5, 4, 3.5, 2.5]),
        tubes.tube(space, [(0, -32, -150), (25, -46, -156), (44, -52, -162)], 2.6),
        tubes.tube(space, [(-10, -34, -146), (-30, -46, -148), (-46, -52, -150)], 2.6),
    ]
    renal = [
        tubes.tube(space, [(26, -34, -158), (38, -44, -163), (46, -50, -165)], 4.5),
        tubes.tube(space, [(20, -30, -146), (-6, -18, -144), (-30, -40, -149), (-48, -50, -151)], 4.5),
    ]
    mesenteric = [
        tubes.tube(space, [(6, -2, -136), (8, 4, -165), (10, 14, -240)], [5.5, 5, 4]),
        tubes.tube(space, [(6, -2, -136), (-30, -12, -108), (-60, -26, -92), (-82, -32, -86)], [5, 4.5, 4, 3.5]),
    ]
    body.paint_tubes(renal, Tissue.CAVA)
    body.paint_tubes(branches, Tissue.AORTA)
    body.paint_tubes(mesenteric, Tissue.PORTAL_VEIN)
    body.paint_tubes([aorta], Tissue.AORTA, only=inside)
    body.paint_tubes([cava], Tissue.CAVA, only=inside)
    return tubes.distance_to(space, [cava])


def paint_kidney(body: Body, average_center: tuple[float, float, float], rng: np.random.Generator) -> Shape:
    """One kidney: cortex, medullary pyramids, and the sinus with pelvis and fat, which opens towards the middle.

    Parameters
    ----------
    body : Body
        Painted in place.
    average_center : tuple of float
        Template R, A, S in mm, from which the patient's own differs.
    rng : numpy.random.Generator
        Draws size, place and lobes.

    Returns
    -------
    Shape
        The kidney's outline, its sinus included.
    """
    center = np.asarray(average_center) + rng.normal(0, (3, 2, 9))
    box = body.space.box(center - 75, center + 75)
    dx, dy, dz = around(center, *body.space.template(box))
    outward = np.float32(1 if average_center[0] > 0 else -1)
    # Upper poles lean to the spine, lower ones outward and forward.
    dx = dx * outward + dz * np.float32(0.22)
    dy = dy + dz * np.float32(0.12)
    size = rng.uniform(0.92, 1.08)
    lobes = body.bumps(box, 14, 1, rng)
    outline = ellipsoid(dx, dy, dz, (26 * size, 24 * size, 52 * size)) + lobes * np.float32(0.8)
    sinus = ellipsoid(dx + 13, dy - 3, dz, (19 * size, 8 * size, 27 * size)) + lobes * np.float32(2.5)
    kidney = smooth_intersection(outline, -sinus, 4)
    organ = body.paint(box, kidney < 0, Tissue.KIDNEY_CORTEX)
    body.tissues[box][organ & (outline < -6.5) & (lobes > -0.45)] = Tissue.KIDNEY_MEDULLA
    pelvis = ellipsoid(dx + 12, dy - 3, dz, (9 * size, 4 * size, 12 * size)) + lobes * np.float32(2)
    body.paint(box, pelvis < 0, Tissue.KIDNEY_PELVIS)
    return Shape(box, outline)


def paint_spleen(body: Body, neighbours: Neighbours, rng: np.random.Generator) -> None:
    """The spleen against the left flank, hollow towards stomach and kidney."""
    box = body.space.box((-140, -95, -190), (-20, 60, 0))
    x, y, z = body.space.template(box)
    size = rng.uniform(0.9, 1.25)
    center = (-110 + rng.normal(0, 3), -38 + rng.normal(0, 5), -72 + rng.normal(0, 8))
    dx, dy, dz = around(center, x, y, z)
    outline = ellipsoid(dx, dy + dz / 5, dz, (44 * size, 50 * size, 56 * size))
    outline += body.bumps(box, 22, 2.0, rng)
    hollow = ellipsoid(x + 62, y + 5, z + 75, (34, 32, 60))
    outline = smooth_intersection(outline, -hollow, 8)
    outline = clear_of(neighbours, body.under_wall(outline, box, 1.2), box)
    body.paint(box, outline < 0, Tissue.SPLEEN)


def paint_pancreas(body: Body, rng: np.random.Generator) -> None:
    """The pancreas before its vein, from the duodenum's curve to the spleen's hilum, lobulated; and both adrenals."""
    path = [(26, -2, -150), (25, 1, -136), (10, 6, -126), (-15, 1, -114), (-45, -13, -102), (-74, -26, -92)]
    path = np.asarray(path) + rng.normal(0, 2.5, (6, 3))
    shape = tubes.distance_to(body.space, [tubes.tube(body.space, path, [14, 15, 11, 11, 12, 9])])
    body.paint(shape.box, shape.distance + body.bumps(shape.box, 7, 2.2, rng) < 0, Tissue.PANCREAS)
    for side, low in ((1, -112), (-1, -108)):
        start = (side * 24, -46, low)
        limbs = [
            tubes.tube(body.space, [start, (side * 30, -56, low - 6), (side * 34, -64, low - 14)], 2.2),
            tubes.tube(body.space, [start, (side * 26, -58, low - 6), (side * 27, -66, low - 14)], 2.2),
        ]
        body.paint_tubes(limbs, Tissue.PANCREAS)
