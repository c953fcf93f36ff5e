"""The image sets of all patients: captured once, kept as JPEG files, taken up again after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.code import code_hash
from livercad.core.phases import Phase
from livercad.core.taxonomy import YasakaCategory
from livercad.errors import LiverCADError
from livercad.papers.workers import run_all
from livercad.papers.yasaka2018.capture import capture, largest_section, table_positions
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings
from livercad.papers.yasaka2018.sources import LesionSource, Part, Patient
from livercad.progress import Progress, silent
from livercad.studies.atomic import write_bytes, write_text

FOLDER = "image_sets"
CODE = (
    "livercad.core.diameters",
    "livercad.core.geometry",
    "livercad.core.phases",
    "livercad.core.roi",
    "livercad.core.volume",
    "livercad.papers.yasaka2018.capture",
    __name__,
)
"""What image sets depend on, but for their source: of another version's code they are made again."""


class ImageSet(BaseModel):
    """One lesion at one table position, captured in three phases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: str
    part: Part
    lesion: int
    position: int
    category: YasakaCategory
    hypervascular: bool | None
    kind: str
    scanner: str
    diameter_mm: float
    ratio: float
    files: dict[Phase, str]
    """Relative to the folder of image sets."""
    sha256: str
    """Of the three files."""

    def paths(self, folder: Path) -> list[Path]:
        """The files, in the order of `PHASES`."""
        return [folder / self.files[phase] for phase in PHASES]


class Record(BaseModel):
    """The image sets of one patient, and what they were made from; written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    sets: list[ImageSet]
    problem: str = ""
    """Why there are none."""


def make_image_sets(
    source: LesionSource,
    folder: Path,
    settings: CaptureSettings,
    seed: int,
    workers: int,
    progress: Progress = silent,
) -> tuple[list[ImageSet], list[str]]:
    """Capture all lesions of a source; what is there already and still holds is kept.

    Parameters
    ----------
    source : LesionSource
        The patients.
    folder : Path
        Where to write: a folder for each part and patient.
    settings : CaptureSettings
        How to capture.
    seed : int
        Of the enlargements.
    workers : int
        Processes.
    progress : Progress
        Counts patients.

    Returns
    -------
    sets : list of ImageSet
        In the order of the source's patients.
    problems : list of str
        Patients whose images cannot be used, and why; they are tried again the next time.
    """
    keys = {patient.name: _key(source, patient, settings, seed) for patient in source.patients}
    todo = [patient for patient in source.patients if not _is_kept(folder, patient, keys[patient.name])]
    captures = _Captures(source, folder, settings, seed)
    run_all(captures, todo, workers, len(todo), progress, "making image sets")
    records = [record for patient in source.patients if (record := _record(folder, patient))]
    return [each for record in records for each in record.sets], [each.problem for each in records if each.problem]


def hash_of(sets: Sequence[ImageSet]) -> str:
    """SHA-256 of the images and categories of image sets, in their order."""
    text = "\n".join(f"{each.sha256} {each.category}" for each in sets)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class _Captures:
    """Makes a patient's image sets."""

    source: LesionSource
    folder: Path
    settings: CaptureSettings
    seed: int

    def __call__(self, patient: Patient) -> None:
        try:
            sets, problem = self._of(patient), ""
        except LiverCADError as error:
            sets, problem = [], f"{patient.name}: {error}"
        record = Record(key=_key(self.source, patient, self.settings, self.seed), sets=sets, problem=problem)
        write_text(_record_path(self.folder, patient), record.model_dump_json(indent=1))

    def _of(self, patient: Patient) -> list[ImageSet]:
        rng = np.random.default_rng((self.seed, *patient.name.encode()))
        sets: list[ImageSet] = []
        for lesion, images in zip(patient.lesions, self.source.load(patient), strict=True):
            center, diameter_mm = largest_section(images.lesion)
            places = table_positions(center, diameter_mm, lesion.positions, self.settings)
            for position, place in enumerate(places, start=1):
                ratio = float(rng.uniform(*self.settings.ratio))
                jpegs = capture(images.images, place, diameter_mm, ratio, self.settings)
                sets.append(
                    ImageSet(
                        patient=patient.name,
                        part=patient.part,
                        lesion=lesion.number,
                        position=position,
                        category=lesion.category,
                        hypervascular=lesion.hypervascular,
                        kind=lesion.kind,
                        scanner=patient.scanner,
                        diameter_mm=round(diameter_mm, 2),
                        ratio=round(ratio, 4),
                        files=self._write(f"{patient.part}/{patient.name}/{lesion.number}-{position}", jpegs),
                        sha256=hashlib.sha256(b"".join(jpegs)).hexdigest(),
                    )
                )
        return sets

    def _write(self, stem: str, jpegs: Sequence[bytes]) -> dict[Phase, str]:
        files = {phase: f"{stem}_{phase}.jpg" for phase in PHASES}
        for phase, data in zip(PHASES, jpegs, strict=True):
            write_bytes(self.folder / files[phase], data)
        return files


def _record_path(folder: Path, patient: Patient) -> Path:
    return folder / patient.part / patient.name / "image_sets.json"


def _record(folder: Path, patient: Patient) -> Record | None:
    try:
        return Record.model_validate_json(_record_path(folder, patient).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def _is_kept(folder: Path, patient: Patient, key: str) -> bool:
    """Whether the patient's image sets were made from the same things and are still there."""
    record = _record(folder, patient)
    if record is None or record.problem or record.key != key:
        return False
    return all(path.is_file() for each in record.sets for path in each.paths(folder))


def _key(source: LesionSource, patient: Patient, settings: CaptureSettings, seed: int) -> str:
    made_from = (code_hash(*CODE), source.key(patient), patient, PHASES, settings.model_dump_json(), seed)
    return hashlib.sha256("\n".join(map(str, made_from)).encode()).hexdigest()
