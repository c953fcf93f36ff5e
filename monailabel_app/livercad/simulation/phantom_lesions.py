"""Phantom patients whose lesions are classified: a pool as lopsided and redundant as real ones, and an even test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from livercad.classification.augmentation import network_view
from livercad.classification.examples import TYPES, measured, squares_of
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES
from livercad.classification.scaling import to_network
from livercad.core.crops import PLANES
from livercad.core.taxonomy import LesionType
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.excerpts import PhantomPatient
from livercad.progress import Progress
from livercad.simulation.making import drawn_kinds, follow_ups, make_missing, seen_again
from livercad.studies.atomic import replacing

POOL_FREQUENCIES: dict[str, float] = {
    LesionType.CYST: 0.42,
    LesionType.METASTASIS: 0.26,
    LesionType.HEMANGIOMA: 0.18,
    LesionType.HCC: 0.06,
    LesionType.FNH: 0.02,
    LesionType.HYPERVASCULAR_NODULE: 0.015,
    LesionType.DYSPLASTIC_NODULE: 0.015,
    LesionType.CHOLANGIOCARCINOMA: 0.03,
}
"""Patients by their lesions' type. Our choice: cysts, metastases and hemangiomas are what livers mostly have."""
MOST_LESIONS = {LesionType.CYST: 3, LesionType.METASTASIS: 3, LesionType.HEMANGIOMA: 2, LesionType.HCC: 2}
CYST_BESIDES = 0.15
"""Share of the other patients who have a cyst as well."""
COARSER = 2
"""Pixels of the classifier's crops that are one here, along each side."""


@dataclass(frozen=True)
class Lesions:
    """Lesions of all cases.

    Parameters
    ----------
    folder : Path
        Holds ``squares.npy``, HU as `LesionExamples` has them but for the outermost planes, shape (n, phases, PLANES,
        rows, columns), and ``views.npy``, what the network is shown, shape (n, phases, PLANES, rows, columns).
    case_of : tuple of str
        Whose lesion each is.
    classes : tuple of int
        Index in `CLASSES`.
    kinds : dict of str to str
        Class of each case's first lesion, for which the patient was made.
    pool, test : tuple of str
        Cases; names of the pool's are ``PATIENT-EXAMINATION``.
    """

    folder: Path
    case_of: tuple[str, ...]
    classes: tuple[int, ...]
    kinds: dict[str, str]
    pool: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def squares(self) -> npt.NDArray[np.int16]:
        """See `folder`."""
        return _opened(self.folder / "squares.npy")

    @property
    def views(self) -> npt.NDArray[np.float16]:
        """See `folder`."""
        return _opened(self.folder / "views.npy")


@dataclass(frozen=True)
class Patient:
    """A patient to be made.

    Parameters
    ----------
    seed : tuple of int
        Of the phantom.
    types : tuple of LesionType
        His lesions.
    """

    seed: tuple[int, ...]
    types: tuple[LesionType, ...]


def phantom_lesions(
    folder: Path, pool: int, test_each: int, workers: int, progress: Progress, seed: int = 0
) -> Lesions:
    """Make the collection, or read what was made before.

    Parameters
    ----------
    folder : Path
        Of the cache.
    pool : int
        Patients in the pool.
    test_each : int
        Test lesions of each class, a patient each.
    workers : int
        Processes.
    progress : Progress
        Told of every patient.
    seed : int, default 0
        Another seed gives other patients.
    """
    patients = {f"p{n:04d}": each for n, each in enumerate(_pool_patients(pool, seed))}
    patients |= {f"t{n:04d}": each for n, each in enumerate(_test_patients(test_each, seed))}
    code = phantom_code_hash("livercad.classification.examples", "livercad.core.crops", "livercad.core.roi", __name__)
    place = folder / f"lesions-{code}"
    paths = [place / "patients" / f"{_text(each)}.npz" for each in patients.values()]
    make_missing(_make, list(patients.values()), paths, workers, progress, "phantom lesions")
    return _collect(place / f"{pool}-{test_each}-{seed}", dict(zip(patients, paths, strict=True)), seed)


def _pool_patients(count: int, seed: int) -> list[Patient]:
    rng = np.random.default_rng((seed, 21))
    patients = []
    for number, name in enumerate(drawn_kinds(POOL_FREQUENCIES, count, rng)):
        kind = LesionType(name)
        types = [kind] * int(rng.integers(1, MOST_LESIONS.get(kind, 1) + 1))
        if kind is not LesionType.CYST and rng.random() < CYST_BESIDES:
            types.append(LesionType.CYST)
        patients.append(Patient((seed, 1, number), tuple(types)))
    return patients


def _test_patients(each: int, seed: int) -> list[Patient]:
    patients = []
    for index in range(len(CLASSES)):
        kinds = [kind for kind, own in zip(TYPES, CLASS_OF_TYPE, strict=True) if own == index]
        patients += [(kinds[n % len(kinds)],) for n in range(each)]
    return [Patient((seed, 2, number), types) for number, types in enumerate(patients)]


def _text(patient: Patient) -> str:
    return "-".join([*map(str, patient.seed), *(str(TYPES.index(kind)) for kind in patient.types)])


def _make(path: Path, patient: Patient) -> None:
    torch.set_num_threads(1)
    phantom = PhantomPatient(*patient.seed)
    squares, types = [], []
    for number, kind in enumerate(patient.types):
        try:
            excerpt = phantom.excerpt(number, kind)
        except RuntimeError:
            continue  # Too large for this liver: the patient has one lesion less.
        squares.append(_middle(squares_of(excerpt.images, *measured(excerpt.lesion))))
        types.append(TYPES.index(kind))
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, squares=np.array(squares, np.int16), types=np.array(types, np.int64))


def _middle(squares: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    first = (squares.shape[1] - PLANES) // 2
    return squares[:, first : first + PLANES]


def _collect(folder: Path, paths: dict[str, Path], seed: int) -> Lesions:
    rng = np.random.default_rng((seed, 22))
    squares: list[npt.NDArray[np.int16]] = []
    case_of: list[str] = []
    classes: list[int] = []
    kinds: dict[str, str] = {}
    for patient, path in paths.items():
        with np.load(path) as file:
            own, types = file["squares"], CLASS_OF_TYPE[file["types"]].tolist()
        again = follow_ups(rng) if patient.startswith("p") else 0
        for examination in range(1 + again if types else 0):
            case = f"{patient}-{examination + 1}" if patient.startswith("p") else patient
            seen = np.rint(seen_again(own, (), rng)[0]).astype(np.int16) if examination else own
            squares += list(seen)
            case_of += [case] * len(types)
            classes += types
            kinds[case] = CLASSES[types[0]].value
    if not (folder / "views.npy").exists():
        _save(folder / "squares.npy", np.stack(squares))
        _save(folder / "views.npy", _views(squares))
    return Lesions(
        folder=folder,
        case_of=tuple(case_of),
        classes=tuple(classes),
        kinds=kinds,
        pool=tuple(sorted(case for case in kinds if case.startswith("p"))),
        test=tuple(sorted(case for case in kinds if case.startswith("t"))),
    )


def shown(crops: torch.Tensor) -> torch.Tensor:
    """What the network is shown of the classifier's crops, shape (batch, phases, planes, rows, columns): coarser."""
    smaller = functional.avg_pool2d(crops.flatten(0, 1), COARSER).unflatten(0, crops.shape[:2])
    return torch.from_numpy(to_network(smaller.numpy()))


def _views(squares: Sequence[npt.NDArray[np.int16]], batch: int = 64) -> npt.NDArray[np.float16]:
    parts = (np.stack(squares[first : first + batch]) for first in range(0, len(squares), batch))
    return np.concatenate([shown(network_view(torch.from_numpy(part))).numpy().astype(np.float16) for part in parts])


def _save(path: Path, array: npt.NDArray[np.generic]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


@cache
def _opened(path: Path) -> npt.NDArray:
    return np.load(path, mmap_mode="r")
