"""Capturing: what a radiologist saw of a lesion, enlarged, as an 8-bit JPEG for each phase ("Image Processing")."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Point, axial_axis
from livercad.core.phases import Phase, window_of
from livercad.core.roi import axial_squares, side_of
from livercad.core.volume import Volume
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings


def largest_section(lesion: Volume) -> tuple[Point, float]:
    """Find the axial section with a lesion's longest diameter.

    Parameters
    ----------
    lesion : Volume
        Mask, everything but 0.

    Returns
    -------
    center : tuple of float
        Middle of the longest diameter, RAS mm.
    diameter_mm : float
        Its length.
    """
    voxels = np.argwhere(lesion.array != 0)
    longest, _ = longest_axial_diameters(lesion.crop(voxels.min(axis=0), voxels.max(axis=0) + 1))
    r, a, s = ((start + end) / 2 for start, end in zip(longest.start, longest.end, strict=True))
    return (r, a, s), longest.length_mm


def table_positions(center: Point, diameter_mm: float, count: int, settings: CaptureSettings) -> list[Point]:
    """Sections of one lesion at several table positions: the largest, then by turns above and below it.

    Parameters
    ----------
    center : tuple of float
        Of the largest section, RAS mm.
    diameter_mm : float
        The lesion's.
    count : int
        How many.
    settings : CaptureSettings
        How far apart.

    Returns
    -------
    list of tuple of float
        RAS mm.
    """
    step = min(settings.position_step_mm, settings.position_step_share * diameter_mm)
    offsets = [step * ((n + 1) // 2) * (1 if n % 2 else -1) for n in range(count)]
    return [(center[0], center[1], center[2] + offset) for offset in offsets]


def capture(
    images: Mapping[Phase, Volume], center: Point, diameter_mm: float, ratio: float, settings: CaptureSettings
) -> list[bytes]:
    """Capture one image set.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU; sections between two slices are interpolated, what lies outside is black.
    center : tuple of float
        Middle of the images, RAS mm.
    diameter_mm : float
        Of the lesion.
    ratio : float
        Diameter over the side of the central part.
    settings : CaptureSettings
        Sizes and JPEG quality.

    Returns
    -------
    list of bytes
        A grey JPEG of `settings.width` × `settings.height` for each of `PHASES`.
    """
    side_mm = side_of(diameter_mm, ratio, settings.minimum_side_mm)
    return [_jpeg(_view(images[phase], phase, center, side_mm, settings), settings.jpeg_quality) for phase in PHASES]


def opened(jpegs: Sequence[bytes]) -> list[Image.Image]:
    """Decode captured images."""
    return [Image.open(io.BytesIO(data)).convert("L") for data in jpegs]


def network_images(captured: Sequence[Image.Image], settings: CaptureSettings) -> np.ndarray:
    """Crop the central part and scale it down: a test image set.

    Parameters
    ----------
    captured : sequence of Image
        One for each phase.
    settings : CaptureSettings
        Sizes.

    Returns
    -------
    ndarray of uint8, shape (phases, pixels, pixels)
        Rows from front to back, columns from the patient's right to left.
    """
    return scaled_parts(captured, settings.crop, (0, 0), settings)


def scaled_parts(
    captured: Sequence[Image.Image], crop: float, shift: tuple[float, float], settings: CaptureSettings
) -> np.ndarray:
    """Crop a square and scale it down.

    Parameters
    ----------
    captured : sequence of Image
        One for each phase.
    crop : float
        Side of the square in pixels of the captured image.
    shift : tuple of float
        Of the square against the middle, in these pixels, to the right and down.
    settings : CaptureSettings
        Size and filter.

    Returns
    -------
    ndarray of uint8, shape (phases, pixels, pixels)
        Grey values.
    """
    size = (settings.pixels, settings.pixels)
    left = (settings.width - crop) / 2 + shift[0]
    top = (settings.height - crop) / 2 + shift[1]
    box = (left, top, left + crop, top + crop)
    kind = Image.Resampling[settings.resize_filter.name]
    return np.stack([np.asarray(image.resize(size, kind, box=box)) for image in captured])


def _view(volume: Volume, phase: Phase, center: Point, side_mm: float, settings: CaptureSettings) -> Image.Image:
    """The viewer's enlarged image: CT pixels, windowed, blown up."""
    longest = max(settings.width, settings.height)
    shown_mm = side_mm * longest / settings.crop
    pixels = min(longest, round(shown_mm / _pixel_mm(volume)))
    section = axial_squares(volume, center, shown_mm, pixels)[0]
    low, high = window_of(phase).range_hu
    grey = np.clip((section - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
    square = Image.fromarray(grey).resize((longest, longest), Image.Resampling.BILINEAR)
    left, top = (longest - settings.width) // 2, (longest - settings.height) // 2
    return square.crop((left, top, left + settings.width, top + settings.height))


def _pixel_mm(volume: Volume) -> float:
    """Size of the CT's pixels in an axial section, along its finer side; slices may lie closer together."""
    axis = axial_axis(volume.affine)
    return min(size for n, size in enumerate(volume.spacing) if n != axis)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=quality)
    return stream.getvalue()
