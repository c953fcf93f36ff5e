"""The cases of a training: which there are, and whether they are enough."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from livercad.errors import InputError
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
    return f"Too few cases with a complete label: {reason}." if reason else ""


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
    parted = recipe.sides(cases, store.book.pool.usable())
    on = {Side.TRAINING: parted.training, Side.VALIDATION: parted.pool}
    if reason := _too_few({side: len(cases) for side, cases in on.items()}):
        unusable = f"; {len(problems)} labels cannot be used, see the log" if problems else ""
        raise InputError(
            f"the cases with {recipe.needs}, to train {recipe.task} on",
            found=f"too few, {reason}{unusable}",
            expected="more",
            todo="Submit more cases as complete.",
        )
    return Material([*parted.training, *parted.pool], {one.case: side for side in on for one in on[side]})


def _too_few(counts: Mapping[Side, int]) -> str:
    """How many there are and how many there have to be; empty where there are enough."""
    if all(counts[side] >= fewest for side, fewest in FEWEST.items()):
        return ""
    found, wanted = (" and ".join(f"{numbers[side]} for {side}" for side in FEWEST) for numbers in (counts, FEWEST))
    return f"{found}, where {wanted} are needed"
