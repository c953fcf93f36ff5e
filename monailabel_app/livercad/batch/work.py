"""One case from its files to its folder: the part of a batch that is the same in one process and in many."""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from livercad.batch.manifest import ImageInput, InputRead, Manifest, provenance_of
from livercad.batch.outputs import write_analysis
from livercad.batch.ultrasound_outputs import answer_in_words
from livercad.core.findings import Findings, ModelUsed
from livercad.core.ultrasound import UltrasoundFindings
from livercad.errors import Cancelled, LiverCADError
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.progress import Progress
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.study import Study
from livercad.studies.ultrasound.cases import ImageCase

SEED = 0
"""Set before every case, so that a result depends neither on the order of cases nor on who computes them."""


Case: TypeAlias = Study | ImageCase
"""What a batch goes through."""


class CaseAnalyzer(Protocol):
    """Analyses cases of one modality, its models loaded: `Analyzer` or `UltrasoundAnalyzer`."""

    @property
    def settings(self) -> Settings | UltrasoundSettings:
        """What it was loaded with."""

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        """What takes part in every analysis."""

    def __call__(self, study: Any, progress: Progress, /) -> Analysis | UltrasoundReport:
        """Analyse one case."""


class State(StrEnum):
    """How a case ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Outcome:
    """What became of one case in this batch.

    Parameters
    ----------
    case : str
        The case.
    state : State
        How it ended.
    note : str
        In a few words what was found, or the reason of the failure.
    seconds : float
        How long it took.
    traceback : str
        Of an error that nobody expected, else empty.
    """

    case: str
    state: State
    note: str
    seconds: float = 0.0
    traceback: str = ""


def analyse_case(
    analyzer: CaseAnalyzer,
    study: Case,
    out: Path,
    read_inputs: Callable[[], tuple[InputRead | ImageInput, ...]],
    progress: Progress,
    *,
    save_aligned: bool = False,
) -> Outcome:
    """Analyse one case and put its results in place; whatever goes wrong becomes part of the outcome.

    Parameters
    ----------
    analyzer : CaseAnalyzer
        Loaded before.
    study : Study or ImageCase
        The case, of the analyzer's modality.
    out : Path
        The output folder.
    read_inputs : callable
        Gives the hashes of the study's files. Called before the files are read as images: when they change in
        between, the next batch sees a changed input and computes the case again.
    progress : Progress
        May raise Cancelled.
    save_aligned : bool, default False
        Write the other phases, laid over the reference phase, as well.

    Returns
    -------
    Outcome
        A failure is not yet written down.
    """
    start = time.perf_counter()
    try:
        provenance = provenance_of(study, read_inputs(), analyzer.models, analyzer.settings)
        seed_everything()
        analysis = analyzer(study, progress)
        seconds = round(time.perf_counter() - start, 3)
        manifest = Manifest(
            fingerprint=provenance.fingerprint(),
            provenance=provenance,
            seconds=seconds,
            finished=datetime.now().astimezone(),
        )
        write_analysis(out, analysis, manifest, save_aligned=save_aligned)
    except Cancelled:
        return Outcome(study.case, State.CANCELLED, "cancelled")
    except LiverCADError as error:
        return Outcome(study.case, State.FAILED, str(error), time.perf_counter() - start)
    except MemoryError:
        note = "not enough memory for this study"
        return Outcome(study.case, State.FAILED, note, time.perf_counter() - start, traceback.format_exc())
    except Exception as error:
        note = f"{type(error).__name__}: {error}".rstrip(": ")
        return Outcome(study.case, State.FAILED, note, time.perf_counter() - start, traceback.format_exc())
    return Outcome(study.case, State.DONE, _in_words(analysis.findings), time.perf_counter() - start)


def seed_everything() -> None:
    """Set the seeds of Python, NumPy and, where it is loaded, torch to `SEED`."""
    random.seed(SEED)
    np.random.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(SEED)


def _in_words(findings: Findings | UltrasoundFindings) -> str:
    if isinstance(findings, UltrasoundFindings):
        return answer_in_words(findings)
    count = len(findings.lesions)
    phases = f"{len(findings.phases)} phases, " if len(findings.phases) > 1 else ""
    return f"{phases}{count} {'lesion' if count == 1 else 'lesions'}, liver {findings.liver.volume_ml:.0f} ml"
