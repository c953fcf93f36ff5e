"""The steps of the study, each of which keeps what an earlier call has finished."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from livercad.code import code_hash
from livercad.errors import InputError
from livercad.papers.shah2021 import images as image_files
from livercad.papers.shah2021.answers import PERIMETERS, LesionTest, LiverTest
from livercad.papers.shah2021.asking import ask_lesion_network, ask_liver_network
from livercad.papers.shah2021.images import Image, Record, hash_of
from livercad.papers.shah2021.jobs import Job, result_of
from livercad.papers.shah2021.lesions import LesionJob, lesion_arrays
from livercad.papers.shah2021.liver import LiverJob, liver_arrays
from livercad.papers.shah2021.making import make_images
from livercad.papers.shah2021.settings import Settings, Split
from livercad.papers.shah2021.sources import Patient, PatientSource
from livercad.papers.shah2021.splits import training_images
from livercad.papers.shah2021.training import run_training
from livercad.papers.workers import cores, run_all
from livercad.progress import Progress, part
from livercad.studies.atomic import replacing

TRAININGS, CACHE, ANSWERS = "trainings", "cache", "answers"
NAMED = 3
"""Reasons that an error tells."""


@dataclass(frozen=True)
class Study:
    """What all steps need.

    Parameters
    ----------
    source : PatientSource
        The patients.
    output : Path
        Where everything goes.
    settings : Settings
        Of the reproduction.
    workers : int
        Processes.
    records : sequence of Record
        The patients' images, which are made.
    left_out : sequence of str
        What is not used, and why.
    """

    source: PatientSource
    output: Path
    settings: Settings
    workers: int
    records: Sequence[Record]
    left_out: Sequence[str]

    @classmethod
    def of(cls, source: PatientSource, output: Path, settings: Settings, workers: int, progress: Progress) -> Study:
        """Make the images; InputError where they cannot be divided."""
        folder = output / image_files.FOLDER
        records, problems = make_images(source, folder, settings.images, workers, progress)
        study = cls(source, output, settings, workers, records, [*source.left_out, *problems])
        study._check()
        return study

    @property
    def images(self) -> Path:
        """Where their pixels are."""
        return self.output / image_files.FOLDER

    @property
    def device(self) -> str:
        """Of torch."""
        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def liver_images(self) -> list[Image]:
        """Those of whole livers."""
        return [image for record in self.records for image in record.liver_images]

    @property
    def lesion_images(self) -> list[Image]:
        """Those of lesions."""
        return [image for record in self.records for image in record.lesion_images]

    @property
    def patients(self) -> list[Patient]:
        """Those who have images."""
        there = {image.patient for image in self.lesion_images}
        return [patient for patient in self.source.patients if patient.name in there]

    def sides(self, images: Sequence[Image], split: Split) -> tuple[bool, ...]:
        """Which images are for training."""
        sides = training_images(images, self.patients, split, self.settings.training_share, self.settings.seed)
        return tuple(sides.tolist())

    def liver_tests(self, progress: Progress) -> dict[Split, LiverTest]:
        """Train the first network for each split, and ask it."""
        images = self.liver_images
        data_key = hash_of(self.records)
        arrays = self._arrays(
            "liver",
            (data_key, self.settings.liver.pixels),
            lambda: liver_arrays(images, self.images, self.settings.liver),
        )
        jobs = {
            split: LiverJob(
                settings=self.settings.liver,
                seed=self.settings.seed,
                arrays=arrays,
                training=self.sides(images, split),
                data_key=data_key,
                folder=self.output / TRAININGS / f"liver-{split}",
                threads=self.threads,
                device=self.device,
            )
            for split in Split
        }
        self._train(jobs.values(), part(progress, 0, 0.8), "training the liver network")
        tests = {
            split: LiverTest(job, images, self.lesion_images, self.images, self.output / ANSWERS / split)
            for split, job in jobs.items()
        }
        count = len(images) + len(self.lesion_images)
        self._ask(ask_liver_network, tests, count, part(progress, 0.8, 1), "drawing perimeters")
        return tests

    def lesion_tests(self, liver: dict[Split, LiverTest], progress: Progress) -> dict[Split, LesionTest]:
        """Train the second network for each split on what the first has segmented, and ask it."""
        images, settings = self.lesion_images, self.settings.lesions
        jobs: dict[Split, LesionJob] = {}
        for split in Split:
            data_key = f"{hash_of(self.records)} {liver[split].perimeters_hash()}"
            arrays = self._arrays(
                f"lesions-{split}",
                (data_key, settings.pixels, settings.margin),
                partial(self._lesion_arrays, liver[split]),
            )
            jobs[split] = LesionJob(
                settings=settings,
                seed=self.settings.seed,
                arrays=arrays,
                training=self.sides(images, split),
                data_key=data_key,
                folder=self.output / TRAININGS / f"lesions-{split}",
                threads=self.threads,
                device=self.device,
            )
        self._train(jobs.values(), part(progress, 0, 0.92), "training the MDL-CNN")
        pixel_mm = self.settings.images.field_mm / self.settings.images.pixels
        tests = {
            split: LesionTest(
                job, images, self.images, liver[split].folder / PERIMETERS, pixel_mm, self.output / ANSWERS / split
            )
            for split, job in jobs.items()
        }
        self._ask(ask_lesion_network, tests, len(images), part(progress, 0.92, 1), "finding lesions")
        return tests

    def _lesion_arrays(self, liver: LiverTest) -> dict[str, np.ndarray]:
        return lesion_arrays(self.lesion_images, liver.perimeters(), self.images, self.settings.lesions)

    @property
    def threads(self) -> int:
        """Of each training: as many processes as there are cores have one each."""
        return cores() if self.device == "cuda" else 1

    def _train(self, jobs: Iterable[Job], progress: Progress, what: str) -> None:
        jobs = list(jobs)
        todo = [job for job in jobs if result_of(job) is None]
        total = sum(job.schedule.epochs * sum(job.training) for job in todo)
        run_all(run_training, todo, 1 if self.device == "cuda" else self.workers, total, progress, what, ticks=True)
        missing = [job.folder for job in jobs if result_of(job) is None]
        if missing:
            raise RuntimeError(f"{missing[0]}: a training that has ended left no result.")

    def _ask(
        self, ask: Callable[[Any], None], tests: dict[Split, Any], images: int, progress: Progress, what: str
    ) -> None:
        todo = [test for test in tests.values() if test.kept() is None]
        run_all(ask, todo, self.workers, images * len(todo), progress, what, ticks=True)

    def _arrays(self, name: str, made_from: tuple[Any, ...], make: Callable[[], dict[str, np.ndarray]]) -> Path:
        """An .npz file of arrays, made unless it is there; one of other images or settings is removed."""
        code = code_hash(
            "livercad.papers.shah2021.crops", "livercad.papers.shah2021.lesions", "livercad.papers.shah2021.liver"
        )
        digest = hashlib.sha256(" ".join(map(str, (code, *made_from))).encode()).hexdigest()
        path = self.output / CACHE / f"{name}_{digest[:16]}.npz"
        if not path.is_file():
            for old in path.parent.glob(f"{name}_*.npz"):
                old.unlink()
            arrays = make()
            with replacing(path) as temporary, temporary.open("wb") as stream:
                np.savez(stream, **arrays)
        return path

    def _check(self) -> None:
        reasons = [reason.rstrip(".") for reason in self.left_out]
        told = f" ({'; '.join(reasons[:NAMED])}{f'; {len(reasons) - NAMED} more' if len(reasons) > NAMED else ''})"
        for images, what in ((self.lesion_images, "images of lesions"), (self.liver_images, "images of livers")):
            for split in Split:
                sides = self.sides(images, split) if images else ()
                if all(sides) or not any(sides):
                    raise InputError(
                        self.source.title,
                        found=f"{len(images)} {what} and no way to divide them by {split}" + told * bool(reasons),
                        expected="images for training and for the test",
                        todo="Add patients, or mend what is named there.",
                    )
