"""The tasks of a simulation: on phantoms, or on data of one's own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from livercad.errors import InputError
from livercad.progress import Progress, part
from livercad.simulation.task import Task

if TYPE_CHECKING:
    from livercad.simulation.lesion_task import LesionTask
    from livercad.simulation.slice_task import SliceTask

    Trained = TypeVar("Trained", LesionTask, SliceTask)

LESION_PATIENTS, LESION_TEST = 220, 25
SLICE_PATIENTS, SLICE_TEST = 130, 10
"""Patients in the pool, and test cases of each kind."""
QUICK_SHARE = 0.2
QUICK_STEPS = 12


def phantom_tasks(cache: Path, names: Collection[str], quick: bool, workers: int, progress: Progress) -> list[Task]:
    """Make the tasks on phantoms.

    Parameters
    ----------
    cache : Path
        What has been made is kept there.
    names : collection of str
        Of `PHANTOM_TASKS`.
    quick : bool
        Fewer phantoms, shorter trainings.
    workers : int
        Processes.
    progress : Progress
        Told of every phantom.
    """
    chosen = [name for name in PHANTOM_TASKS if name in names]
    tasks = []
    for number, name in enumerate(chosen):
        own = part(progress, number / len(chosen), (number + 1) / len(chosen))
        tasks.append(_MAKE[name](cache, quick, workers, own))
    return tasks


def _lesion_classes(cache: Path, quick: bool, workers: int, progress: Progress) -> LesionTask:
    from livercad.simulation.lesion_task import LesionTask
    from livercad.simulation.phantom_lesions import phantom_lesions

    size = QUICK_SHARE if quick else 1.0
    pool, test = round(size * LESION_PATIENTS), round(size * LESION_TEST)
    task = LesionTask(phantom_lesions(cache, pool, test, workers, progress))
    return _shortened(task) if quick else task


def _lesion_enhancement(cache: Path, quick: bool, workers: int, progress: Progress) -> Task:
    from livercad.simulation.enhancement_task import EnhancementTask

    return EnhancementTask(_lesion_classes(cache, quick, workers, progress))


def _lesion_outlines(cache: Path, quick: bool, workers: int, progress: Progress) -> Task:
    from livercad.simulation.phantom_slices import phantom_slices
    from livercad.simulation.slice_task import SliceTask

    size = QUICK_SHARE if quick else 1.0
    pool, test = round(size * SLICE_PATIENTS), round(size * SLICE_TEST)
    task = SliceTask(phantom_slices(cache, pool, test, workers, progress))
    return _shortened(task) if quick else task


_MAKE: dict[str, Callable[[Path, bool, int, Progress], Task]] = {
    "lesion-classes": _lesion_classes,
    "lesion-enhancement": _lesion_enhancement,
    "lesion-outlines": _lesion_outlines,
}
PHANTOM_TASKS = tuple(_MAKE)


def _shortened(task: Trained) -> Trained:
    """The same with shorter trainings."""
    return replace(task, plan=replace(task.plan, steps=QUICK_STEPS))


def own_tasks(data: Path, quick: bool, progress: Progress) -> list[Task]:
    """Make the task of a folder of one's own.

    Parameters
    ----------
    data : Path
        Ultrasound images with a table of their classes, or CT studies with their truth.
    quick : bool
        Shorter trainings.
    progress : Progress
        Told of every case.

    Raises
    ------
    InputError
        If it is neither, or too small.
    """
    from livercad.studies.ultrasound.layouts import has_table

    if not data.is_dir():
        raise InputError(
            data,
            found="no such folder",
            expected="ultrasound images with a table, or CT studies with their truth (docs/simulation.md)",
            todo="Check the path.",
        )
    if has_table(data):
        from livercad.simulation.image_task import ImageTask, image_description
        from livercad.simulation.ultrasound import read_images

        images = read_images(data, progress)
        return [ImageTask(images, image_description(data.name, images))]
    from livercad.simulation.own_studies import own_description, own_studies
    from livercad.simulation.slice_task import SliceTask

    studies = own_studies(data, progress)
    task = SliceTask(studies, own_description(data, studies))
    return [_shortened(task) if quick else task]
