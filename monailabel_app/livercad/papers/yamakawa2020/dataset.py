"""The images of a study: which can be used, what they show, and who must stay together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.papers.yamakawa2020.folds import Fold, folds_of
from livercad.phantom.ultrasound.lesions import KINDS
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.collection import Collection, read_collection
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.truth import truth_of_case

Index = npt.NDArray[np.intp]

TABLE_1 = tuple(kind.value for kind in KINDS)
"""The paper's four types, in the order of its Table I."""
MALIGNANT = "malignant"
NAMED = 5
"""Cases that a note names."""


@dataclass(frozen=True)
class Dataset:
    """Images with one circle each; all arrays are in the order of `images`.

    Parameters
    ----------
    images : tuple of ListedImage
        Each with a class and a lesion.
    sha256 : tuple of str
        Of each image's grey values.
    classes : tuple of str
        What the network tells apart, in the order of its outputs.
    labels : ndarray of int, shape (images,)
        Index into `classes`.
    cases : ndarray of int, shape (images,)
        Index into `case_names`.
    groups : ndarray of int, shape (images,)
        Images that no split may part: cases, with copies and patients joined.
    case_names : tuple of str
        Each case once.
    duplicates : tuple of tuple of str
        Names of images that are copies of each other.
    notes : tuple of str
        What was left out, and what was grouped.
    """

    images: tuple[ListedImage, ...]
    sha256: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Index
    cases: Index
    groups: Index
    case_names: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def circles(self) -> tuple[Circle, ...]:
        """The first lesion's of each image: the largest one where masks tell."""
        return tuple(image.lesions[0].circle for image in self.images)

    @property
    def positive(self) -> int | None:
        """Which of two classes a curve counts as positive: the malignant one, else the second; None for more."""
        if len(self.classes) != 2:
            return None
        return self.classes.index(MALIGNANT) if MALIGNANT in self.classes else 1

    def first_of_cases(self) -> Index:
        """Of each case the first image, by case; shape (cases,)."""
        return np.unique(self.cases, return_index=True)[1]

    def folds(self, count: int, seed: int) -> list[Fold]:
        """Divide the images: groups of cases at random, as many of each class everywhere (section 2.6).

        Parameters
        ----------
        count : int
            Folds.
        seed : int
            Of the division.

        Returns
        -------
        list of Fold
            Places of images.

        Raises
        ------
        InputError
            If a class has fewer groups than folds.
        """
        names, first = np.unique(self.groups, return_index=True)
        kinds = [self.classes[label] for label in self.labels[first]]
        rare = {kind: number for kind, number in Counter(kinds).items() if number < count}
        if rare:
            raise InputError(
                "the images",
                found="too few cases: " + ", ".join(f"{number} of {kind}" for kind, number in sorted(rare.items())),
                expected=f"a case of each class for each of {count} folds",
                todo="Add cases, leave the class out, or set study.folds lower in the file of --settings.",
            )

        def images_of(places: Index) -> Index:
            return np.flatnonzero(np.isin(self.groups, names[places]))

        return [
            Fold(images_of(fold.training), images_of(fold.validation), images_of(fold.test))
            for fold in folds_of(kinds, count, seed)
        ]


def read_dataset(folder: Path, progress: Progress = silent) -> Dataset:
    """Read a folder of ultrasound images with lesions that are marked and classed.

    Parameters
    ----------
    folder : Path
        See `livercad.studies.ultrasound.folder.find_images`.
    progress : Progress
        Told of every image.

    Returns
    -------
    Dataset
        Of the images that can be used.

    Raises
    ------
    InputError
        If the folder cannot be read, or has fewer than two classes of lesions.
    """
    return dataset_of(folder, read_collection(folder, progress))


def dataset_of(folder: Path, collection: Collection) -> Dataset:
    """Choose from a collection what can be learnt from.

    Parameters
    ----------
    folder : Path
        For messages.
    collection : Collection
        Images and groups.

    Returns
    -------
    Dataset
        Without images that have no lesion or no class, and without cases of several classes.

    Raises
    ------
    InputError
        If fewer than two classes are left.
    """
    by_case: dict[str, list[ListedImage]] = {}
    for image in collection.listed:
        by_case.setdefault(image.case, []).append(image)
    mixed = sorted(case for case, own in by_case.items() if len(truth_of_case(own).classes) > 1)
    used = [
        n for n, image in enumerate(collection.listed) if image.lesions and _kind(image) and image.case not in mixed
    ]
    images = tuple(collection.listed[n] for n in used)
    classes = _classes({_kind(image) for image in images})
    if len(classes) < 2:
        raise InputError(
            folder,
            found=f"lesions of {len(classes)} class{'es' * (len(classes) != 1)} ({', '.join(classes) or 'none'})",
            expected="lesions of two classes or more, each with a circle, a box or a mask",
            todo="Add the column class to annotations.csv (docs/ultrasound.md).",
        )
    case_names = tuple(sorted({image.case for image in images}))
    grouping = collection.grouping
    names = {image.name for image in images}
    duplicates = tuple(own for each in grouping.duplicates if len(own := tuple(n for n in each if n in names)) > 1)
    return Dataset(
        images=images,
        sha256=tuple(_content(collection.images[n].array) for n in used),
        classes=classes,
        labels=np.array([classes.index(_kind(image)) for image in images]),
        cases=np.array([case_names.index(image.case) for image in images]),
        groups=np.unique([grouping.groups[n] for n in used], return_inverse=True)[1],
        case_names=case_names,
        duplicates=duplicates,
        notes=tuple(_notes(collection, images, mixed, duplicates)),
    )


def _kind(image: ListedImage) -> str:
    """Class of the lesion that is used, else of the image."""
    return (image.lesions[0].kind if image.lesions else "") or image.kind


def _classes(kinds: set[str]) -> tuple[str, ...]:
    """The paper's types in its order, others by name."""
    return TABLE_1 if kinds == set(TABLE_1) else tuple(sorted(kinds))


def _content(array: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(f"{array.shape}".encode() + array.tobytes()).hexdigest()


def _notes(
    collection: Collection, images: Sequence[ListedImage], mixed: Sequence[str], duplicates: Sequence[Sequence[str]]
) -> list[str]:
    bare = sum(not image.lesions for image in collection.listed)
    nameless = sum(bool(image.lesions) and not _kind(image) for image in collection.listed)
    several = sum(len(image.lesions) > 1 for image in images)
    copies = sum(len(each) for each in duplicates)
    told = [
        (bare, f"{bare} images without a lesion are left out"),
        (nameless, f"{nameless} images whose lesion has no class are left out"),
        (len(mixed), f"{len(mixed)} cases with lesions of several classes are left out: {_named(mixed)}"),
        (several, f"of {several} images with several lesions, the first one is used (the largest where masks tell)"),
        (copies, f"{copies} images in {len(duplicates)} sets are near-duplicates of each other: sets stay together"),
    ]
    problems = [f"{problem.case}: {problem.reason}" for problem in collection.problems]
    return [note for count, note in told if count] + problems


def _named(cases: Sequence[str]) -> str:
    return ", ".join(cases[:NAMED]) + (f" and {len(cases) - NAMED} more" if len(cases) > NAMED else "")
