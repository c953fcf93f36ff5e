"""The second step: which series shows which phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from livercad.core.findings import Caution, FindingsWarning
from livercad.core.phases import Phase
from livercad.pipeline.clock import Clock
from livercad.pipeline.parts import PhaseFinder
from livercad.pipeline.scans import Scan, called
from livercad.progress import Progress, part

if TYPE_CHECKING:
    from livercad.phases.recognize import PhaseGuess


def tell_phases(
    scans: Sequence[Scan], recognize_phase: PhaseFinder | None, clock: Clock, progress: Progress
) -> tuple[list[Scan], list[FindingsWarning]]:
    """Give every scan a phase of its own, or leave it out.

    Parameters
    ----------
    scans : sequence of Scan
        What was read.
    recognize_phase : PhaseFinder or None
        None where only names and tables are asked.
    clock : Clock
        Told of ``phase``.
    progress : Progress
        Told of every scan.

    Returns
    -------
    list of Scan
        At least one, of distinct phases, in the order in which these are taken. Only a single one may be without.
    list of FindingsWarning
        Where image and name disagree, where the image does not tell the phase, and what was left out.
    """
    if recognize_phase is None:
        known = [scan for scan in scans if scan.phase] or list(scans[:1])
        unknown = [scan for scan in scans if scan not in known]
        return known, [_left_out(scan, "nothing tells its phase") for scan in unknown]
    guesses = []
    for number, scan in enumerate(scans):
        report = part(progress, number / len(scans), (number + 1) / len(scans))
        with clock.step("phase", scan.series):
            guesses.append(recognize_phase(scan.ct, scan.liver, report))
    from livercad.phases.assign import assign_phases  # only now, because it loads torch

    phases = assign_phases(guesses, [scan.phase for scan in scans], [scan.ct for scan in scans])
    if not any(phases):
        return [replace(scans[0], guess=guesses[0])], [_left_out(scan, "nothing tells its phase") for scan in scans[1:]]
    kept, warnings = [], []
    for scan, guess, phase in zip(scans, guesses, phases, strict=True):
        if phase is None:
            warnings.append(_left_out(scan, _rival(scan, guess, phases, scans)))
            continue
        warnings += _doubts(scan, guess, phase)
        kept.append(replace(scan, phase=phase, told_by=scan.told_by if scan.phase else "image", guess=guess))
    return sorted(kept, key=lambda scan: list(Phase).index(scan.phase) if scan.phase else 0), warnings


def _likeliest(guess: PhaseGuess) -> Phase:
    return max(guess.probabilities, key=lambda phase: guess.probabilities[phase])


def _rival(scan: Scan, guess: PhaseGuess, phases: Sequence[Phase | None], scans: Sequence[Scan]) -> str:
    """Say which phase a scan would have been, and what stands for that phase."""
    likeliest = _likeliest(guess)
    looks = f"it looks like the {likeliest.value} phase (probability {guess.probabilities[likeliest]:.2f})"
    others = [other for other, phase in zip(scans, phases, strict=True) if phase is likeliest]
    if not others:
        return looks
    slices = [f"{one.ct.slice_count} of {one.ct.slice_spacing:.1f} mm" for one in (scan, others[0])]
    return f"{looks}, which {called(others[0].series)} stands for (slices: {slices[0]} here, {slices[1]} there)"


def _left_out(scan: Scan, reason: str) -> FindingsWarning:
    return FindingsWarning(Caution.PHASE_LEFT_OUT, f"{called(scan.series)} was left out: {reason}.")


def _doubts(scan: Scan, guess: PhaseGuess, phase: Phase) -> list[FindingsWarning]:
    likeliest = _likeliest(guess)
    if scan.phase and not guess.is_unsure and likeliest is not phase:
        teller = "the annotator" if scan.told_by == "annotator" else f"its {scan.told_by}"
        return [
            FindingsWarning(
                Caution.PHASE_CONTRADICTED,
                f"{called(scan.series)} is read as the {phase.value} phase, as {teller} says, but looks like the "
                f"{likeliest.value} phase (probability {guess.probabilities[likeliest]:.2f}).",
            )
        ]
    if not scan.phase and (guess.is_unsure or likeliest is not phase):
        ranked = sorted(guess.probabilities, key=lambda phase: -guess.probabilities[phase])
        told = ", ".join(f"{name.value} {guess.probabilities[name]:.2f}" for name in ranked)
        return [
            FindingsWarning(
                Caution.PHASE_UNSURE,
                f"{called(scan.series)} is read as the {phase.value} phase, which its image does not tell for sure "
                f"({told}). Its name, or a table, would.",
            )
        ]
    return []
