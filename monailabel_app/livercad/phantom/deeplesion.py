"""Phantoms laid out like DeepLesion: single slices of CT, lesions marked by boxes, many of them not marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Line, transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text
from livercad.studies.deeplesion.folder import COMPLETE, IMAGES, TABLE, read_rows, write_table
from livercad.studies.deeplesion.rows import PADDING, CoarseType, LesionRow, Part
from livercad.studies.deeplesion.slices import encode

FIELD_MM = 384.0
"""Side of the image: the common field of view of an abdominal CT, 512 pixels of 0.75 mm."""
HEIGHT_MM = 240.0
"""From above the liver's dome to below its tip."""
ORIENTATION = "LPI"
"""Columns run to the patient's left, rows to the back, slices to the feet, as DeepLesion's do."""
WINDOW = (-175.0, 275.0)
"""HU; that of most abdominal scans of DeepLesion."""
SMALLEST_MM = 5.0
"""Longest diameter in the slice from which a lesion is marked: smaller sections are not measured."""
PARTS = (Part.TRAINING,) * 7 + (Part.VALIDATION,) + (Part.TEST,) * 2
"""Of ten patients. DeepLesion's is 70/15/15 %; more test patients than validation patients tell more of the test."""
PATIENTS = "patients"
"""Folder with each patient's rows: what is there is not made again."""


@dataclass(frozen=True)
class Options:
    """What the data set is to be like.

    Parameters
    ----------
    patients : int
        How many.
    seed : int
        Another seed, other patients.
    size : int
        Pixels along a side; 512 as in DeepLesion, fewer are made sooner.
    slice_mm : float
        Distance of slices; DeepLesion has 1 and 5 mm.
    context : int
        Slices written before and after each key slice.
    main_only : bool
        Whether each slice has only its main (largest) lesion marked, the noise that Aluko et al. tell of ("The labels
        from our dataset only identify the main lesion ... and leave out other lesions that are present", section 6).
    """

    patients: int = 10
    seed: int = 0
    size: int = 512
    slice_mm: float = 5.0
    context: int = 1
    main_only: bool = False

    @property
    def key(self) -> str:
        """What a patient's slices depend on."""
        told = {name: value for name, value in asdict(self).items() if name != "patients"}
        return f"{phantom_code_hash(__name__, 'livercad.studies.deeplesion')} {told}"


def write_deeplesion(folder: Path, options: Options, progress: Progress = silent) -> list[LesionRow]:
    """Write phantoms as DeepLesion is laid out.

    ``DL_info.csv`` (with a further column ``Lesion_type``), ``DL_all.csv`` (the same with every lesion of every slice),
    ``Images_png/<series>/<slice>.png``. What a call before has made with the same options is kept.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    options : Options
        What to make.
    progress : Progress
        Called after every patient.

    Returns
    -------
    list of LesionRow
        Those of ``DL_info.csv``.
    """
    for number in range(1, options.patients + 1):
        progress(number - 1, options.patients, f"patient {number}")
        write_patient(folder, options, number)
    progress(options.patients, options.patients, "done")
    return write_tables(folder, options)


def write_patient(folder: Path, options: Options, number: int) -> None:
    """Write the slices of one patient and, last, his rows; nothing where they are there already.

    Parameters
    ----------
    folder : Path
        The data set's.
    options : Options
        What to make.
    number : int
        Which, from 1.
    """
    done = folder / PATIENTS / f"{number:06d}.key"
    if done.is_file() and done.read_text(encoding="utf-8") == options.key:
        return
    spacing = FIELD_MM / options.size
    study = make_ct_study(
        (options.seed, number),
        phases=(Phase.PORTAL,),
        shape=(options.size, options.size, round(HEIGHT_MM / options.slice_mm)),
        spacing=(spacing, spacing, options.slice_mm),
        orientation=ORIENTATION,
    )
    rows = rows_of(study, number, options)
    image = study.images[Phase.PORTAL].array
    for index in sorted({index for row in rows for index in _range(row)}):
        path = folder / IMAGES / rows[0].series / f"{index:03d}.png"
        with replacing(path) as temporary:
            encode(image[:, :, index - 1].T).save(temporary)
    write_table(done.with_suffix(".all.csv"), rows)
    write_table(done.with_suffix(".csv"), _main(rows) if options.main_only else rows)
    write_text(done, options.key)


def write_tables(folder: Path, options: Options) -> list[LesionRow]:
    """Put the patients' rows together.

    Parameters
    ----------
    folder : Path
        The data set's, with all patients.
    options : Options
        What was made.

    Returns
    -------
    list of LesionRow
        Those of ``DL_info.csv``.
    """
    numbers = range(1, options.patients + 1)
    everything = [row for n in numbers for row in read_rows(folder / PATIENTS / f"{n:06d}.all.csv")]
    rows = [row for n in numbers for row in read_rows(folder / PATIENTS / f"{n:06d}.csv")]
    write_table(folder / COMPLETE, everything)
    write_table(folder / TABLE, rows)
    return rows


def rows_of(study: CTStudy, number: int, options: Options) -> list[LesionRow]:
    """Mark every lesion of a study on its key slice, where it is largest, with all others that this slice shows.

    Parameters
    ----------
    study : CTStudy
        With its axes along `ORIENTATION`.
    number : int
        The patient's, from 1.
    options : Options
        `slice_mm`, `size` and `context` matter.

    Returns
    -------
    list of LesionRow
        By slice; in each, the lesion whose key slice it is first. Where it is that of two lesions, the larger.
    """
    kinds = {lesion.lesion: lesion.type.value for lesion in study.lesions}
    keys: dict[int, int] = {}
    for lesion in kinds:
        keys.setdefault(_key_slice(study.instances, lesion), lesion)
    rng = np.random.default_rng((options.seed, number, 2018))
    gender, age = str(rng.choice(("F", "M"))), float(rng.integers(25, 85))
    rows = []
    for k, main in sorted(keys.items()):
        others = [int(n) for n in np.unique(study.instances.array[:, :, k]) if n not in (0, main)]
        for lesion in (main, *others):
            row = _row(study.instances, lesion, k, number, options)
            if lesion == main or max(row.diameters_px or ()) * FIELD_MM / options.size >= SMALLEST_MM:
                rows.append(replace(row, kind=kinds[lesion], gender=gender, age=age))
    return rows


def _key_slice(instances: Volume, lesion: int) -> int:
    longest, _ = longest_axial_diameters(instances.like(instances.array == lesion))
    return round(float(transform_points(longest.start, np.linalg.inv(instances.affine))[2]))


def _row(instances: Volume, lesion: int, k: int, number: int, options: Options) -> LesionRow:
    section = instances.like(instances.array == lesion).crop((0, 0, k), (*instances.shape[:2], k + 1))
    lines = longest_axial_diameters(section)
    points = np.concatenate([_pixels(line, instances.affine) for line in lines])
    # As many mm at every size: the padding is told in pixels of a slice of 512.
    padding = PADDING * options.size / 512
    low, high = points.min(axis=0) - padding, points.max(axis=0) + padding
    spacing = FIELD_MM / options.size
    middle = points.mean(axis=0) / options.size
    index = k + 1
    return LesionRow(
        image=f"{number:06d}_01_01_{index:03d}",
        patient=number,
        slice=index,
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        measurement=tuple(points.ravel().tolist()),
        diameters_px=(lines[0].length_mm / spacing, lines[1].length_mm / spacing),
        location=(float(middle[0]), float(middle[1]), k / instances.shape[2]),
        type=CoarseType.LIVER,
        slice_range=(max(1, index - options.context), min(instances.shape[2], index + options.context)),
        spacing_mm=(spacing, spacing, options.slice_mm),
        size=(options.size, options.size),
        window=WINDOW,
        part=PARTS[(number - 1) % len(PARTS)],
    )


def _pixels(line: Line, affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ends of a line as x, y, counted from the edge of the first pixel, shape (2, 2)."""
    voxels = transform_points([line.start, line.end], np.linalg.inv(affine))
    return np.asarray(voxels[:, :2] + 0.5)


def _range(row: LesionRow) -> Iterable[int]:
    first, last = row.slice_range or (row.slice, row.slice)
    return range(first, last + 1)


def _main(rows: Sequence[LesionRow]) -> list[LesionRow]:
    """Slices whose lesion is the largest that they show, with it alone; others would leave out their main lesion."""
    slices: dict[str, list[LesionRow]] = {}
    for row in rows:
        slices.setdefault(row.image, []).append(row)
    return [own[0] for own in slices.values() if own[0] == max(own, key=lambda row: max(row.diameters_px or (0.0,)))]
