"""Whether a trained version takes the champion's place: decided on the pool, paired by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP
from livercad.learning.metrics import MEASURES, CaseMetrics
from livercad.learning.paired import Difference, difference

ROUNDING = 1e-9
"""A loss of exactly the margin is within it."""
Pool = Mapping[str, CaseMetrics]
"""What one version scored, by case."""


class Rule(BaseModel):
    """What a challenger has to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    primary: str = Field(description="The measure that has to be better.")
    margins: Mapping[str, float] = Field(description="The measures that may not get worse by more than this.")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the one-sided test of the primary measure.")
    fewest_patients: int = Field(
        FEWEST_FOR_BOOTSTRAP, ge=FEWEST_FOR_BOOTSTRAP, description="With fewer in the pool nothing is promoted."
    )
    resamples: int = Field(10_000, ge=1000, description="Of the bootstrap over patients.")
    seed: int = Field(0, ge=0, description="Of the bootstrap.")


RULES: Mapping[str, Rule] = {
    "liver-leuven": Rule(primary="liver_dice", margins={"lesion_dice": 0.02, "small_lesion_sensitivity": 0.05}),
    "lesions-leuven": Rule(primary="lesion_dice", margins={"liver_dice": 0.01, "small_lesion_sensitivity": 0.05}),
    # The log loss rewards every probability for being right, where the accuracy moves in steps of a lesion: the few
    # lesions of a small pool tell more by it. That it is better may hide a class that is lost, hence the other two.
    "lesion-classes-phantom": Rule(primary="log_loss", margins={"balanced_accuracy": 0.05, "calibration_error": 0.05}),
}
"""By name in the registry of models. The margins are our choice: about one lesion of a pool of twenty."""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted.

    Parameters
    ----------
    promoted : bool
        Whether it is better by the rule.
    reason : str
        A sentence for people.
    cases, patients : int
        Of the pool, that both versions were measured on against the same labels.
    primary : Difference or None
        In the primary measure; None where no case tells.
    guarded : tuple of Difference
        In the measures with a margin, those that no case tells left out.
    """

    promoted: bool
    reason: str
    cases: int
    patients: int
    primary: Difference | None = None
    guarded: tuple[Difference, ...] = field(default=())


def decide(challenger: Pool, champion: Pool, rule: Rule) -> Decision:
    """Compare a challenger with the champion.

    It is promoted where the primary measure is better by a bootstrap over patients (`paired.difference`) and no
    guarded one is worse by more than its margin. Margins hold for what was measured, not for the ends of intervals:
    those of a small pool are so wide that nothing would ever be promoted.

    Parameters
    ----------
    challenger, champion : mapping of str to CaseMetrics
        By case. Only cases that both were measured on against the same labels count. Whose a case is, the challenger's
        record tells for both: a patient may have been told after the champion was measured.
    rule : Rule
        What the challenger has to show.

    Returns
    -------
    Decision
        With the reason.
    """
    shared = sorted(
        case for case in challenger.keys() & champion.keys() if challenger[case].truth == champion[case].truth
    )
    ours = {case: challenger[case] for case in shared}
    theirs = {case: champion[case].model_copy(update={"patient": ours[case].patient}) for case in shared}
    cases, patients = len(shared), len({case.patient for case in ours.values()})

    def compare(name: str) -> Difference | None:
        return difference(MEASURES[name], ours, theirs, rule.alpha, rule.resamples, rule.seed)

    primary = compare(rule.primary)
    guarded = tuple(found for found in map(compare, rule.margins) if found is not None)
    promoted, reason = _judge(primary, guarded, rule)
    return Decision(promoted, reason, cases, patients, primary, guarded)


def _judge(primary: Difference | None, guarded: tuple[Difference, ...], rule: Rule) -> tuple[bool, str]:
    if primary is None:
        return False, f"No case of the pool tells the {MEASURES[rule.primary].title} of both versions."
    numbers = in_words(primary)
    if primary.patients < rule.fewest_patients or primary.p is None:
        needed = f"{primary.patients} of at least {rule.fewest_patients} patients"
        return False, f"The pool is too small to tell: {needed} ({numbers})."
    if primary.p >= rule.alpha:
        return False, f"Not better on the pool: {numbers}."
    worse = [found for found in guarded if found.gain < -rule.margins[found.measure] - ROUNDING]
    if worse:
        lost = "; ".join(f"{in_words(found)}, margin {rule.margins[found.measure]:g}" for found in worse)
        return False, f"Better on the pool ({numbers}), but worse beyond its margin in {lost}."
    return True, f"Better on the pool: {numbers}."


def in_words(found: Difference) -> str:
    """One difference for people: ``lesion Dice 0.61 after 0.54, gain 0.07 (0.02 to 0.11), P = 0.004, 12 patients``."""
    words = f"{MEASURES[found.measure].title} {found.challenger:.3f} after {found.champion:.3f}, gain {found.gain:+.3f}"
    if found.low is not None and found.high is not None and found.p is not None:
        words += f" ({found.low:+.3f} to {found.high:+.3f}), P = {found.p:.3g}"
    return f"{words}, {found.patients} {'patient' if found.patients == 1 else 'patients'}"
