"""Patients of one's own: studies, lesion masks or boxes, and the table ``labels.csv``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from livercad.code import code_hash
from livercad.core.geometry import Box, Point
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError, LiverCADError
from livercad.papers.yasaka2018.capture import largest_section
from livercad.papers.yasaka2018.labels import TABLE, Label, read_labels
from livercad.papers.yasaka2018.masks import ellipsoid, laid_over, lesion_of, mask_file
from livercad.papers.yasaka2018.published import TEST_LESIONS, TRAINING_PATIENTS
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings
from livercad.papers.yasaka2018.sources import LabelledLesion, LesionImages, Part, Patient
from livercad.studies.discover import find_studies
from livercad.studies.reading import load_series
from livercad.studies.study import Study

TEST_SHARE = sum(TEST_LESIONS.values()) / (TRAINING_PATIENTS + sum(TEST_LESIONS.values()))
"""Of the patients, where the table tells no sets: 100 of 560, as in the paper ("Image Data")."""
CODE = ("livercad.studies", "livercad.papers.yasaka2018.masks", __name__)
"""What a patient's images and lesions depend on, but for his files."""


@dataclass(frozen=True)
class FolderSource:
    """A folder of patients.

    Parameters
    ----------
    folder : Path
        The studies, each case with a mask ``lesions.nii.gz`` in its folder unless the table has boxes.
    studies : dict of str to Study
        By case.
    boxes : dict of (str, int) to Box
        By case and lesion.
    places : dict of (str, int) to dict of Phase to tuple of float
        Likewise: where the lesion lies in a phase, RAS mm, where the table tells.
    patients : tuple of Patient
        One for each case that is used.
    left_out : tuple of str
        What is not used, and why.
    """

    folder: Path
    studies: dict[str, Study]
    boxes: dict[tuple[str, int], Box]
    places: dict[tuple[str, int], dict[Phase, Point]]
    patients: tuple[Patient, ...]
    left_out: tuple[str, ...]
    is_phantom: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """The folder's name."""
        return f"the patients of {self.folder.name}"

    @classmethod
    def of(cls, folder: Path, capture: CaptureSettings, seed: int, sets: int | None = None) -> FolderSource:
        """Read the table and find the images.

        Parameters
        ----------
        folder : Path
            As the class has it.
        capture : CaptureSettings
            Most table positions a lesion and lesions a patient.
        seed : int
            Of the split, where the table tells none.
        sets : int, optional
            Most image sets for training; every lesion gets one before any gets a second.

        Returns
        -------
        FolderSource
            With patients in training and in test.

        Raises
        ------
        InputError
            If the table is wrong, names a case that is not there, or leaves a set without patients.
        """
        labels = read_labels(folder)
        studies = {study.case: study for study in find_studies(folder).studies}
        _check_cases(folder, labels, studies)
        without = {case: _missing_phases(studies[case]) for case in dict.fromkeys(label.case for label in labels)}
        left_out = [f"{case}: no {' and no '.join(phases)} phase" for case, phases in without.items() if phases]
        usable = [label for label in labels if not without[label.case]]
        maskless = _maskless(folder, usable)
        left_out += maskless.values()
        usable = [label for label in usable if label.case not in maskless]
        boxes = {(label.case, label.lesion): label.box for label in usable if label.box}
        parts = _parts(usable, seed)
        places = {(label.case, label.lesion): label.places for label in usable if label.places}
        source = cls(folder, studies, boxes, places, (), ())
        test, unreadable = source._largest([label for label in usable if parts[label.person] is Part.TEST])
        left_out += unreadable
        training, surplus = _first_lesions(
            [label for label in usable if parts[label.person] is Part.TRAINING], capture.lesions
        )
        left_out += [
            f"{label.case}: lesion {label.lesion} is beyond {capture.lesions} of its patient" for label in surplus
        ]
        for part, chosen in ((Part.TRAINING, training), (Part.TEST, test)):
            if not chosen:
                raise InputError(
                    folder / TABLE,
                    found=f"no usable patient for {part}",
                    expected="patients with three phases for training and for test",
                    todo="Add patients, or tell the sets in a column 'set'." + (f" {left_out[0]}." if left_out else ""),
                )
        positions = _positions(len(training), capture.positions, sets)
        patients = [*_patients(training, positions, Part.TRAINING), *_patients(test, [1] * len(test), Part.TEST)]
        return replace(source, patients=tuple(patients), left_out=tuple(left_out))

    def key(self, patient: Patient) -> str:
        """The code that reads them; names, sizes and dates of the patient's files; boxes and places."""
        files = [path for series in self._series(patient.name) for path in series.files]
        if not all((patient.name, lesion.number) in self.boxes for lesion in patient.lesions):
            files.append(mask_file(self.folder, patient.name))
        stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
        lesions = [(patient.name, lesion.number) for lesion in patient.lesions]
        told = [f"{self.boxes.get(lesion)} {self.places.get(lesion)}" for lesion in lesions]
        return "\n".join([code_hash(*CODE), *stamps, *told])

    def load(self, patient: Patient) -> list[LesionImages]:
        """Read the patient's images and lesions."""
        images = {series.phase: load_series(series) for series in self._series(patient.name) if series.phase}
        return [self._in_place(images, patient.name, lesion.number) for lesion in patient.lesions]

    def _series(self, case: str) -> list:
        return [series for series in self.studies[case].series if series.phase in PHASES]

    def _lesion(self, case: str, number: int) -> Volume:
        box = self.boxes.get((case, number))
        return ellipsoid(box) if box else lesion_of(mask_file(self.folder, case), number)

    def _in_place(self, images: dict[Phase, Volume], case: str, number: int) -> LesionImages:
        """A lesion's images, each phase laid over the mask where the table tells the lesion's place in it."""
        lesion, places = self._lesion(case, number), self.places.get((case, number), {})
        if not places:
            return LesionImages(images, lesion)
        center, _ = largest_section(lesion)
        moved = {phase: laid_over(images[phase], place, center) for phase, place in places.items()}
        return LesionImages(images | moved, lesion)

    def _largest(self, labels: Sequence[Label]) -> tuple[list[Label], list[str]]:
        """One lesion for each person, that with the longest diameter; and what to say of cases that cannot be read."""
        chosen: list[Label] = []
        problems: dict[str, str] = {}
        for own in _by_person(labels).values():
            sized: list[tuple[float, Label]] = []
            for each in own:
                try:
                    size = largest_section(self._lesion(each.case, each.lesion))[1] if len(own) > 1 else 0.0
                    sized.append((size, each))
                except LiverCADError as error:
                    problems[each.case] = f"{each.case}: {error}"
            readable = [(size, each) for size, each in sized if each.case not in problems]
            if readable:
                chosen.append(max(readable, key=lambda pair: pair[0])[1])
        return chosen, list(problems.values())


def _check_cases(folder: Path, labels: Sequence[Label], studies: dict[str, Study]) -> None:
    for label in labels:
        if label.case not in studies:
            raise InputError(
                folder / TABLE,
                found=f"the case '{label.case}' in line {label.line}",
                expected="a case with images: " + (", ".join(sorted(studies)[:5]) or "there are none"),
                todo="Correct the table, or add the images (docs/data.md).",
            )


def _missing_phases(study: Study) -> list[str]:
    there = {series.phase for series in study.series}
    return [phase.value for phase in PHASES if phase not in there]


def _maskless(folder: Path, labels: Iterable[Label]) -> dict[str, str]:
    """The cases with a lesion that has neither box nor mask, and what to say of each."""
    problems: dict[str, str] = {}
    for case in dict.fromkeys(label.case for label in labels if not label.box):
        try:
            mask_file(folder, case)
        except InputError as error:
            problems[case] = f"{case}: {error}"
    return problems


def _by_person(labels: Iterable[Label]) -> dict[str, list[Label]]:
    people: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        people[label.person].append(label)
    return people


def _parts(labels: Sequence[Label], seed: int) -> dict[str, Part]:
    """Training or test for each person: the table's word, else drawn within each category."""
    people = _by_person(labels)
    if any(label.part for label in labels):
        return {person: own[0].part or Part.TRAINING for person, own in people.items()}
    parts: dict[str, Part] = {}
    rng = np.random.default_rng((seed, 560))
    for category in sorted({own[0].category for own in people.values()}):
        members = [person for person, own in people.items() if own[0].category == category]
        count = min(len(members) - 1, max(1, round(TEST_SHARE * len(members))))
        test = set(rng.permutation(members)[:count])
        parts |= {person: Part.TEST if person in test else Part.TRAINING for person in members}
    return parts


def _first_lesions(labels: Sequence[Label], most: int) -> tuple[list[Label], list[Label]]:
    kept = [label for own in _by_person(labels).values() for label in own[:most]]
    return kept, [label for own in _by_person(labels).values() for label in own[most:]]


def _positions(lesions: int, most: int, sets: int | None) -> list[int]:
    """Table positions of each lesion, as many as there are unless `sets` limits them; the last may get none."""
    total = lesions * most if sets is None else min(sets, lesions * most)
    return [total // lesions + (lesion < total % lesions) for lesion in range(lesions)]


def _patients(labels: Sequence[Label], positions: Sequence[int], part: Part) -> list[Patient]:
    cases: dict[str, list[tuple[Label, int]]] = defaultdict(list)
    for label, count in zip(labels, positions, strict=True):
        if count:
            cases[label.case].append((label, count))
    return [
        Patient(
            name=case,
            part=part,
            lesions=tuple(LabelledLesion(o.lesion, o.category, count, o.hypervascular, o.kind) for o, count in own),
            scanner=own[0][0].scanner,
            person=own[0][0].person,
        )
        for case, own in cases.items()
    ]
