"""Results against truth, case by case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.core.findings import ModelUsed
from livercad.errors import InputError
from livercad.evaluation.cases import CasePair, Skipped, is_phantom, pair_cases
from livercad.evaluation.lesions import compare_lesions
from livercad.evaluation.masks import MaskScores
from livercad.evaluation.outcomes import LesionResult
from livercad.evaluation.reading import comparable, read_findings, read_truth
from livercad.evaluation.settings import EvaluationSettings
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
    """

    case: str
    liver: MaskScores | None
    lesions: MaskScores | None
    lesion_results: tuple[LesionResult, ...] | None
    models: tuple[ModelUsed, ...]


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
        Folder of case folders with ``liver.nii.gz`` and ``lesions.nii.gz``, see `livercad.evaluation.cases`.
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
        If nothing can be evaluated.
    """
    settings = settings or EvaluationSettings()
    pairs, unpaired = pair_cases(results, truth)
    cases: list[CaseScores] = []
    skipped = list(unpaired)
    for done, pair in enumerate(pairs):
        progress(done, len(pairs), pair.case)
        scores, not_scored = evaluate_case(pair, settings)
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


def evaluate_case(pair: CasePair, settings: EvaluationSettings) -> tuple[CaseScores | None, list[Skipped]]:
    """Score liver and lesions of one case.

    Parameters
    ----------
    pair : CasePair
        Its files.
    settings : EvaluationSettings
        What a hit is, and the tolerance.

    Returns
    -------
    scores : CaseScores or None
        None where neither liver nor lesions can be compared.
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
    liver = lesions = lesion_results = None
    if isinstance(liver_pair, tuple):
        liver = MaskScores.of(*liver_pair, settings.tolerance_mm)
    if isinstance(lesion_pair, tuple):
        lesions = MaskScores.of(*lesion_pair, settings.tolerance_mm)
        scores = {lesion.number: lesion.score for lesion in findings.lesions} if findings else {}
        lesion_results = compare_lesions(*lesion_pair, settings, scores)
    if liver is None and lesions is None:
        return None, skipped
    return CaseScores(pair.case, liver, lesions, lesion_results, findings.models if findings else ()), skipped
