"""The images of a study: a folder of one's own, or phantoms of the liver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.circle import PixelBox
from livercad.errors import InputError
from livercad.papers.qi2019.answers import KNOWN, SecondQuestion, second_question, true_answers
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.settings import PhantomSettings
from livercad.papers.qi2019.splits import PARTS, Side, Sides, Split, divide, rows_of
from livercad.phantom.ultrasound.making import Options, write_ultrasound
from livercad.progress import Progress, part, silent
from livercad.studies.ultrasound.collection import Collection, read_collection
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.phantoms import is_phantom

PHANTOMS = "digital phantoms of the liver"
MAKING = 0.95
"""Of the time, for the progress: making phantoms, beside reading them."""


@dataclass(frozen=True)
class StudyImage:
    """An image that can be used.

    Parameters
    ----------
    name : str
        Its own.
    kind : str
        Class, one of `livercad.papers.qi2019.answers.KNOWN`.
    group : int
        Images of one patient, and copies, have the same.
    box : PixelBox or None
        Around its largest lesion, where one is marked.
    grey : ndarray of uint8, shape (rows, columns)
        Its pixels.
    """

    name: str
    kind: str
    group: int
    box: PixelBox | None
    grey: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Data:
    """All images.

    Parameters
    ----------
    title : str
        What they are.
    is_phantom : bool
        Whether they were made.
    images : tuple of StudyImage
        Those that can be used.
    duplicates : tuple of tuple of str
        Names of images that show the same.
    second : SecondQuestion
        What Sn-Net learns on them.
    left_out : tuple of str
        What cannot be used, and why.
    """

    title: str
    is_phantom: bool
    images: tuple[StudyImage, ...]
    duplicates: tuple[tuple[str, ...], ...]
    second: SecondQuestion
    left_out: tuple[str, ...]

    @property
    def kinds(self) -> list[str]:
        """Class of each image."""
        return [image.kind for image in self.images]

    @property
    def groups(self) -> list[int]:
        """Group of each image."""
        return [image.group for image in self.images]

    @property
    def copies(self) -> int:
        """How many images show what another one shows."""
        return sum(len(names) - 1 for names in self.duplicates)

    @property
    def answers(self) -> dict[Question, npt.NDArray[np.int64]]:
        """To both questions, 1 for yes."""
        return true_answers(self.kinds, self.second)

    def sides(self, split: Split, seed: int) -> Sides:
        """Divide them.

        Parameters
        ----------
        split : Split
            How.
        seed : int
            Of what is drawn.

        Returns
        -------
        tuple of Side
            Of each image.

        Raises
        ------
        InputError
            If a side has no yes or no no to a question.
        """
        try:
            sides = divide(self.kinds, self.groups, split, seed)
        except ValueError as error:
            what = "images" if split is Split.IMAGE else "images or patients"
            raise self._few(f"divided by {split}", f"fewer than {PARTS} {what} of every class") from error
        self.check(sides, f"divided by {split}")
        return sides

    def check(self, sides: Sides, how: str) -> None:
        """Refuse a division with a side that has no yes, or no no, to a question.

        Parameters
        ----------
        sides : tuple of Side
            Of each image.
        how : str
            Of the division, for the error.

        Raises
        ------
        InputError
            If there is one.
        """
        for side in Side:
            rows = rows_of(sides, side)
            for question, answers in self.answers.items():
                if len(set(answers[rows].tolist())) < 2:
                    raise self._few(how, f"for the {side} none that is, or is not, {question}")

    def _few(self, how: str, found: str) -> InputError:
        return InputError(
            f"{self.title}, {how}",
            found=f"{len(self.images)} images of {len(set(self.groups))} patients ({found})",
            expected="both answers to both questions in training, validation and test",
            todo="Add images of the rare classes.",
        )


def folder_data(folder: Path, progress: Progress = silent) -> Data:
    """Read a folder.

    Parameters
    ----------
    folder : Path
        As `livercad.studies.ultrasound.folder.find_images` takes it, with classes of `KNOWN`.
    progress : Progress
        Told of every image.

    Returns
    -------
    Data
        Images without a class, or of another one, are left out and named.

    Raises
    ------
    InputError
        If the folder cannot be read, or its classes answer none of Sn-Net's questions.
    """
    return data_of(read_collection(folder, progress), folder, folder.resolve().name, is_phantom(folder))


def phantom_data(folder: Path, settings: PhantomSettings, seed: int, progress: Progress = silent) -> Data:
    """Make phantoms and read them.

    Parameters
    ----------
    folder : Path
        Gets them; phantoms of the same settings are kept.
    settings : PhantomSettings
        How many, how large.
    seed : int
        Another seed, other phantoms.
    progress : Progress
        Told of every case.

    Returns
    -------
    Data
        Every image has a lesion; solid is what is no cyst.
    """
    write_ultrasound(folder, Options(settings.cases, seed, settings.columns), part(progress, 0, MAKING))
    return data_of(read_collection(folder, part(progress, MAKING, 1)), folder, PHANTOMS, made=True)


def data_of(found: Collection, folder: Path, title: str, made: bool = False) -> Data:
    """Choose the images that can be used.

    Parameters
    ----------
    found : Collection
        All that were read.
    folder : Path
        Where they lie.
    title : str
        What they are.
    made : bool
        Whether they are phantoms.

    Returns
    -------
    Data
        Images of the classes `KNOWN`, in their order.

    Raises
    ------
    InputError
        If their classes answer none of Sn-Net's questions, or all are of one patient.
    """
    problems = [f"{problem.case}: {problem.reason}" for problem in found.problems]
    images = []
    for listed, pixels, group in zip(found.listed, found.images, found.grouping.groups, strict=True):
        if listed.kind in KNOWN:
            images.append(StudyImage(listed.name, listed.kind, group, _box(listed), pixels.array))
        else:
            problems.append(f"{listed.name}: its class is '{listed.kind}', not one of {', '.join(sorted(KNOWN))}")
    second = second_question([image.kind for image in images]) if images else None
    if second is None:
        raise InputError(
            folder,
            found=f"{len(images)} images of the classes {', '.join(_classes(images)) or '(none)'}{found.unusable}",
            expected="normal images beside others, or cysts beside other types",
            todo="Add them: without, Sn-Net has nothing to learn.",
        )
    found.check_patients(folder)
    used = {image.name for image in images}
    sets = [tuple(name for name in names if name in used) for names in found.grouping.duplicates]
    duplicates = tuple(names for names in sets if len(names) > 1)
    return Data(title, made, tuple(images), duplicates, second, tuple(problems))


def _box(listed: ListedImage) -> PixelBox | None:
    if not listed.lesions:
        return None
    largest = max(listed.lesions, key=lambda lesion: lesion.circle.diameter)
    return largest.box or largest.circle.box


def _classes(images: Sequence[StudyImage]) -> list[str]:
    return sorted({image.kind for image in images})
