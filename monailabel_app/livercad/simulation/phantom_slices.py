"""Phantom studies whose lesions are outlined: a pool as lopsided and redundant as real ones, and an even test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.taxonomy import Label, LesionType
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.lesions import draw_diameter
from livercad.phantom.studies import make_ct_study
from livercad.progress import Progress
from livercad.simulation.making import drawn_kinds, follow_ups, make_missing, seen_again
from livercad.simulation.slices import Slices, Studies, slices_of
from livercad.studies.atomic import replacing

SHAPE, SPACING_MM = (104, 96, 40), (3.6, 3.6, 5.0)
"""Coarse: a study in a second, pixels about as wide as the slices'."""
NO_LESION = "no lesion"
POOL_FREQUENCIES: dict[str, float] = {
    NO_LESION: 0.25,
    LesionType.CYST: 0.4,
    LesionType.HEMANGIOMA: 0.12,
    LesionType.METASTASIS: 0.15,
    LesionType.HCC: 0.05,
    LesionType.CHOLANGIOCARCINOMA: 0.03,
}
"""Patients by their lesions' type. Our choice: most scans show nothing, or cysts."""
MOST_LESIONS = {LesionType.CYST: 3, LesionType.METASTASIS: 4, LesionType.HEMANGIOMA: 2, LesionType.HCC: 2}
LEAST_PIXELS = 4
"""Of lesions in a test case's slices, so that a Dice of it means something."""


@dataclass(frozen=True)
class Patient:
    """A patient to be made.

    Parameters
    ----------
    seed : tuple of int
        Of the phantom.
    kind : str
        Type of his lesions, or `NO_LESION`.
    """

    seed: tuple[int, ...]
    kind: str


def phantom_slices(folder: Path, pool: int, test_each: int, workers: int, progress: Progress, seed: int = 0) -> Studies:
    """Make the studies, or read what was made before.

    Parameters
    ----------
    folder : Path
        Of the cache.
    pool : int
        Patients in the pool.
    test_each : int
        Test patients of each type of lesion.
    workers : int
        Processes.
    progress : Progress
        Told of every patient.
    seed : int, default 0
        Another seed gives other patients.
    """
    kinds = drawn_kinds(POOL_FREQUENCIES, pool, np.random.default_rng((seed, 23)))
    patients = {f"p{n:04d}": Patient((seed, 3, n), kind) for n, kind in enumerate(kinds)}
    lesions = [kind for kind in POOL_FREQUENCIES if kind != NO_LESION]
    patients |= {
        f"t{n:04d}": Patient((seed, 4, n), kind)
        for n, kind in enumerate(kind for kind in lesions for _ in range(test_each))
    }
    code = phantom_code_hash("livercad.simulation.slices", "livercad.core.roi", __name__)
    place = folder / f"slices-{code}"
    paths = [place / f"{'-'.join(map(str, each.seed))}-{each.kind.replace(' ', '_')}.npz" for each in patients.values()]
    make_missing(_make, list(patients.values()), paths, workers, progress, "phantom studies")
    return _collect(dict(zip(patients, paths, strict=True)), patients, seed)


def _make(path: Path, patient: Patient) -> None:
    rng = np.random.default_rng((*patient.seed, 0))
    lesions: list[tuple[LesionType, float]] = []
    if patient.kind != NO_LESION:
        kind = LesionType(patient.kind)
        count = int(rng.integers(1, MOST_LESIONS.get(kind, 1) + 1))
        lesions = [(kind, draw_diameter(kind, rng)) for _ in range(count)]
    study = make_ct_study(patient.seed, shape=SHAPE, spacing=SPACING_MM, lesions=lesions)
    (image,) = study.images.values()
    label = np.where(study.instances.array > 0, Label.LESION, study.liver.array).astype(np.uint8)
    slices = slices_of(image, study.liver.like(label))
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, images=np.rint(slices.images).astype(np.int16), livers=slices.livers, lesions=slices.lesions
        )


def _collect(paths: dict[str, Path], patients: dict[str, Patient], seed: int) -> Studies:
    rng = np.random.default_rng((seed, 24))
    slices: dict[str, Slices] = {}
    kinds: dict[str, str] = {}
    whose: dict[str, str] = {}
    for patient, path in paths.items():
        with np.load(path) as file:
            own = Slices(file["images"].astype(np.float32), file["livers"], file["lesions"])
        in_pool = patient.startswith("p")
        if not in_pool and own.lesions.sum() < LEAST_PIXELS:
            continue
        for examination in range(1 + (follow_ups(rng) if in_pool else 0)):
            case = f"{patient}-{examination + 1}" if in_pool else patient
            slices[case] = own
            if examination:
                images, (livers, lesions) = seen_again(own.images, (own.livers, own.lesions), rng)
                slices[case] = Slices(images, livers, lesions)
            kinds[case], whose[case] = patients[patient].kind, patient
    pool = tuple(sorted(case for case in slices if case.startswith("p")))
    return Studies(slices, whose, kinds, pool, tuple(sorted(case for case in slices if case.startswith("t"))))
