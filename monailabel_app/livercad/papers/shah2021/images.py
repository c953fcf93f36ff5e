"""The images of all patients: made once, kept in a file a patient, taken up again after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.code import code_hash
from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError, LiverCADError
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.preprocessing import Field, axial_images, preprocessed
from livercad.papers.shah2021.settings import PHASES, ImageSettings
from livercad.papers.shah2021.sources import Part, Patient, PatientImages, PatientSource
from livercad.papers.workers import run_all
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text

FOLDER = "images"
CODE = ("livercad.core.geometry", "livercad.core.volume", "livercad.papers.shah2021.preprocessing", __name__)
"""What images depend on, but for their source: of another version's code they are made again."""
ENDS = 0.04
"""Share of the liver's height that is left out above the first and below the last of the whole liver's images."""

Array = npt.NDArray[Any]


class Image(BaseModel):
    """One image, without its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: str
    person: str
    part: Part | None
    phase: Phase
    height_mm: float
    number: int
    """Which of the patient's, in the file of his images."""
    lesions: dict[int, ShahClass]
    """Those that it shows, by number; none in an image of the whole liver."""

    @property
    def name(self) -> str:
        """Of the image, in tables and files."""
        return f"{self.patient}/{self.number:03}"

    @property
    def kind(self) -> ShahClass:
        """What it shows; of several the first, which has the largest area."""
        return next(iter(self.lesions.values()))


class Record(BaseModel):
    """The images of one patient, and what they were made from; written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    liver_images: list[Image]
    lesion_images: list[Image]
    sha256: str
    """Of all pixels."""
    problem: str = ""
    """Why there are none."""


@dataclass(frozen=True)
class Pixels:
    """The pixels of a patient's images.

    Parameters
    ----------
    grey : ndarray of uint8, shape (images, pixels, pixels)
        Preprocessed.
    liver : ndarray of bool, shape (images, pixels, pixels)
        As marked, lesions included.
    lesions : ndarray of uint8, shape (images, pixels, pixels)
        Lesion numbers, as marked.
    first_hu : ndarray of int16, shape (pixels, pixels)
        The first image with a lesion, not preprocessed, to be shown.
    """

    grey: npt.NDArray[np.uint8]
    liver: npt.NDArray[np.bool_]
    lesions: npt.NDArray[np.uint8]
    first_hu: npt.NDArray[np.int16]


def make_images(
    source: PatientSource, folder: Path, settings: ImageSettings, workers: int, progress: Progress = silent
) -> tuple[list[Record], list[str]]:
    """Make the images of all patients; what is there already and still holds is kept.

    Parameters
    ----------
    source : PatientSource
        The patients.
    folder : Path
        Where to write: ``PATIENT.npz`` and ``PATIENT.json``.
    settings : ImageSettings
        How.
    workers : int
        Processes.
    progress : Progress
        Counts patients.

    Returns
    -------
    records : list of Record
        Of patients with images, in the source's order.
    problems : list of str
        Patients whose images cannot be used, and why; they are tried again the next time.
    """
    todo = [patient for patient in source.patients if not _is_kept(source, folder, patient, settings)]
    run_all(_Maker(source, folder, settings), todo, workers, len(todo), progress, "making images")
    records = [record for patient in source.patients if (record := _record(folder, patient.name))]
    return [each for each in records if not each.problem], [each.problem for each in records if each.problem]


def pixels_of(folder: Path, patient: str) -> Pixels:
    """Read the pixels of a patient's images.

    Parameters
    ----------
    folder : Path
        As `make_images` has written it.
    patient : str
        His name.

    Returns
    -------
    Pixels
        In the order of `Image.number`.
    """
    with np.load(folder / f"{patient}.npz") as file:
        return Pixels(file["grey"], file["liver"], file["lesions"], file["first_hu"])


def hash_of(records: Sequence[Record]) -> str:
    """SHA-256 of all images and of what they show."""
    return hashlib.sha256("\n".join(record.model_dump_json(exclude={"key"}) for record in records).encode()).hexdigest()


@dataclass(frozen=True)
class _Maker:
    """Makes a patient's images."""

    source: PatientSource
    folder: Path
    settings: ImageSettings

    def __call__(self, patient: Patient) -> None:
        key = _key(self.source, patient, self.settings)
        try:
            record = self._made(patient, key)
        except LiverCADError as error:
            problem = f"{patient.name}: {error}"
            record = Record(key=key, liver_images=[], lesion_images=[], sha256="", problem=problem)
        write_text(self.folder / f"{patient.name}.json", record.model_dump_json(indent=1))

    def _made(self, patient: Patient, key: str) -> Record:
        images = self.source.load(patient)
        found, pixels = images_of(patient, images, self.settings)
        with replacing(self.folder / f"{patient.name}.npz") as path, path.open("wb") as stream:
            np.savez_compressed(
                stream, grey=pixels.grey, liver=pixels.liver, lesions=pixels.lesions, first_hu=pixels.first_hu
            )
        digest = hashlib.sha256(b"".join(part.tobytes() for part in (pixels.grey, pixels.liver, pixels.lesions)))
        lesion_images = [each for each in found if each.lesions]
        return Record(
            key=key,
            liver_images=[each for each in found if not each.lesions],
            lesion_images=lesion_images,
            sha256=digest.hexdigest(),
        )


def images_of(patient: Patient, ct: PatientImages, settings: ImageSettings) -> tuple[list[Image], Pixels]:
    """Cut a patient's CT into images: those of lesions, then those of the whole liver.

    Parameters
    ----------
    patient : Patient
        Whose it is.
    ct : PatientImages
        Of any orientation.
    settings : ImageSettings
        How.

    Returns
    -------
    images : list of Image
        What each shows.
    pixels : Pixels
        In the same order.

    Raises
    ------
    InputError
        If no image shows a lesion as the paper wants it, or the liver's mask is empty.
    """
    phases = [phase for phase in PHASES if phase in ct.images]
    known = np.where(np.isin(ct.lesions.array, list(patient.lesions)), ct.lesions.array, 0)
    ct = replace(ct, lesions=ct.lesions.like(known.astype(np.uint8)))
    low, high = _extent(ct.liver)
    images: list[Image] = []
    parts: list[tuple[Array, Array, Array, Array]] = []
    for phase, heights in _with_lesions(ct, phases, settings).items():
        parts.append(_cut(ct, phase, heights, settings))
        images += [
            _image(patient, phase, height, lesions) for height, lesions in zip(heights, parts[-1][3], strict=True)
        ]
    margin = ENDS * (high - low)
    whole = np.linspace(low + margin, high - margin, settings.liver_images)
    for n, phase in enumerate(phases):
        heights = whole[n :: len(phases)].tolist()
        if heights:
            parts.append(_cut(ct, phase, heights, settings))
            images += [_image(patient, phase, height, None) for height in heights]
    hu, grey, liver, lesions = (np.concatenate([part[n] for part in parts]) for n in range(4))
    numbered = [image.model_copy(update={"number": n}) for n, image in enumerate(images)]
    return numbered, Pixels(grey, liver, lesions, hu[0])


def _image(patient: Patient, phase: Phase, height: float, lesions: Array | None) -> Image:
    there: dict[int, ShahClass] = {}
    if lesions is not None:
        areas = np.bincount(lesions.ravel())
        there = {int(n): patient.lesions[int(n)] for n in np.argsort(-areas, kind="stable") if n and areas[n]}
    return Image(
        patient=patient.name,
        person=patient.identity,
        part=patient.part,
        phase=phase,
        height_mm=round(height, 3),
        number=0,
        lesions=there,
    )


def _cut(
    ct: PatientImages, phase: Phase, heights: Sequence[float], settings: ImageSettings
) -> tuple[Array, Array, Array, Array]:
    volume = ct.images[phase]
    field = Field.of(volume, settings)
    hu = axial_images(volume, heights, field)
    liver = axial_images(_mask(ct.liver), heights, field, labels=True) > 0
    lesions = axial_images(ct.lesions, heights, field, labels=True).astype(np.uint8)
    grey = np.stack([preprocessed(image, settings) for image in hu])
    return np.rint(hu).astype(np.int16), grey, liver | (lesions > 0), lesions


def _with_lesions(ct: PatientImages, phases: Sequence[Phase], settings: ImageSettings) -> dict[Phase, list[float]]:
    """Heights of images with lesions that are large enough and not too large, evenly taken where there are many."""
    low, high = _extent(ct.lesions)
    steps = np.arange(np.floor(low / settings.slice_mm), np.ceil(high / settings.slice_mm) + 1) * settings.slice_mm
    usable: list[tuple[float, Phase]] = []
    for phase in phases:
        field = Field.of(ct.images[phase], settings)
        lesions = axial_images(ct.lesions, steps, field, labels=True)
        area = (lesions > 0).sum(axis=(1, 2))
        whole = ((axial_images(_mask(ct.liver), steps, field, labels=True) > 0) | (lesions > 0)).sum(axis=(1, 2))
        wanted = (area * field.pixel_mm**2 >= settings.smallest_mm2) & (area < settings.largest_share * whole)
        usable += [(float(height), phase) for height in steps[wanted]]
    if not usable:
        raise InputError(
            "the masks",
            found="no image that shows a lesion",
            expected=f"lesions of {settings.smallest_mm2:g} mm² or more that cover less than "
            f"{settings.largest_share:.0%} of the liver",
            todo="Leave the patient out of the table, or check the masks.",
        )
    usable.sort(key=lambda pair: (pair[0], PHASES.index(pair[1])))
    count = min(settings.lesion_images, len(usable))
    chosen = [usable[n] for n in np.round(np.linspace(0, len(usable) - 1, count)).astype(int)]
    return {phase: own for phase in phases if (own := [height for height, other in chosen if other is phase])}


def _extent(mask: Volume) -> tuple[float, float]:
    """Lowest and highest S of a liver or of lesions in mm."""
    where = np.argwhere(mask.array > 0)
    if not len(where):
        raise InputError("the masks", found="an empty one", expected="liver and lesions", todo="Check both files.")
    heights = transform_points(where, mask.affine)[:, 2]
    return float(heights.min()), float(heights.max())


def _mask(volume: Volume) -> Volume:
    return volume.like((volume.array > 0).astype(np.uint8))


def _record(folder: Path, name: str) -> Record | None:
    try:
        return Record.model_validate_json((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def _is_kept(source: PatientSource, folder: Path, patient: Patient, settings: ImageSettings) -> bool:
    record = _record(folder, patient.name)
    if record is None or record.problem or record.key != _key(source, patient, settings):
        return False
    return (folder / f"{patient.name}.npz").is_file()


def _key(source: PatientSource, patient: Patient, settings: ImageSettings) -> str:
    made_from: tuple[Any, ...] = (
        *(code_hash(*CODE), source.key(patient), patient.name, _sorted(patient.lesions), patient.identity),
        *(patient.part, PHASES, settings.model_dump_json()),
    )
    return hashlib.sha256("\n".join(map(str, made_from)).encode()).hexdigest()


def _sorted(lesions: Mapping[int, ShahClass]) -> list[tuple[int, str]]:
    return sorted((number, kind.value) for number, kind in lesions.items())
