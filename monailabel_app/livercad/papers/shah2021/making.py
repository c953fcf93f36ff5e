"""Making the images of all patients: once, taken up again after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from livercad.code import code_hash
from livercad.errors import LiverCADError
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.cutting import images_of
from livercad.papers.shah2021.images import Record
from livercad.papers.shah2021.settings import PHASES, ImageSettings
from livercad.papers.shah2021.sources import Patient, PatientSource
from livercad.papers.workers import run_all
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text

CODE = (
    "livercad.core.geometry",
    "livercad.core.volume",
    "livercad.papers.shah2021.cutting",
    "livercad.papers.shah2021.images",
    "livercad.papers.shah2021.preprocessing",
    __name__,
)
"""What images depend on, but for their source: of another version's code they are made again."""


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
