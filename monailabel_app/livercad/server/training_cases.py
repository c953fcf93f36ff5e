"""The cases of a training: which there are, and whether they are enough."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set

from livercad.errors import InputError
from livercad.learning.left_out import MOST_NAMED, reasons_of
from livercad.learning.pool import Side
from livercad.recipes.trainable import Trainable
from livercad.server.datastore import StudyDatastore
from livercad.server.labelled import is_accepted, labelled_cases
from livercad.server.submissions import TAG
from livercad.server.training_orders import Material

logger = logging.getLogger(__name__)

FEWEST: Mapping[Side, int] = {Side.TRAINING: 3, Side.VALIDATION: 1}
"""Cases on each side. Our choice: with fewer nothing is learnt that holds for others, or nobody can tell."""


def why_no_training(store: StudyDatastore) -> str:
    """Why no training can be started on what was submitted; empty where one can. Opens no image.

    A training itself looks closer, and may be refused for labels that cannot be used.
    """
    sides = store.book.pool.usable()
    cases = [case for case, info in store.label_infos(TAG).items() if is_accepted(info)]
    reason = _too_few({side: sum(sides.get(case) == side for case in cases) for side in FEWEST})
    return f"Too few cases with a complete label: {reason}{_told(_left_out(store, set(cases)))}." if reason else ""


def material_of(store: StudyDatastore, recipe: Trainable) -> Material:
    """Take the newest accepted labels of now, of which each has its side.

    Parameters
    ----------
    store : StudyDatastore
        Where. Cases that have no side yet get theirs, for which their images are read.
    recipe : Trainable
        Says what it can learn from.

    Returns
    -------
    Material
        The versions stay as they are, whatever is submitted later.

    Raises
    ------
    InputError
        If they are too few.
    """
    store.assign_sides()
    cases, problems = labelled_cases(store)
    for problem in problems:
        logger.warning("Case %s is not trained on: %s", problem.case, problem.reason)
    left_out = _left_out(store, {case.case for case in cases if recipe.usable(case)})
    for case, why in left_out.items():
        logger.warning("Case %s is not trained on: it %s", case, why)
    parted = recipe.sides(cases, store.book.pool.usable())
    on = {Side.TRAINING: parted.training, Side.VALIDATION: parted.pool}
    if reason := _too_few({side: len(cases) for side, cases in on.items()}):
        unusable = f"; {len(problems)} labels cannot be used, see the log" if problems else ""
        raise InputError(
            f"the cases with {recipe.needs}, to train {recipe.task} on",
            found=f"too few, {reason}{unusable}{_told(left_out)}",
            expected="more",
            todo=f"Submit more cases{' of other patients' if left_out else ''} as complete.",
        )
    return Material([*parted.training, *parted.pool], {one.case: side for side in on for one in on[side]})


def _left_out(store: StudyDatastore, cases: Set[str]) -> dict[str, str]:
    """Those of some cases that belong with other sides, with the reason."""
    return {case: why for case, why in reasons_of(store.book.pool).items() if case in cases}


def _told(left_out: Mapping[str, str]) -> str:
    told = [f"; {case} is left out, since it {why}" for case, why in left_out.items()]
    more = len(told) - MOST_NAMED
    return "".join(told[:MOST_NAMED]) + (f"; {more} more likewise, see the page /livercad/" if more > 0 else "")


def _too_few(counts: Mapping[Side, int]) -> str:
    """How many there are and how many there have to be; empty where there are enough."""
    if all(counts[side] >= fewest for side, fewest in FEWEST.items()):
        return ""
    found, wanted = (" and ".join(f"{numbers[side]} for {side}" for side in FEWEST) for numbers in (counts, FEWEST))
    return f"{found}, where {wanted} are needed"
