"""The first step: every series of a study is read, and the liver found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livercad.core.findings import Caution, FindingsWarning
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import ImageContentError, InputError, LiverCADError
from livercad.pipeline.background import Background
from livercad.pipeline.clock import Clock
from livercad.pipeline.parts import LiverFinder
from livercad.progress import Progress, part
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

if TYPE_CHECKING:
    from livercad.phases.recognize import PhaseGuess  # which loads torch


@dataclass(frozen=True)
class Scan:
    """A series that was read and shows a liver.

    Parameters
    ----------
    series : Series
        Where it comes from.
    ct : Volume
        HU, on its own grid.
    liver : Volume
        Mask of the liver (uint8) on the same grid.
    phase : Phase or None
        As far as it is known.
    told_by : str
        How it is known, as in `livercad.core.findings.PhaseRead`.
    guess : PhaseGuess or None
        What was recognised from the image.
    """

    series: Series
    ct: Volume
    liver: Volume
    phase: Phase | None
    told_by: str
    guess: PhaseGuess | None = None


def called(series: Series) -> str:
    """What to call a series in a warning."""
    return f"The series {series.uid}" if series.uid else series.files[0].name


def read_scans(
    study: Study, find_liver: LiverFinder, background: Background, clock: Clock, progress: Progress
) -> tuple[list[Scan], list[FindingsWarning]]:
    """Read the series of a study and find the liver in each.

    Files are read while the network looks at those that were read before.

    Parameters
    ----------
    study : Study
        Its series.
    find_liver : LiverFinder
        The network.
    background : Background
        Reads.
    clock : Clock
        Told of ``read`` and ``liver``.
    progress : Progress
        Told of every series.

    Returns
    -------
    list of Scan
        At least one, in the study's order.
    list of FindingsWarning
        The series that were left out: such as show no liver, and files whose phase nobody tells that are no CT.

    Raises
    ------
    InputError
        If a series that the user has named a phase cannot be read, or there is no other.
    ImageContentError
        If none shows a liver.
    """

    def read(series: Series) -> Volume:
        with clock.step("read"):
            return load_series(series)

    reading = [background.submit(read, series) for series in study.series]
    count = len(study.series)
    scans: list[Scan] = []
    left_out: list[tuple[Series, LiverCADError]] = []
    for number, series in enumerate(study.series):
        report = part(progress, number / count, (number + 1) / count)
        try:
            ct = background.result(reading[number], part(report, 0, 0.1), "reading")
            with clock.step("liver", series):
                liver = _liver_of(ct, series, find_liver, part(report, 0.1, 1))
        except ImageContentError as error:
            left_out.append((series, error))
        except InputError as error:
            if series.phase or count == 1:
                raise
            left_out.append((series, error))
        else:
            scans.append(Scan(series, ct, liver, series.phase, series.told_by))
    if not scans:
        raise left_out[0][1]
    return scans, [_warning(series, error) for series, error in left_out]


def _liver_of(ct: Volume, series: Series, find_liver: LiverFinder, progress: Progress) -> Volume:
    try:
        return find_liver(ct, progress)
    except ImageContentError as error:
        # The predictor knows the volume only; the user needs the file.
        raise ImageContentError(series.source, found=error.found, expected=error.expected, todo=error.todo) from None


def _warning(series: Series, error: LiverCADError) -> FindingsWarning:
    phase = f" ({series.phase.value})" if series.phase else ""
    return FindingsWarning(
        Caution.PHASE_LEFT_OUT,
        f"{called(series)}{phase} was left out: found {error.found}; expected {error.expected}.",
    )
