"""Cases with labels to learn from, each with the version of its label."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import cc3d
import numpy as np

from livercad.core.annotation import Annotation, Verdict
from livercad.core.taxonomy import CLASS_OF, Label, LesionClass, LesionType
from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.learning.contents import contents_of, stamp_series
from livercad.studies.hashing import hash_file, hash_series
from livercad.studies.itk import ITK_SUFFIXES, read_itk_file
from livercad.studies.nifti import read_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study


@dataclass(frozen=True)
class LabelVersion:
    """Which label of a case it is.

    Parameters
    ----------
    tag : str
        The server's tag; ``truth`` for what lies in a folder of truth.
    number : int
        From 1.
    sha256 : str
        Of the label's file; of both where lesions have a file of their own.
    annotator : str
        Who drew it, as far as it is known.
    submitted : str
        When, in ISO 8601, UTC; empty where nobody knows.
    """

    tag: str
    number: int
    sha256: str
    annotator: str = ""
    submitted: str = ""


@dataclass(frozen=True)
class LabelledCase:
    """A case and one version of its label. Nothing is loaded until it is asked for.

    Parameters
    ----------
    case : str
        Its name.
    patient : str
        Whose it is; the case's name where nobody knows.
    study : Study
        Its images.
    reference : Series
        The image that the label lies on.
    label : Path
        The label map (`Label`); or the liver's mask where `lesions` is another file.
    version : LabelVersion
        Of the label.
    lesions : Path or None
        Mask of the lesions, or map of their numbers, as folders of truth have them.
    instances : Path or None
        Map of the lesions' numbers; None where nobody has numbered them.
    types : dict of int to LesionType
        By number, where somebody has told it.
    classes : dict of int to LesionClass
        Likewise; also of lesions of which only the class is told.
    has_lesions : bool
        False where only the liver is outlined, so that nothing is known of lesions in it.
    """

    case: str
    patient: str
    study: Study
    reference: Series
    label: Path
    version: LabelVersion
    lesions: Path | None = None
    instances: Path | None = None
    types: dict[int, LesionType] = field(default_factory=dict)
    classes: dict[int, LesionClass] = field(default_factory=dict)
    has_lesions: bool = True

    def read_image(self) -> Volume:
        """Reference image in HU; InputError if it cannot be read."""
        return load_series(self.reference)

    def read_label(self) -> Volume:
        """Label map.

        Returns
        -------
        Volume
            uint8, `Label`, on the reference image's grid (see `check_grid`).

        Raises
        ------
        InputError
            If a file cannot be read, has other values, or liver and lesions lie on different grids.
        """
        volume = read_map(self.label)
        if self.lesions is None:
            strange = set(np.unique(volume.array).tolist()) - {int(value) for value in Label}
            if strange:
                raise _error(self.label, f"values {sorted(strange)[:10]}", "only 0, 1 (liver) and 2 (lesion)")
            return volume.like(volume.array.astype(np.uint8))
        lesions = read_map(self.lesions)
        if difference := grid_difference(lesions, volume):
            raise _error(self.lesions, f"another grid than {self.label.name}'s ({difference})", "masks on one grid")
        label = np.where(volume.array > 0, np.uint8(Label.LIVER), np.uint8(Label.BACKGROUND))
        label[lesions.array > 0] = Label.LESION
        return volume.like(label)

    def read_instances(self) -> Volume:
        """Map of the lesions.

        Returns
        -------
        Volume
            uint16, 0 or a lesion's number. Where nobody has numbered them, voxels that touch are a lesion.

        Raises
        ------
        InputError
            As of `read_label`.
        """
        if self.instances is None:
            label = self.read_label()
            return label.like(cc3d.connected_components(label.array == Label.LESION).astype(np.uint16))
        volume = read_map(self.instances)
        whole = volume.array.astype(np.uint16)
        if (whole != volume.array).any():
            raise _error(self.instances, "values that are no lesions' numbers", "whole numbers from 0 to 65535")
        return volume.like(whole)

    def check_grid(self, image: Volume, label: Volume) -> None:
        """Refuse a label that lies on another grid than its image.

        Parameters
        ----------
        image, label : Volume
            As `read_image` and `read_label` return them.

        Raises
        ------
        InputError
            With how they differ.
        """
        if difference := grid_difference(label, image):
            raise _error(self.label, f"another grid than {self.reference.source} ({difference})", "its image's grid")

    def contents(self) -> tuple[str, ...]:
        """Hashes by which a copy of the case is known under another name, see `contents_of`."""
        return contents_of(self.study, self.reference)

    def fingerprint(self) -> str:
        """Hash of all that a training sees of the case: images, label, numbers, types.

        Returns
        -------
        str
            SHA-256, in hexadecimal. Names and places of files do not count.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        return self._hash([hash_series(series) for series in self.study.series])

    def stamp(self) -> str:
        """Like `fingerprint`, but of images only place, size and date: at once, however large they are.

        Returns
        -------
        str
            SHA-256, in hexadecimal. Another one where a file was moved.

        Raises
        ------
        InputError
            If a file is missing.
        """
        return self._hash([stamp_series(series) for series in self.study.series])

    def _hash(self, images: list[str]) -> str:
        seen = {
            "images": images,
            "phases": [series.phase for series in self.study.series],
            "reference": self.study.series.index(self.reference),
            "label": [hash_file(path) if path else "" for path in (self.label, self.lesions, self.instances)],
            "types": sorted(self.types.items()),
            "classes": sorted(self.classes.items()),
            "has_lesions": self.has_lesions,
        }
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def told_in(annotation: Annotation) -> tuple[dict[int, LesionType], dict[int, LesionClass]]:
    """Types and classes that an annotator has told.

    Parameters
    ----------
    annotation : Annotation
        Of a case.

    Returns
    -------
    types : dict of int to LesionType
        By number; not of rejected lesions.
    classes : dict of int to LesionClass
        Likewise, those of `types` among them.
    """
    lesions = [lesion for lesion in annotation.lesions if lesion.verdict is not Verdict.REJECTED]
    types = {lesion.number: lesion.type for lesion in lesions if lesion.type}
    return types, {lesion.number: lesion.label for lesion in lesions if lesion.label}


def classes_of(types: dict[int, LesionType]) -> dict[int, LesionClass]:
    """Classes of lesions whose types are known."""
    return {number: CLASS_OF[kind] for number, kind in types.items()}


def read_map(path: Path) -> Volume:
    """Read a label map: NIfTI, or one of the formats that ITK reads.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Volume
        In the file's axis order.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return read_itk_file(path) if path.name.lower().endswith(ITK_SUFFIXES) else read_volume(path)


def _error(path: Path, found: str, expected: str) -> InputError:
    return InputError(path, found=found, expected=expected, todo="Mend the label; without it the case is left out.")
