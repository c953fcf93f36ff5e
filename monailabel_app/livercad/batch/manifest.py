"""What a result was made from, and whether it would come out the same today."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from livercad import __version__
from livercad.core.findings import SCHEMA_VERSION, ModelUsed
from livercad.core.phases import Phase
from livercad.core.ultrasound import SCHEMA_VERSION as ULTRASOUND_SCHEMA_VERSION
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.hashing import hash_file, hash_series
from livercad.studies.study import Study
from livercad.studies.ultrasound.cases import ImageCase

MANIFEST = "manifest.json"
"""Lies in the folder of every case that is done."""


class InputRead(BaseModel):
    """One series of a study, by content."""

    model_config = ConfigDict(frozen=True)

    phase: Phase | None
    told_by: str
    source: str
    sha256: str


class ImageInput(BaseModel):
    """One ultrasound image of a case, by content, with the lesions that are marked on it: column, row, diameter."""

    model_config = ConfigDict(frozen=True)

    name: str
    frame: int
    lesions: tuple[tuple[float, float, float], ...]
    source: str
    sha256: str


class Provenance(BaseModel):
    """Everything that a result depends on."""

    model_config = ConfigDict(frozen=True)

    case: str
    inputs: tuple[InputRead | ImageInput, ...]
    models: tuple[ModelUsed, ...]
    settings: dict[str, Any]
    livercad_version: str = __version__
    schema_version: str = SCHEMA_VERSION

    def fingerprint(self) -> str:
        """One hash over everything but three things.

        Where the files lie says nothing about what is in them. What ran a network (`ModelUsed.runtime`) and where it
        was asked to run (`Settings.device`) depend on the machine, and a batch that is resumed on another one, or
        spread over several, must not start over.

        Returns
        -------
        str
            SHA-256, hexadecimal.
        """
        relevant = self.model_dump(
            mode="json",
            exclude={
                "inputs": {"__all__": {"source"}},
                "models": {"__all__": {"runtime"}},
                "settings": {"device"},
            },
        )
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


class Manifest(BaseModel):
    """The record of a case that is done, written into its folder with its results.

    Parameters
    ----------
    fingerprint : str
        Of `provenance`, at the time of writing.
    provenance : Provenance
        What the results were made from.
    seconds : float
        How long the case took, reading and writing included.
    finished : datetime
        When it was done, with its time zone.
    """

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    provenance: Provenance
    seconds: float
    finished: datetime


def hash_inputs(study: Study | ImageCase) -> tuple[InputRead | ImageInput, ...]:
    """Hash the content of a study's files.

    Parameters
    ----------
    study : Study or ImageCase
        All series of a study are hashed, not only the reference.

    Returns
    -------
    tuple of InputRead or ImageInput
        In the study's order.
    """
    if isinstance(study, ImageCase):
        return _hash_images(study)
    return tuple(
        InputRead(phase=series.phase, told_by=series.told_by, source=series.source, sha256=hash_series(series))
        for series in study.series
    )


def provenance_of(
    study: Study | ImageCase,
    inputs: tuple[InputRead | ImageInput, ...],
    models: tuple[ModelUsed, ...],
    settings: Settings | UltrasoundSettings,
) -> Provenance:
    """Collect what an analysis of a study depends on.

    Parameters
    ----------
    study : Study or ImageCase
        What is analysed.
    inputs : tuple of InputRead or ImageInput
        From `hash_inputs`.
    models : tuple of ModelUsed
        What takes part.
    settings : Settings or UltrasoundSettings
        What is set.

    Returns
    -------
    Provenance
        With this software's versions.
    """
    schema = ULTRASOUND_SCHEMA_VERSION if isinstance(study, ImageCase) else SCHEMA_VERSION
    return Provenance(
        case=study.case,
        inputs=inputs,
        models=models,
        settings=settings.model_dump(mode="json"),
        schema_version=schema,
    )


def read_manifest(folder: Path) -> Manifest | None:
    """Read the record in a case's folder.

    Parameters
    ----------
    folder : Path
        ``OUT/<case>``.

    Returns
    -------
    Manifest or None
        None when there is none, or none that this version can read: the case is not done.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None


def _hash_images(case: ImageCase) -> tuple[ImageInput, ...]:
    """Each file once, however many of its frames are images."""
    hashes = {path: hash_file(path) for path in {image.path: None for image in case.images}}
    return tuple(
        ImageInput(
            name=image.name,
            frame=image.frame,
            lesions=tuple((*lesion.circle.center, lesion.circle.diameter) for lesion in image.lesions),
            source=str(image.path),
            sha256=hashes[image.path],
        )
        for image in case.images
    )
