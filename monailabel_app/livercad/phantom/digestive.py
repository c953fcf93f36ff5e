"""Stomach, duodenum, colon and small bowel, with what is in them."""

from __future__ import annotations

import numpy as np

from livercad.phantom import tubes
from livercad.phantom.body import Body, Neighbours, clear_of
from livercad.phantom.fields import FloatArray, SmoothField
from livercad.phantom.space import Shape, Slices, Space
from livercad.phantom.tissues import Tissue

STOMACH_PATH = [(-60, -18, -46), (-66, -8, -66), (-62, 20, -92), (-44, 44, -122), (-10, 50, -138), (18, 36, -132)]
STOMACH_RADII = np.array([31.0, 34, 29, 23, 17, 10])
DUODENUM_PATH = [(18, 34, -132), (36, 18, -134), (44, 2, -150), (38, -8, -178), (4, -8, -186), (-26, 0, -160)]
COLON_PATH = [
    (96, -8, -330), (98, -5, -250), (94, 0, -215), (88, 22, -196), (60, 52, -190), (20, 66, -184), (-25, 66, -172),
    (-70, 50, -140), (-98, 14, -112), (-104, -22, -122), (-104, -34, -170), (-103, -36, -230), (-100, -34, -330),
]  # fmt: skip
ILEUM = (-92.0, -25.0, -300.0), (72.0, 74.0, -142.0)
JEJUNUM = (-96.0, -28.0, -200.0), (-2.0, 56.0, -104.0)
"""Where the loops of small bowel lie, template mm."""


def paint_stomach(body: Body, neighbours: Neighbours, rng: np.random.Generator) -> Shape:
    """The stomach behind and under the left lobe, with fluid at the back and gas in front.

    Returns
    -------
    Shape
        Its outer outline.
    """
    fullness = rng.uniform(0.75, 1.2)
    path = np.asarray(STOMACH_PATH) + rng.normal(0, 4, (len(STOMACH_PATH), 3))
    shape = tubes.distance_to(body.space, [tubes.tube(body.space, path, STOMACH_RADII * fullness, step_mm=3)])
    box = shape.box
    ripple = body.bumps(box, 9, 1, rng)
    outline = body.under_wall(shape.distance + body.bumps(box, 25, 1.5, rng), box, 2)
    outline = clear_of(neighbours, outline, box)
    stomach = body.paint(box, outline < 0, Tissue.GUT_WALL)
    lumen = stomach & (outline + np.float32(1.6) * ripple < -rng.uniform(2.5, 4))
    body.tissues[box][lumen] = Tissue.STOMACH_CONTENT
    _add_gas(body, box, lumen, rng.uniform(0.05, 0.6), ripple)
    return Shape(box, outline)


def _add_gas(body: Body, box: Slices, lumen: np.ndarray, share: float, froth: FloatArray) -> None:
    """Gas rises to the front of a patient who lies on his back: one level per lumen, with froth under it."""
    front = body.space.axes(box)[1][None, :, None]
    heights = np.broadcast_to(front, lumen.shape)[lumen]
    if heights.size == 0:
        return
    level = np.quantile(heights, 1 - share)
    body.tissues[box][lumen & (front + froth > level)] = Tissue.GAS


def paint_duodenum(body: Body, rng: np.random.Generator) -> None:
    """The duodenum around the head of the pancreas."""
    path = np.asarray(DUODENUM_PATH) + rng.normal(0, 2, (len(DUODENUM_PATH), 3))
    radius, gas = rng.uniform(9, 12), rng.uniform(0, 0.3)
    _paint_gut(body, path, radius, SmoothField(rng, 8), rng, gas_share=gas, content=Tissue.BOWEL_FLUID)


def paint_colon(body: Body, rng: np.random.Generator) -> None:
    """The colon's frame under liver, stomach and spleen, with haustra, stool and gas, piece by piece."""
    path = np.asarray(COLON_PATH) + rng.normal(0, 5, (len(COLON_PATH), 3))
    ripple = SmoothField(rng, 8)
    for n in range(len(path) - 3):
        stool, radius = rng.uniform() < 0.6, rng.uniform(17, 25)
        gas = rng.uniform(0.05, 0.35 if stool else 0.9)
        content = Tissue.STOOL if stool else Tissue.BOWEL_FLUID
        _paint_gut(body, path[n : n + 4], radius, ripple, rng, gas_share=gas, content=content, folds=0.13)


def paint_small_bowel(body: Body, rng: np.random.Generator) -> None:
    """Loops of small bowel in what is still free, and the mesentery's vessels between them."""
    ripple = SmoothField(rng, 8)
    for n in range(85):
        low, high = JEJUNUM if n % 4 == 0 else ILEUM
        path = [rng.uniform(low, high)]
        heading = rng.normal(size=3)
        for _ in range(4):
            heading = heading / np.linalg.norm(heading) + rng.normal(0, 0.7, 3)
            path.append(np.clip(path[-1] + 20 * heading / np.linalg.norm(heading), low, high))
        gas = rng.uniform(0.2, 0.8) if rng.uniform() < 0.15 else 0.0
        radius = rng.uniform(9, 14)
        _paint_gut(body, np.asarray(path), radius, ripple, rng, gas_share=gas, content=Tissue.BOWEL_FLUID)
    root = body.space.to_patient([(8, 0, -140)])[0]
    targets = body.space.to_patient(rng.uniform(*ILEUM, (110, 3)))
    body.paint_tubes(tubes.grow_tree(body.space, root, targets, 4.0, rng, 0.9), Tissue.PORTAL_VEIN)
    omentum = body.space.to_patient(rng.uniform((-100, 45, -250), (95, 82, -90), (60, 3)))
    body.paint_tubes(tubes.grow_tree(body.space, omentum[0], omentum[1:], 2.2, rng, 0.8), Tissue.PORTAL_VEIN)


def _paint_gut(
    body: Body,
    path: np.ndarray,
    radius_mm: float,
    ripple: SmoothField,
    rng: np.random.Generator,
    *,
    gas_share: float,
    content: Tissue,
    folds: float = 0.05,
) -> None:
    """One piece of gut: a wall of 2 mm, filled; it takes only free fat, and keeps 1.5 mm of it around."""
    # A stream a piece: one that lies outside the grid and draws nothing does not change the next.
    rng = rng.spawn(1)[0]
    if not _near_grid(body.space, path, radius_mm):
        return
    piece = tubes.tube(body.space, path, radius_mm)
    wave = 1 + folds * np.sin(np.arange(len(piece.radii)) * 2 * np.pi / rng.uniform(12, 20) + rng.uniform(0, 6))
    piece = tubes.Tube(piece.points, piece.radii * wave)
    if not body.space.touches(piece.points.min(axis=0), piece.points.max(axis=0), float(piece.radii.max())):
        return
    shape = tubes.distance_to(body.space, [piece])
    view = body.tissues[shape.box]
    unevenness = ripple.on(body.space.axes(shape.box))
    outline = shape.distance + np.float32(0.6) * unevenness
    taken = (view != Tissue.VISCERAL_FAT) & (outline < 3)
    gut = (outline < 0) & ~taken
    lumen = (outline < -rng.uniform(1.6, 2.6)) & gut & ~_beside(taken)
    view[gut] = Tissue.GUT_WALL
    view[lumen] = content
    if gas_share > 0.03:
        _add_gas(body, shape.box, lumen, gas_share, unevenness)


def _near_grid(space: Space, path: np.ndarray, radius_mm: float) -> bool:
    """Whether a path may touch the grid: far cheaper than to bend it into the patient first."""
    box = space.box(path.min(axis=0) - 2 * radius_mm, path.max(axis=0) + 2 * radius_mm)
    return all(part.stop > part.start for part in box)


def _beside(mask: np.ndarray) -> np.ndarray:
    """The mask grown by one voxel along each axis, so that a wall stays between lumen and neighbour."""
    grown = mask.copy()
    for axis in range(3):
        forward, backward = [slice(None)] * 3, [slice(None)] * 3
        forward[axis], backward[axis] = slice(1, None), slice(None, -1)
        grown[tuple(forward)] |= mask[tuple(backward)]
        grown[tuple(backward)] |= mask[tuple(forward)]
    return grown
