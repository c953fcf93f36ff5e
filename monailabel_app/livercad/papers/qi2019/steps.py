"""The steps of the study, each of which keeps what an earlier call has finished."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from livercad.code import code_hash
from livercad.papers.qi2019.arrays import hash_of, read_arrays, write_arrays
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.jobs import Job, Training, result_of
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Sides, Split
from livercad.papers.qi2019.training import run_training
from livercad.papers.workers import cores, run_all
from livercad.progress import Progress, part

TRAININGS, CACHE = "trainings", "cache"
NAMES = {Question.MALIGNANT: "mt", Question.SOLID: "sn"}
"""Of the trainings' folders."""
ARRAYS_CODE = ("livercad.papers.qi2019.arrays", "livercad.papers.qi2019.crops")
"""What arrays depend on, but for images and settings."""
PREPARING = 0.03
"""Of the time, for the progress."""

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True)
class Study:
    """What all steps need.

    Parameters
    ----------
    data : Data
        The images.
    output : Path
        Where everything goes.
    settings : Settings
        Of the reproduction.
    workers : int
        Processes.
    sides : dict of Split to tuple of Side
        Both ways to divide the images.
    """

    data: Data
    output: Path
    settings: Settings
    workers: int
    sides: dict[Split, Sides]

    @classmethod
    def of(cls, data: Data, output: Path, settings: Settings, workers: int) -> Study:
        """Divide the images; InputError where they cannot be divided."""
        return cls(data, output, settings, workers, {split: data.sides(split, settings.seed) for split in Split})

    def train(
        self, divisions: Mapping[Name, Sides], methods: Sequence[Method], progress: Progress
    ) -> dict[Name, list[tuple[Job, Training]]]:
        """Train methods for every way to divide the images.

        Parameters
        ----------
        divisions : mapping of str to tuple of Side
            By names that trainings' folders are given.
        methods : sequence of Method
            Some of `TRAINED`.
        progress : Progress
            Told of images.

        Returns
        -------
        dict of str to list of (Job, Training)
            Of each division, in the order of the methods; Mt-Net before Sn-Net where they learn alone.

        Raises
        ------
        InputError
            If a training diverges.
        """
        jobs = self.jobs(divisions, methods, part(progress, 0, PREPARING))
        todo = [job for each in jobs.values() for job in each if result_of(job) is None]
        # The longest first, so that processes end together.
        todo.sort(key=lambda job: (-len(job.answers), job.method in (Method.HAN, Method.CHENG)))
        total = sum(job.epochs * len(job.training) for job in todo)
        workers = 1 if self._device == "cuda" else self.workers
        run_all(run_training, todo, workers, total, part(progress, PREPARING, 1), "training", ticks=True)
        return {name: [(job, self._result(job)) for job in each] for name, each in jobs.items()}

    def jobs(
        self, divisions: Mapping[Name, Sides], methods: Sequence[Method], progress: Progress
    ) -> dict[Name, list[Job]]:
        """All trainings, done or not, and what the methods see, made unless it is there.

        Parameters
        ----------
        divisions, methods, progress
            As for `train`.

        Returns
        -------
        dict of str to list of Job
            As of `train`.
        """
        arrays = self._arrays(progress)
        answers = {question: tuple(each.tolist()) for question, each in self.data.answers.items()}
        jobs: dict[Name, list[Job]] = {name: [] for name in divisions}
        for method in methods:
            data_key = hash_of(read_arrays(arrays, method))
            together = [tuple(Question)] if method is Method.REM else [(question,) for question in Question]
            for name, sides in divisions.items():
                for questions in together:
                    folder = "-".join((method.value.lower(), *(NAMES[question] for question in questions), name))
                    jobs[name].append(
                        Job(
                            method=method,
                            answers={question: answers[question] for question in questions},
                            settings=self.settings,
                            arrays=arrays,
                            data_key=data_key,
                            sides=sides,
                            folder=self.output / TRAININGS / folder,
                            threads=cores() if self._device == "cuda" else 1,
                            device=self._device,
                        )
                    )
        return jobs

    @property
    def _device(self) -> str:
        """Of torch."""
        return "cuda" if torch.cuda.is_available() else "cpu"

    def _result(self, job: Job) -> Training:
        result = result_of(job)
        if result is None:
            raise RuntimeError(f"{job.folder}: a training that has ended left no result.")
        return result

    def _arrays(self, progress: Progress) -> Path:
        """An .npz file of what the methods see, made unless it is there; one of other images or sizes is removed."""
        settings, cheng = self.settings, self.settings.cheng
        made_from: tuple[Any, ...] = (
            *(code_hash(*ARRAYS_CODE), content_of(self.data), settings.networks.side, settings.han.side),
            *(cheng.side, cheng.patch, [image.box for image in self.data.images]),
        )
        digest = hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()
        path = self.output / CACHE / f"arrays_{digest[:16]}.npz"
        if not path.is_file():
            for old in path.parent.glob("arrays_*.npz"):
                old.unlink()
            make = partial(_write_arrays, images=self.data, settings=settings)
            run_all(make, [path], 1, len(self.data.images), progress, "scaling images", ticks=True)
        return path


def _write_arrays(path: Path, images: Data, settings: Settings) -> None:
    write_arrays(path, images.images, settings)


def content_of(data: Data) -> str:
    """SHA-256 of all images with their classes and groups."""
    digest = hashlib.sha256()
    for image in data.images:
        digest.update(f"{image.name} {image.kind} {image.group} {image.grey.shape}".encode() + image.grey.tobytes())
    return digest.hexdigest()
