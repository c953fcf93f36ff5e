"""Images of phantom cases with their truth, and a whole set written in a folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
from PIL import Image

from livercad import __version__
from livercad.code import code_hash
from livercad.core.circle import Circle, smallest_circle
from livercad.phantom.ultrasound.cohort import ASPECT, COLUMNS, Case, View, draw_cases, draw_view
from livercad.phantom.ultrasound.imaging import b_mode, envelope
from livercad.phantom.ultrasound.painting import inside_mm, paint, turned
from livercad.phantom.ultrasound.probe import Screen
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text
from livercad.studies.foreign import refuse_foreign
from livercad.studies.ultrasound.phantoms import RECORD, is_phantom
from livercad.studies.ultrasound.rows import TABLE, Row, read_annotations, write_annotations

IMAGES, MASKS = "images", "masks"
NORMAL = "normal"
"""Class of an image without a lesion, as AUL and BUSI call it."""
FILES = "us-[0-9]*-[0-9]*.png"
"""Images and masks of a set, by the names of its cases."""
PNG_LEVEL = 3
"""Of compression: speckle hardly shrinks, and higher levels take several times as long."""


@dataclass(frozen=True)
class Options:
    """What a set is to be like.

    Parameters
    ----------
    cases : int
        In all; 324 is Table I of Yamakawa 2020, with 980 images.
    seed : int
        Another seed, other patients.
    columns : int
        Pixels across an image; it has three quarters as many rows.
    normals : int
        Cases without a lesion, besides.
    """

    cases: int = 324
    seed: int = 0
    columns: int = COLUMNS
    normals: int = 0

    @property
    def key(self) -> str:
        """What a set depends on."""
        code = code_hash("livercad.phantom.ultrasound", "livercad.core.circle", "livercad.studies.ultrasound.rows")
        return f"{code} {asdict(self)}"


@dataclass(frozen=True)
class Picture:
    """An image with its truth.

    Parameters
    ----------
    array : ndarray of uint8, shape (rows, columns)
        B-mode.
    mask : ndarray of bool, shape (rows, columns)
        The lesion, without halo.
    circle : Circle or None
        That touches it; None without a lesion.
    view : View
        How it was made.
    """

    array: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    circle: Circle | None
    view: View


def make_picture(case: Case, number: int, columns: int = COLUMNS) -> Picture:
    """Make one image of a case.

    Parameters
    ----------
    case : Case
        Which.
    number : int
        Of the image, from 0.
    columns : int
        Pixels across.

    Returns
    -------
    Picture
        The same for the same case and number, but for speckle's pixels at another size.
    """
    view = draw_view(case, number)
    screen = Screen(view.probe, columns, round(columns * ASPECT))
    tissue = paint(case.look, case.liver, case.diameter_mm, view.pose, view.probe)
    amplitude = envelope(tissue, view.probe, view.knobs, np.random.default_rng((*case.seed, 3, number)))
    mask = lesion_mask(case, view, screen)
    circle = smallest_circle(mask) if case.look else None
    return Picture(b_mode(amplitude, screen, view.knobs), mask, circle, view)


def write_ultrasound(folder: Path, options: Options, progress: Progress = silent) -> list[Row]:
    """Write a set: ``images``, ``masks``, ``annotations.csv`` and ``phantom.json`` with all that was drawn.

    Parameters
    ----------
    folder : Path
        Made if it is not there; a set of the same options and code is kept, another one removed.
    options : Options
        What to make.
    progress : Progress
        Told of every case; may raise `Cancelled`: what is left has no table, and the next call begins anew.

    Returns
    -------
    list of Row
        A row an image, as in the table.

    Raises
    ------
    InputError
        If the folder has a table that is not of such a set; nothing is written then.
    """
    if _is_made(folder, options):
        return read_annotations(folder / TABLE)
    _begin(folder, options)
    cases = draw_cases(options.cases, options.seed, options.normals)
    rows, told = [], []
    for done, case in enumerate(cases):
        progress(done, len(cases), case.name)
        pictures = [make_picture(case, number, options.columns) for number in range(case.views)]
        own = [_written(folder, case, number, picture) for number, picture in enumerate(pictures)]
        rows += own
        told.append(_record(case, own, pictures))
    progress(len(cases), len(cases), "done")
    _write_record(folder, options, told)
    write_annotations(folder / TABLE, rows)  # last: without it there is no set
    return rows


def _begin(folder: Path, options: Options) -> None:
    """Remove a set of other options or code, and say that this one is begun."""
    is_own = is_phantom(folder)
    refuse_foreign(folder / TABLE, is_own)
    (folder / TABLE).unlink(missing_ok=True)
    if is_own:
        for name in (IMAGES, MASKS):
            for path in (folder / name).glob(FILES):
                path.unlink()
    _write_record(folder, options, [])


def _write_record(folder: Path, options: Options, told: list[dict[str, Any]]) -> None:
    versions = {"livercad": __version__, "numpy": np.__version__, "scipy": scipy.__version__}
    record = {"options": asdict(options), "key": options.key, "versions": versions, "cases": told}
    write_text(folder / RECORD, json.dumps(record, indent=1) + "\n")


def _is_made(folder: Path, options: Options) -> bool:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(record.get("key") == options.key and (folder / TABLE).is_file())


def lesion_mask(case: Case, view: View, screen: Screen) -> npt.NDArray[np.bool_]:
    """Where the image shows the lesion, if any, shape (rows, columns); neither halo nor blur are in it."""
    if case.look is None:
        return np.zeros_like(screen.sector)
    x, y = screen.places
    own_x, own_y = turned(x - view.pose.x_mm, y - view.pose.y_mm, -view.pose.turn)
    deep = inside_mm(case.look, case.diameter_mm / 2 * view.pose.scale, own_x, own_y)
    return (deep > 0) & screen.sector


def _written(folder: Path, case: Case, number: int, picture: Picture) -> Row:
    name = f"{case.name}-{number + 1}.png"
    _write_png(folder / IMAGES / name, picture.array)
    if case.look is None:
        return Row(case.name, f"{IMAGES}/{name}", kind=NORMAL)
    _write_png(folder / MASKS / name, picture.mask.astype(np.uint8) * np.uint8(255))
    return Row(case.name, f"{IMAGES}/{name}", kind=case.look.kind.value, circle=picture.circle, masks=f"{MASKS}/{name}")


def _write_png(path: Path, array: npt.NDArray[np.uint8]) -> None:
    with replacing(path) as temporary:
        Image.fromarray(array).save(temporary, format="PNG", compress_level=PNG_LEVEL)


def _record(case: Case, rows: list[Row], pictures: list[Picture]) -> dict[str, Any]:
    told = _plain(asdict(case))
    told["images"] = [
        {"image": row.image, "circle": picture.circle and asdict(picture.circle), **_plain(asdict(picture.view))}
        for row, picture in zip(rows, pictures, strict=True)
    ]
    return told


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Without numbers that JSON does not have."""
    return {
        name: _plain(value) if isinstance(value, dict) else None if value in (-np.inf, np.inf) else value
        for name, value in told.items()
    }
