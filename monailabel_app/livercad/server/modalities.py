"""What an infer task looks at: studies of CT, or ultrasound images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from monailabel.interfaces.tasks.infer_v2 import InferTask

from livercad.core.ultrasound import MODALITY
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError
from livercad.server.uploads import images_in, study_in
from livercad.studies.study import Study
from livercad.studies.ultrasound.cases import ImageCase

Source = Study | ImageCase


def is_ultrasound(task: InferTask) -> bool:
    """Whether a task looks at ultrasound images."""
    return getattr(task, "modality", "") == MODALITY


def source_of(task: InferTask, case: str, store: StudyDatastore) -> Source:
    """Images of a case for a task.

    Parameters
    ----------
    task : InferTask
        Who will look at them.
    case : str
        The case.
    store : StudyDatastore
        Where it is.

    Returns
    -------
    Study or ImageCase
        As the task wants it.

    Raises
    ------
    UnknownNameError
        If there is no such case.
    OtherModalityError
        If it is one of another modality.
    """
    return store.catalogue.image_case(case) if is_ultrasound(task) else store.study(case)


def reader_of_sent(task: InferTask) -> Callable[[Path], Source]:
    """What finds the images for a task in a folder that a client has filled."""
    return images_in if is_ultrasound(task) else study_in


def check_that_results_can_be_kept(name: str, task: InferTask) -> None:
    """Refuse to keep what no label can hold; ConflictError."""
    if is_ultrasound(task):
        raise ConflictError(
            f"model {name!r}",
            found="a model of ultrasound, whose results are no label maps to be saved",
            expected="a request without save_label, for one case",
            todo="POST /infer/ answers for a case, `livercad analyze` for a folder.",
        )
