"""Studies of one's own with the truth that `livercad evaluate --truth` takes, to replay their labelling."""

from __future__ import annotations

from pathlib import Path

from livercad.errors import InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.strategies import Strategy
from livercad.learning.truth import cases_of_truth
from livercad.progress import Progress
from livercad.simulation.slice_task import LEARNER, LOOKS
from livercad.simulation.slices import Slices, Studies, slices_of
from livercad.simulation.task import Description

FEWEST_PATIENTS = 20
"""Fewer do not give a pool to choose from and a test set."""
WITH, WITHOUT = "lesion", "no lesion"


def own_studies(folder: Path, progress: Progress) -> Studies:
    """Read the studies of a folder that have a truth.

    Parameters
    ----------
    folder : Path
        As `cases_of_truth` takes it.
    progress : Progress
        Told of every case.

    Returns
    -------
    Studies
        All in the pool: each seed draws test cases from it.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST_PATIENTS` patients with a truth of lesions.
    """
    found, problems = cases_of_truth(folder)
    cases = [case for case in found if case.has_lesions]
    patients = {case.case: case.patient for case in cases}
    if len(set(patients.values())) < FEWEST_PATIENTS:
        why = f" (of {problems[0].case}: {problems[0].reason})" if problems else ""
        raise InputError(
            folder,
            found=f"{len(set(patients.values()))} patients with outlined lesions{why}",
            expected=f"at least {FEWEST_PATIENTS}, or a folder of ultrasound images with a table of their classes",
            todo="Give more studies with their truth as `livercad evaluate --truth` takes it (docs/simulation.md).",
        )
    slices: dict[str, Slices] = {}
    for number, case in enumerate(cases):
        progress(number, len(cases), case.case)
        slices[case.case] = _read(case)
    kinds = {name: WITH if own.lesions.any() else WITHOUT for name, own in slices.items()}
    return Studies(slices, patients, kinds, tuple(sorted(slices)), ())


def own_description(folder: Path, studies: Studies) -> Description:
    """What is said of them."""
    return Description(
        name="own-lesion-outlines",
        title="Outlines of lesions",
        metric="Dice",
        data=(
            f"{len(studies.pool)} studies of {len(set(studies.patients.values()))} patients in {folder.name}. A case "
            "is a study; its slices are outlined together. Each seed draws three tenths of the patients for the test, "
            "of whom those count who have a lesion in the slices."
        ),
        learner=LEARNER,
        looks={strategy: LOOKS[strategy] for strategy in Strategy if strategy in LOOKS},
        is_phantom=False,
        budget=max(2, len(studies.pool) // 20),
    )


def _read(case: LabelledCase) -> Slices:
    image, label = case.read_image(), case.read_label()
    case.check_grid(image, label)
    if not label.array.any():
        raise InputError(
            case.label, found="a mask without a liver", expected="the liver outlined", todo="Mend or remove the case."
        )
    return slices_of(image, label)
