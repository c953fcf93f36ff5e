"""The trunk: skin, fat, muscle, spine, ribs, and the surfaces that divide chest from abdomen."""

from __future__ import annotations

import numpy as np

from livercad.phantom.body import Body
from livercad.phantom.fields import FloatArray, SmoothField, ellipsoid, rounded_tube, smooth_union
from livercad.phantom.space import Space
from livercad.phantom.tissues import Tissue

CAVITY_MM = (125.0, 85.0)
"""Half width and half depth of the template's cavity."""
BODY_LIMIT_MM = 178.0
"""Half width that a patient must not exceed, so that the skin stays inside a 384 mm field of view."""
SKIN_MM = 3.0
"""Thickness of the skin: two voxels, without which the blur would leave gaps in it."""
ERECTOR_Y = 101.0
"""How far behind the middle of the cavity the erectors of the spine lie."""
SPINE_Y = -60.0
VERTEBRA_PITCH_MM = 33.0
DISC_MM = 8.0
RIB_PITCH_MM = 27.0
RIBS = tuple(range(-4, 5))
"""Pairs, counted from the one whose head lies level with the dome; the last two are short."""


def build_trunk(space: Space, rng: np.random.Generator) -> Body:
    """A patient's wall, lungs and diaphragm, and fat where the organs will be; draws fat, muscle and the domes."""
    labels = np.zeros(space.grid.shape, np.uint8)
    x, y, z = space.template(np.s_[:, :, :])
    cavity = rounded_tube(x, y, *CAVITY_MM, squareness=rng.uniform(0.2, 0.4))
    muscle = _muscle(x, y, rng)
    skin = _skin(x, y, rng, widest=BODY_LIMIT_MM / float(space.scale[0]))
    labels[skin < 0] = Tissue.SKIN
    labels[skin < -SKIN_MM] = Tissue.FAT
    labels[(muscle < 0) & (skin < -4)] = Tissue.MUSCLE
    _paint_fat_planes(space, labels, muscle, cavity, rng)
    labels[cavity < 0] = Tissue.VISCERAL_FAT

    domes = _diaphragm(x, y, z, rng)
    # The fat before the peritoneum is thickest low in the flanks and thin under the ribs.
    fat = np.float32(rng.uniform(1.0, 2.5)) * np.clip((-z - 70) / np.float32(60), 0, 1)
    abdomen = np.maximum(cavity + fat, domes)
    thickness = np.float32(rng.uniform(1.6, 2.6))
    labels[(cavity < 0) & (domes > 0)] = Tissue.LUNG
    labels[(cavity < 0) & (np.abs(domes + thickness / 2) < thickness / 2) & (z > -150)] = Tissue.MUSCLE
    return Body(space, labels, cavity=cavity, abdomen=np.maximum(abdomen, domes + thickness))


def _muscle(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Signed distance to the wall of muscle: a mantle, and the two erectors of the spine behind it."""
    side, back, front = rng.uniform(15, 18), rng.uniform(19, 25), rng.uniform(9, 12)
    depth, middle = CAVITY_MM[1] + (front + back) / 2, (front - back) / 2
    mantle = rounded_tube(x, y - np.float32(middle), CAVITY_MM[0] + side, depth, rng.uniform(0.25, 0.45))
    width, height = rng.uniform(36, 44), rng.uniform(19, 24)
    erectors = rounded_tube(np.abs(x) - np.float32(width - 5), y + np.float32(ERECTOR_Y), width, height, 0.3)
    return smooth_union(mantle, erectors, 40)


def _skin(x: FloatArray, y: FloatArray, rng: np.random.Generator, widest: float) -> FloatArray:
    """Signed distance to the skin: thick fat at the flanks, less at the back, and a furrow over the spine."""
    fat = rng.uniform(6, min(32.0, widest - CAVITY_MM[0] - 18))
    half_width = CAVITY_MM[0] + 18 + fat
    front, back = CAVITY_MM[1] + 12 + fat * rng.uniform(0.5, 1.0), ERECTOR_Y + 22 + 4 + fat * rng.uniform(0.3, 0.7)
    middle = (front - back) / 2
    skin = rounded_tube(x, y - np.float32(middle), half_width, (front + back) / 2, rng.uniform(0.15, 0.4))
    furrow = rng.uniform(5, 9) - np.hypot(x / np.float32(1.8), y + np.float32(back + 2))
    return np.maximum(skin, furrow)


def _paint_fat_planes(
    space: Space, labels: np.ndarray, muscle: FloatArray, cavity: FloatArray, rng: np.random.Generator
) -> None:
    """Thin, broken sheets of fat between the layers of muscle, and its streaks inside the erectors, dark on CT."""
    axes = space.grid.axes
    ripple, patches = SmoothField(rng, 20).on(axes), SmoothField(rng, 32).on(axes)
    depth = muscle + np.float32(1.8) * ripple
    sheets = ((np.abs(depth + 5.5) < 0.8) & (patches > -0.2)) | ((np.abs(depth + 10.5) < 0.6) & (patches < 0.4))
    streaks = (np.abs(ripple + np.float32(0.5) * patches) < 0.08) & (depth < -13)
    labels[(sheets | streaks) & (labels == Tissue.MUSCLE) & (cavity > 2.5)] = Tissue.FASCIA


def _diaphragm(x: FloatArray, y: FloatArray, z: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Signed distance to the space under the diaphragm: two domes and the flat part under the heart."""
    left_top, middle_top = rng.uniform(-32, -14), rng.uniform(-44, -34)
    below = np.clip(-95 - z, 0, None)
    # Under the equator of the domes the chest wall takes over: the recess between them closes.
    spread = np.float32(1) + below / np.float32(170)
    height = np.clip(z + 95, 0, None)

    def dome(cx: float, cy: float, rx: float, ry: float, top: float) -> FloatArray:
        return ellipsoid((x - np.float32(cx)) / spread, (y - np.float32(cy)) / spread, height, (rx, ry, 95 + top))

    right = dome(58, 6, 71, 84, 0)
    left = dome(-62, 4, 68, 84, left_top)
    middle = dome(0, 12, 60, 78, middle_top)
    return smooth_union(smooth_union(right, left, 14), middle, 14)


def paint_spine(body: Body, rng: np.random.Generator) -> None:
    """Vertebrae with discs, canal and processes, the psoas beside them, from the top to the bottom of the volume."""
    box = body.space.box((-75, -135, -400), (75, -30, 200))
    x, y, z = body.space.template(box)
    view = body.tissues[box]
    level = (z + np.float32(rng.uniform(0, VERTEBRA_PITCH_MM))) % np.float32(VERTEBRA_PITCH_MM)
    half = (VERTEBRA_PITCH_MM - DISC_MM) / 2
    from_middle = np.abs(level - np.float32(half))
    lumbar = np.clip((-z - 60) / np.float32(90), 0, 1)

    psoas = np.hypot(np.abs(x) - (28 + 8 * lumbar), (y - np.float32(SPINE_Y - 4)) / np.float32(1.25))
    view[(psoas < -4 + 20 * lumbar) & (z < -95)] = Tissue.MUSCLE
    square = np.hypot((np.abs(x) - 62) / np.float32(1.9), y + 86)
    view[(square < 9 * lumbar) & (z < -110)] = Tissue.MUSCLE

    waist = 1 - np.float32(0.10) * (1 - (from_middle / np.float32(half)) ** 2)
    widths = (18.5 + 4 * lumbar) * waist, (15.0 + 2 * lumbar) * waist
    vertebra = (np.hypot(x / widths[0], (y - np.float32(SPINE_Y)) / widths[1]) - 1) * widths[1]
    in_disc = from_middle > half
    canal = np.hypot(x, (y - np.float32(SPINE_Y - 25)) * np.float32(1.15))
    ring = (canal < 14) & (from_middle < 9)
    lamina = (np.abs(canal - 11.5) < 2.8) & (y < SPINE_Y - 25) & (level < half * 1.5)
    backward = y - np.float32(SPINE_Y - 27) + np.abs(x) * np.float32(0.25)
    transverse = np.hypot(backward, (level - half) * np.float32(0.8))
    transverse_bone = (transverse < 4.5) & (np.abs(x) < 36) & (np.abs(x) > 10)
    spinous = (np.abs(x) < 3.6) & (y < SPINE_Y - 34) & (y > SPINE_Y - 60) & (np.abs(level - half + 5) < 10)

    arch = ring | lamina | transverse_bone | spinous
    view[arch] = Tissue.BONE_CORTEX
    view[(transverse < 2.6) & transverse_bone & (np.abs(x) < 33)] = Tissue.BONE_MARROW
    view[spinous & (np.abs(x) < 1.8) & (y > SPINE_Y - 57)] = Tissue.BONE_MARROW
    view[vertebra < 0] = Tissue.BONE_CORTEX
    view[(vertebra < -1.8) & (from_middle < half - 1.5)] = Tissue.BONE_MARROW
    view[(vertebra < 0) & in_disc] = Tissue.DISC
    view[canal < 8.5] = Tissue.FAT
    view[canal < 7] = Tissue.SPINAL_CANAL


def paint_ribs(body: Body, rng: np.random.Generator) -> None:
    """Ribs in the wall, descending from the spine to the front, where cartilage carries them on."""
    index = np.nonzero((body.cavity > 0.5) & (body.cavity < 12.5))
    x, y, z = (field[index] for field in body.space.template(np.s_[:, :, :]))
    outside = body.cavity[index]
    # 0 at the spine, 0.5 at the side, 1 at the breast bone.
    way = np.arctan2(np.abs(x) / np.float32(CAVITY_MM[0]), -y / np.float32(CAVITY_MM[1])) / np.float32(np.pi)
    drop = 95 * np.minimum(way, 0.68) - 70 * np.clip(way - 0.68, 0, None)
    start, half_height = rng.uniform(-8, 8), rng.uniform(6.5, 8.5)
    painted = body.tissues[index]
    for number in RIBS:
        end = {4: 0.33, 3: 0.52}.get(number, 0.74)
        along = z - np.float32(start - RIB_PITCH_MM * number) + drop
        section = np.hypot((outside - np.float32(6)) / np.float32(4.3), along / np.float32(half_height))
        bone = (section < 1) & (way < end) & (way > 0.06)
        painted[bone] = Tissue.BONE_CORTEX
        painted[bone & (section < 0.58)] = Tissue.BONE_MARROW
        if number < 2:
            painted[(section < 0.9) & (way >= end) & (way < 0.93)] = Tissue.CARTILAGE
    body.tissues[index] = painted


def paint_table(body: Body, rng: np.random.Generator) -> None:
    """The couch under the patient: a thin curved shell."""
    r, a, _ = body.space.grid.axes
    inside = (body.tissues != Tissue.AIR).any(axis=2)
    back = a[np.nonzero(inside.any(axis=0))[0][0]]
    curvature, gap, thickness = rng.uniform(0, 1 / 420), rng.uniform(1, 8), rng.uniform(3.0, 4.5)
    sag = a[None, :] - (back - gap + np.float32(curvature) * r[:, None] ** 2 / 2)
    shell = (np.abs(sag + thickness / 2) < thickness / 2) & (np.abs(r[:, None]) < rng.uniform(190, 230)) & ~inside
    body.tissues[shell] = Tissue.TABLE
