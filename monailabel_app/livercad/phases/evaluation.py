"""How often phases are recognised: on phantoms made for it, and on studies whose phases are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.evaluation.intervals import Estimate, mean_over_cases
from livercad.phantom.studies import SHAPE, SPACING_MM, make_ct_study
from livercad.phases.recognize import PhaseGuess
from livercad.progress import Progress, silent
from livercad.studies.discover import find_studies
from livercad.studies.reading import load_series

HELD_OUT_SEED = 7_000_000
"""No training draws from it: training seeds are pairs of small numbers."""

FindLiver = Callable[[Volume], Volume | None]
Recognise = Callable[[Volume, Volume | None], PhaseGuess]
"""A `PhaseRecognizer`, or what is compared with it."""


@dataclass(frozen=True)
class Recognised:
    """One volume.

    Parameters
    ----------
    patient, name : str
        Whose volume it is, and what to call it.
    truth : Phase
        What it is.
    guess : PhaseGuess
        What it was taken for.
    """

    patient: str
    name: str
    truth: Phase
    guess: PhaseGuess

    @property
    def is_right(self) -> bool:
        """Whether the most probable phase is the true one."""
        return self.guess.phase is self.truth


def recognise_phantoms(
    recognize: Recognise,
    patients: int,
    seed: int = HELD_OUT_SEED,
    *,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING_MM,
    liver_known: bool = True,
    progress: Progress = silent,
) -> Iterator[Recognised]:
    """Make phantoms that no training has seen, and recognise their four phases.

    Parameters
    ----------
    recognize : callable
        Tells the phase of a CT, and perhaps its liver.
    patients : int
        How many.
    seed : int
        Patient n is the phantom study of seed (`seed`, n).
    shape, spacing : tuple
        Voxels and mm along R, A, S.
    liver_known : bool, default True
        Whether the recogniser is given the true liver.
    progress : Progress
        Called after every patient.

    Yields
    ------
    Recognised
        Four a patient.
    """
    for number in range(patients):
        progress(number, patients, "phantoms")
        study = make_ct_study((seed, number), phases=tuple(Phase), shape=shape, spacing=spacing)
        for phase, image in study.images.items():
            guess = recognize(image, study.livers[phase] if liver_known else None)
            yield Recognised(f"phantom {number}", f"phantom {number}, {phase}", phase, guess)
    progress(patients, patients, "phantoms")


def recognise_folder(
    recognize: Recognise, folder: Path, find_liver: FindLiver, progress: Progress = silent
) -> Iterator[Recognised]:
    """Recognise the volumes of a folder whose names or table tell their phase.

    Parameters
    ----------
    recognize : callable
        Tells the phase of a CT, and perhaps its liver.
    folder : Path
        Studies, as `livercad analyze` takes them.
    find_liver : callable
        Gives a volume's liver, or None.
    progress : Progress
        Called after every volume.

    Yields
    ------
    Recognised
        One a volume; those whose phase is not told are left out.
    """
    studies = find_studies(folder).studies
    told = [(s.case, series, series.phase) for s in studies for series in s.series if series.phase is not None]
    for number, (case, series, phase) in enumerate(told):
        progress(number, len(told), case)
        ct = load_series(series)
        yield Recognised(case, f"{case}, {phase}", phase, recognize(ct, find_liver(ct)))
    progress(len(told), len(told), "done")


def confusion(rows: Iterable[Recognised]) -> dict[Phase, dict[Phase, int]]:
    """Count by true phase, then by what it was taken for."""
    table = {truth: dict.fromkeys(Phase, 0) for truth in Phase}
    for row in rows:
        table[row.truth][row.guess.phase] += 1
    return table


def accuracy_of(rows: Sequence[Recognised]) -> Estimate | None:
    """Share of volumes recognised, averaged over patients, with its 95 % bootstrap interval over patients."""
    patients = dict.fromkeys(row.patient for row in rows)
    shares = [float(np.mean([row.is_right for row in rows if row.patient == patient])) for patient in patients]
    return mean_over_cases(shares, 0.95, seed=0)


def wrong_or_unsure(rows: Sequence[Recognised]) -> list[Recognised]:
    """The volumes that a person has to look at."""
    return [row for row in rows if row.guess.is_unsure or not row.is_right]
