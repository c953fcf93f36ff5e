"""A lesion in its liver, painted along the beams of a probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.phantom.ultrasound.imaging import Tissue
from livercad.phantom.ultrasound.lesions import LIVER_ATTENUATION, Look
from livercad.phantom.ultrasound.liver import Liver
from livercad.phantom.ultrasound.noise import cells, smooth
from livercad.phantom.ultrasound.probe import STEP_MM, Probe

Array = npt.NDArray[np.float32]

VESSEL_DB = -24.0
"""Blood scatters some 30 dB less than liver (Duck 1990, chapter 4); a slice has thickness, so a vessel shows more."""
WALL_DB, SKIN_DB = 3.0, 8.0
"""Abdominal wall, and its layers that reflect."""
LUNG_DB = -7.0
"""What is seen behind the diaphragm: the liver's mirror image, fading."""
DIAPHRAGM_DB, DIAPHRAGM_MM = 15.0, 1.1
PORTAL_WALL_DB = 6.0
TRIAD_DB = 6.0
"""Of small bright spots all over the liver: portal triads and ligaments."""
SHELL_MM = 1.3
"""Depth of a border in which grazing beams lose sound."""


@dataclass(frozen=True)
class Pose:
    """Where a lesion lies under the probe.

    Parameters
    ----------
    x_mm, y_mm : float
        Its middle: to the right and down from the middle of the probe's face.
    turn : float
        Radians that lesion and vessels are turned.
    scale : float
        Size of its cut against its largest.
    """

    x_mm: float
    y_mm: float
    turn: float
    scale: float


def paint(look: Look | None, liver: Liver, diameter_mm: float, pose: Pose, probe: Probe) -> Tissue:
    """Paint what the beams meet.

    Parameters
    ----------
    look : Look or None
        The lesion; None for a liver without one.
    liver : Liver
        Around it.
    diameter_mm : float
        Along its longer axis where it is widest.
    pose : Pose
        Under the probe.
    probe : Probe
        With its beams.

    Returns
    -------
    Tissue
        Arrays of shape (samples, lines).
    """
    x, y = probe.places
    own_x, own_y = turned(x - pose.x_mm, y - pose.y_mm, -pose.turn)
    echo, attenuation, mirror = _parenchyma(liver, own_x, own_y)
    _vessels(liver, own_x, own_y, echo)
    if look is not None:
        radius_mm = diameter_mm / 2 * pose.scale
        echo, attenuation, mirror = _with_lesion(
            look, radius_mm, own_x, own_y, probe, liver.seed, (echo, attenuation, mirror)
        )
    _around(liver, pose, x, y, probe, echo, attenuation, mirror)
    return Tissue(echo.astype(np.float32), attenuation.astype(np.float32), mirror.astype(np.float32))


def _with_lesion(
    look: Look, radius_mm: float, x: Array, y: Array, probe: Probe, seed: int, liver: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    """Echo, attenuation and mirrors of a liver with a lesion in it; x and y: from its middle along its axes, mm."""
    echo, attenuation, mirror = liver
    deep = inside_mm(look, radius_mm, x, y)
    graze = _grazing(deep, probe)
    if look.halo_db:
        echo += look.halo_db * np.exp(-0.5 * ((deep + look.halo_mm / 2) / (look.halo_mm / 2)) ** 2)
    share = 1 / (1 + np.exp(-np.clip(deep / (look.softness_mm / 4), -30, 30)))
    echo = _mixed(echo, _inside(look, radius_mm, deep, x, y, seed), share)
    attenuation += share * (look.attenuation - attenuation)
    if look.edge_shadow_db:
        # A grazing beam runs about this far through the shell of a disc.
        way_cm = 2 * np.sqrt(2 * radius_mm * SHELL_MM) / 10
        lost = look.edge_shadow_db / (2 * probe.frequency_mhz * way_cm)
        attenuation += lost * graze * np.exp(-((deep / SHELL_MM) ** 2))
    if np.isfinite(look.wall_db):
        wall = np.exp(-((deep / 0.4) ** 2)) * (1 - graze) ** 2
        mirror = np.maximum(mirror, look.wall_db + _db(wall))
    return echo, attenuation, mirror


def inside_mm(look: Look, radius_mm: float, x: Array, y: Array) -> Array:
    """How deep a place lies in a lesion, mm; below 0 outside. x and y: from its middle along its axes, mm."""
    around = np.arctan2(y, x)
    border = np.ones_like(around)
    for wave, (height, phase) in enumerate(zip(look.bumps, look.bump_phases, strict=True), start=2):
        border += height * np.cos(wave * around + phase)
    away = np.hypot(x, y / look.aspect)
    return (border * radius_mm - away) * np.where(away > 0, np.hypot(x, y) / np.maximum(away, 1e-6), 1)


def turned(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """Turn places around 0 by an angle in radians."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * x - sin * y, sin * x + cos * y


def _db(amplitude: npt.NDArray[Any]) -> Array:
    return np.asarray(20 * np.log10(np.maximum(amplitude, 1e-6)))


def _mixed(outside_db: Array, inside_db: Array, share: Array) -> Array:
    """Mix echoes by their amplitude: mixed in dB, an empty lesion's level would leak far over its border."""
    return _db((1 - share) * 10 ** (outside_db / 20) + share * 10 ** (inside_db / 20))


def _parenchyma(liver: Liver, x: Array, y: Array) -> tuple[Array, Array, Array]:
    echo = liver.fat_db + liver.uneven_db * smooth(liver.seed, 25.0, x, y)
    echo += liver.coarse_db * smooth(liver.seed + 1, liver.grain_mm, x, y)
    echo += TRIAD_DB * np.maximum(0, smooth(liver.seed + 8, 5.0, x, y) - 2)
    return echo, np.full_like(echo, liver.attenuation), np.full_like(echo, -120.0)


def _vessels(liver: Liver, x: Array, y: Array, echo: Array) -> None:
    for vessel in liver.vessels:
        along, across = turned(x - vessel.x_mm, y - vessel.y_mm, -vessel.turn)
        away = np.hypot(along / vessel.half_length_mm, across / vessel.half_width_mm)
        echo[away < 1] = VESSEL_DB
        if vessel.is_portal:
            border = np.abs(away - 1) * vessel.half_width_mm < 0.7
            echo[border] = PORTAL_WALL_DB


def _inside(look: Look, radius_mm: float, deep: Array, x: Array, y: Array, seed: int) -> Array:
    echo = np.full_like(deep, look.echo_db)
    here = deep > -4 * look.softness_mm
    echo[here] += look.coarse_db * smooth(seed + 2, max(2.0, radius_mm / 4), x[here], y[here])
    if look.mosaic_db:
        size = 2 * radius_mm * look.mosaic_share
        level, to_border = cells(seed + 3, size, 1.3 * radius_mm, x[here], y[here])
        echo[here] += look.mosaic_db * (0.7 * level - 1.6 * np.exp(-((to_border / 0.7) ** 2)))
    if look.rim_db:
        width = look.rim_share * radius_mm
        echo += look.rim_db / (1 + np.exp(np.clip((deep - width) / (0.08 * radius_mm), -30, 30)))
    return echo


def _grazing(deep: Array, probe: Probe) -> Array:
    """1 where a beam runs along the surfaces of equal depth in the lesion, 0 where it meets them head on."""
    down = np.gradient(deep, STEP_MM, axis=0)
    across = np.gradient(deep, axis=1) / ((probe.depths + probe.radius_mm) * np.gradient(probe.angles[0])[None])
    straight = down**2 / np.maximum(down**2 + across**2, 1e-9)
    return (1 - straight) ** 3


def _around(
    liver: Liver, pose: Pose, x: Array, y: Array, probe: Probe, echo: Array, attenuation: Array, mirror: Array
) -> None:
    """Lay the abdominal wall over the liver, and the diaphragm with what is behind it."""
    aside, ahead = turned(x - pose.x_mm, y - pose.y_mm, liver.diaphragm_turn)
    dome = liver.diaphragm_mm - aside**2 / (2 * liver.diaphragm_radius_mm)
    beyond = ahead - dome - 2 * smooth(liver.seed + 6, 40.0, aside, ahead)
    behind = beyond > 0
    echo[behind] = (LUNG_DB - 0.2 * beyond + 0.5 * echo)[behind]
    surface = np.exp(-((beyond / DIAPHRAGM_MM) ** 2)) * (1 - 0.9 * _grazing(-beyond, probe))
    level = DIAPHRAGM_DB + 4 * smooth(liver.seed + 7, 10.0, aside, ahead) + _db(surface)
    mirror[:] = np.maximum(mirror, level - 6)
    echo[:] = np.maximum(echo, level)
    depth = probe.depths + 1.5 * smooth(liver.seed + 4, 30.0, x, y)
    wall = depth < liver.wall_mm
    layers = WALL_DB + 5 * np.sin(depth * 2 * np.pi / 5.5) * smooth(liver.seed + 5, 20.0, x, 6 * y)
    echo[wall] = layers[wall]
    skin = np.exp(-((probe.depths / 1.5) ** 2)) + 0.5 * np.exp(-(((depth - liver.wall_mm) / 0.7) ** 2))
    echo[:] = np.maximum(echo, SKIN_DB + _db(skin))
    attenuation[wall] = LIVER_ATTENUATION
