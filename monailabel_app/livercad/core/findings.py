"""Findings: what one analysis says about one study. The one result type of batch, server, report and Slicer."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar, Union

from livercad.core.geometry import Box, Line, Point
from livercad.core.phases import Phase

SCHEMA_VERSION = "1.0"
"""Changes in its first number when an older reader would misread a newer file."""

DISCLAIMER = "Research software, not a medical device. Not for diagnosis or treatment."

T = TypeVar("T")


class Caution(StrEnum):
    """Why a result may be less reliable than it looks."""

    THICK_SLICES = "thick_slices"
    UNENHANCED = "unenhanced"
    LIVER_CUT = "liver_cut"
    TINY_LESION = "tiny_lesion"
    PHASE_ASSUMED = "phase_assumed"


@dataclass(frozen=True)
class FindingsWarning:
    """One reason for caution.

    Parameters
    ----------
    code : Caution
        For programs.
    message : str
        For people, with the numbers.
    """

    code: Caution
    message: str


@dataclass(frozen=True)
class PhaseRead:
    """One volume that was read.

    Parameters
    ----------
    phase : Phase or None
        None when neither name nor table tells it.
    told_by : str
        ``name``, ``table`` or ``unknown``: how the phase is known.
    source : str
        The file, or the DICOM series' folder and series UID.
    shape : tuple of int
        Voxels along I, J, K.
    spacing_mm : tuple of float
        Voxel size along I, J, K in mm.
    is_reference : bool
        Whether liver and lesions were found in this volume.
    """

    phase: Phase | None
    told_by: str
    source: str
    shape: tuple[int, int, int]
    spacing_mm: Point
    is_reference: bool


@dataclass(frozen=True)
class LiverFinding:
    """The liver.

    Parameters
    ----------
    volume_ml : float
        Volume with its lesions, in ml.
    mean_hu, sd_hu : float
        Mean and standard deviation of the liver without its lesions, in HU.
    box : Box
        Around the liver, RAS mm.
    is_cut : bool
        Whether the liver touches the first or last slice, or the side of the image.
    """

    volume_ml: float
    mean_hu: float
    sd_hu: float
    box: Box
    is_cut: bool


@dataclass(frozen=True)
class Lesion:
    """One lesion: a 26-connected component of the lesion mask.

    Parameters
    ----------
    number : int
        From 1, largest first; its value in the map of instances.
    score : float
        How sure the detection is, in [0, 1].
    volume_ml : float
        Volume in ml.
    box : Box
        Around the lesion, RAS mm.
    center : tuple of float
        Centre of mass, RAS mm.
    diameter : Line
        The longest axial diameter (RECIST 1.1), RAS mm.
    short_diameter : Line
        The longest diameter perpendicular to it in the same slice, RAS mm.
    diameter_mm, short_diameter_mm : float
        Their lengths in mm.
    mean_hu, sd_hu : float
        Mean and standard deviation inside the lesion in the reference phase, in HU.
    liver_fraction : float
        Lesion volume over liver volume, in [0, 1].
    surface_distance_mm : float
        Smallest distance from the lesion to the liver's surface in mm; 0 when it reaches it.
    """

    number: int
    score: float
    volume_ml: float
    box: Box
    center: Point
    diameter: Line
    short_diameter: Line
    diameter_mm: float
    short_diameter_mm: float
    mean_hu: float
    sd_hu: float
    liver_fraction: float
    surface_distance_mm: float


@dataclass(frozen=True)
class ModelUsed:
    """A model that took part.

    Parameters
    ----------
    name, version : str
        As in the registry of models.
    sha256 : str
        Of the weights that were loaded.
    runtime : str
        What ran it, for example ``openvino bf16`` or ``torch fp32``.
    """

    name: str
    version: str
    sha256: str
    runtime: str


@dataclass(frozen=True)
class Findings:
    """Everything one analysis says about one study.

    Parameters
    ----------
    case : str
        One patient's examination; the server's image id.
    phases : tuple of PhaseRead
        The volumes read.
    liver : LiverFinding
        The liver in the reference phase.
    lesions : tuple of Lesion
        Largest first; empty when none was found.
    warnings : tuple of FindingsWarning
        Reasons for caution.
    models : tuple of ModelUsed
        What found liver and lesions.
    livercad_version : str
        Version of this software.
    timings_s : dict of str to float
        Seconds by step of the pipeline.
    schema_version : str
        `SCHEMA_VERSION` at the time of writing.
    disclaimer : str
        Shown wherever a result is shown.
    """

    case: str
    phases: tuple[PhaseRead, ...]
    liver: LiverFinding
    lesions: tuple[Lesion, ...]
    warnings: tuple[FindingsWarning, ...]
    models: tuple[ModelUsed, ...]
    livercad_version: str
    timings_s: dict[str, float] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION
    disclaimer: str = DISCLAIMER

    @property
    def reference(self) -> PhaseRead:
        """The volume that liver and lesions were found in."""
        return next(phase for phase in self.phases if phase.is_reference)

    def to_dict(self) -> dict[str, Any]:
        """Everything as dicts, lists, strings and numbers, ready for JSON."""
        return typing.cast(dict[str, Any], _plain(self))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Findings:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : dict
            Parsed JSON.

        Returns
        -------
        Findings
            Equal to what was written.

        Raises
        ------
        ValueError
            If the schema's first number is another, or a field is missing or of the wrong type, or unknown and not
            of a newer schema. Fields that an older schema did not have take their defaults.
        """
        written = str(data.get("schema_version", "none"))
        if written.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
            raise ValueError(f"Findings of schema version {written} cannot be read; this is version {SCHEMA_VERSION}.")
        newer = int(written.split(".")[1]) > int(SCHEMA_VERSION.split(".")[1])
        return _typed(cls, data, "findings", ignore_unknown=newer)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, StrEnum):
        return value.value
    return value


def _typed(kind: Any, value: Any, where: str, *, ignore_unknown: bool) -> Any:
    """Build a value of an annotated type from plain JSON. Pydantic would do it, but Slicer has none."""

    def inner(kind: Any, value: Any, where: str) -> Any:
        return _typed(kind, value, where, ignore_unknown=ignore_unknown)

    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else inner(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: expected a list, found {value!r}.")
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(kinds) != len(value):
            raise ValueError(f"{where}: expected {len(kinds)} values, found {len(value)}.")
        return tuple(inner(k, item, f"{where}[{n}]") for n, (k, item) in enumerate(zip(kinds, value, strict=True)))
    if origin is dict:
        return {key: inner(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**{name: inner(*part) for name, part in _parts(kind, value, where, ignore_unknown).items()})
    if issubclass(kind, StrEnum):
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{where}: expected {kind.__name__}, found {value!r}.")
    return value


def _parts(kind: type, value: Any, where: str, ignore_unknown: bool) -> dict[str, tuple[Any, Any, str]]:
    """The fields of a dataclass that are given: their types, values and names for a message."""
    hints = typing.get_type_hints(kind)
    missing, default = dataclasses.MISSING, {f.name: (f.default, f.default_factory) for f in dataclasses.fields(kind)}
    required = {name for name, given in default.items() if given == (missing, missing)}
    if not isinstance(value, dict) or required - set(value) or (set(value) - set(hints) and not ignore_unknown):
        found = sorted(value) if isinstance(value, dict) else repr(value)
        raise ValueError(f"{where}: expected the fields {sorted(hints)}, found {found}.")
    return {name: (hint, value[name], f"{where}.{name}") for name, hint in hints.items() if name in value}
