"""Results against truth, case by case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.core.findings import Findings, ModelUsed
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.cases import CasePair, Skipped, is_phantom, pair_cases
from livercad.evaluation.image_phases import ImagePhase, compare_phases
from livercad.evaluation.lesions import compare_lesions
from livercad.evaluation.masks import MaskScores
from livercad.evaluation.outcomes import LesionResult
from livercad.evaluation.reading import comparable, read_findings, read_truth
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.truth_tables import PHASES_TABLE, TYPES_TABLE, TruthTables, read_tables
from livercad.evaluation.verdicts import Verdict, unknown_lesions, verdicts_of
from livercad.progress import Progress, silent


@dataclass(frozen=True)
class CaseScores:
    """Everything about one case.

    Parameters
    ----------
    case : str
        Its name.
    liver, lesions : MaskScores or None
        Scores of the masks; None where a side is missing.
    lesion_results : tuple of LesionResult or None
        Every true lesion and false positive; None where lesions could not be compared.
    models : tuple of ModelUsed
        What made the result, if its findings tell.
    verdicts : tuple of Verdict or None
        The lesions of `lesion_results` with what they are and what they were called; None where the truth has no
        table of types, or it does not fit.
    images : tuple of ImagePhase or None
        Which phase each image was taken for; None where the truth does not tell the case's phases.
    """

    case: str
    liver: MaskScores | None
    lesions: MaskScores | None
    lesion_results: tuple[LesionResult, ...] | None
    models: tuple[ModelUsed, ...]
    verdicts: tuple[Verdict, ...] | None = None
    images: tuple[ImagePhase, ...] | None = None


@dataclass(frozen=True)
class Evaluation:
    """An evaluation before it is summed up.

    Parameters
    ----------
    results, truth : Path
        The folders compared.
    truth_is_phantom : bool
        Whether the truth is a digital phantom's.
    cases : tuple of CaseScores
        By name.
    skipped : tuple of Skipped
        What could not be evaluated, and why.
    settings : EvaluationSettings
        What was asked for.
    """

    results: Path
    truth: Path
    truth_is_phantom: bool
    cases: tuple[CaseScores, ...]
    skipped: tuple[Skipped, ...]
    settings: EvaluationSettings


def evaluate(
    results: Path, truth: Path, settings: EvaluationSettings | None = None, progress: Progress = silent
) -> Evaluation:
    """Compare every case that has both sides; write down why the others were left out.

    Parameters
    ----------
    results : Path
        What ``livercad analyze`` wrote.
    truth : Path
        Folder of case folders with ``liver.nii.gz`` and ``lesions.nii.gz``, see `livercad.evaluation.cases`; tables
        beside them (`livercad.evaluation.truth_tables`) add lesion classes and phases to what is compared.
    settings : EvaluationSettings, optional
        The defaults if not given.
    progress : Progress
        Counts cases.

    Returns
    -------
    Evaluation
        Scores of all cases.

    Raises
    ------
    InputError
        If nothing can be evaluated, or a table cannot be read.
    """
    settings = settings or EvaluationSettings()
    pairs, unpaired = pair_cases(results, truth)
    tables = read_tables(truth)
    cases: list[CaseScores] = []
    skipped = [*unpaired, *_strangers(tables, pairs, unpaired)]
    for done, pair in enumerate(pairs):
        progress(done, len(pairs), pair.case)
        scores, not_scored = evaluate_case(pair, settings, tables)
        skipped += not_scored
        if scores:
            cases.append(scores)
    progress(len(pairs), len(pairs), "evaluated")
    if not cases:
        reasons = "; ".join(f"{item.case}: {item.reason}" for item in skipped[:3])
        raise InputError(
            results,
            found=f"no case that can be evaluated ({reasons})",
            expected="readable masks on the same grid in results and truth",
            todo="Mend what is named there.",
        )
    left_out = sorted(skipped, key=lambda item: item.case)
    return Evaluation(results, truth, is_phantom(truth), tuple(cases), tuple(left_out), settings)


def evaluate_case(
    pair: CasePair, settings: EvaluationSettings, tables: TruthTables | None = None
) -> tuple[CaseScores | None, list[Skipped]]:
    """Score liver and lesions of one case, and its lesion classes and phases where the truth tells them.

    Parameters
    ----------
    pair : CasePair
        Its files.
    settings : EvaluationSettings
        What a hit is, and the tolerance.
    tables : TruthTables, optional
        What the truth tells beside its masks.

    Returns
    -------
    scores : CaseScores or None
        None where neither liver nor lesions nor phases can be compared.
    skipped : list of Skipped
        What could not be compared.
    """
    try:
        true_liver, true_lesions = read_truth(pair.truth)
        findings = read_findings(pair.findings)
    except InputError as error:
        return None, [Skipped(pair.case, "case", str(error))]
    liver_pair = comparable(pair.case, "liver", pair.result.liver, true_liver)
    lesion_pair = comparable(pair.case, "lesions", pair.result.lesions, true_lesions)
    skipped = [item for item in (liver_pair, lesion_pair) if isinstance(item, Skipped)]
    liver = lesions = lesion_results = verdicts = None
    if isinstance(liver_pair, tuple):
        liver = MaskScores.of(*liver_pair, settings.tolerance_mm)
    if isinstance(lesion_pair, tuple):
        lesions = MaskScores.of(*lesion_pair, settings.tolerance_mm)
        scores = {lesion.number: lesion.score for lesion in findings.lesions} if findings else {}
        lesion_results = compare_lesions(*lesion_pair, settings, scores)
        verdicts = _named(pair.case, lesion_results, lesion_pair, tables, findings)
    images = _images(pair, tables, findings)
    skipped += [item for item in (verdicts, images) if isinstance(item, Skipped)]
    # A study whose phases were mistaken may have results on another phase's grid: it is no reason to leave out that.
    if liver is None and lesions is None and not isinstance(images, tuple):
        return None, skipped
    return CaseScores(
        pair.case,
        liver,
        lesions,
        lesion_results,
        findings.models if findings else (),
        None if isinstance(verdicts, Skipped) else verdicts,
        None if isinstance(images, Skipped) else images,
    ), skipped


def _named(
    case: str,
    results: tuple[LesionResult, ...],
    masks: tuple[Volume, Volume],
    tables: TruthTables | None,
    findings: Findings | None,
) -> tuple[Verdict, ...] | Skipped | None:
    if tables is None or tables.types is None:
        return None
    kinds = tables.types.get(case, {})
    predicted, truth = masks
    reason = unknown_lesions(kinds, truth)
    return Skipped(case, "lesion types", reason) if reason else verdicts_of(results, predicted, truth, kinds, findings)


def _images(
    pair: CasePair, tables: TruthTables | None, findings: Findings | None
) -> tuple[ImagePhase, ...] | Skipped | None:
    if tables is None or tables.phases is None:
        return None
    if pair.case not in tables.phases:
        return Skipped(pair.case, "phases", f"{PHASES_TABLE} does not tell of it")
    if findings is None:
        return Skipped(pair.case, "phases", f"the result has no {pair.findings.name}, which tells its phases")
    return compare_phases(pair.case, tables.phases[pair.case], findings)


def _strangers(tables: TruthTables, pairs: tuple[CasePair, ...], unpaired: tuple[Skipped, ...]) -> list[Skipped]:
    """Cases in the tables that neither truth nor results have: most likely misspelt."""
    known = {pair.case for pair in pairs} | {item.case for item in unpaired}
    told = ((tables.types, "lesion types", TYPES_TABLE), (tables.phases, "phases", PHASES_TABLE))
    return [
        Skipped(case, what, f"{table} tells of it, but the truth has no such case")
        for cases, what, table in told
        for case in cases or ()
        if case not in known
    ]
