"""The phantoms of the training as detectors that draw boxes see them, kept in files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.detectors.scene import Array
from livercad.detectors.shown import searched_block, shown_of
from livercad.detectors.training.studies import Example
from livercad.progress import Progress
from livercad.studies.atomic import replacing

TRUTH, DIGEST = "truth", "sha256"

Truth = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Lesson:
    """What is searched of a scene, with its lesions, in a file; it is read anew each time, as all take a GB together.

    Parameters
    ----------
    path : Path
        ``.npz``.
    patient : int
        Number of the phantom.
    phases : tuple of Phase
        Those that it has.
    digest : str
        SHA-256 of the content.
    """

    path: Path
    patient: int
    phases: tuple[Phase, ...]
    digest: str

    def shown(self, *phases: Phase) -> dict[Phase, Array]:
        """What networks see of some phases (`livercad.detectors.shown.Shown`); of all where none is named."""
        with np.load(self.path) as file:
            return {phase: file[phase.value].astype(np.float32) for phase in phases or self.phases}

    def truth(self) -> Truth:
        """Numbers of the lesions, as `Example` has them."""
        with np.load(self.path) as file:
            return np.asarray(file[TRUTH])


def lessons_of(
    folder: Path, numbers: Sequence[int], examples: Callable[[int], Sequence[Example]], progress: Progress
) -> list[Lesson]:
    """Lay lessons out in files, or find those that are there.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    numbers : sequence of int
        Of the phantoms.
    examples : callable
        Makes a phantom's examples, by its number.
    progress : Progress
        Told of every phantom.

    Returns
    -------
    list of Lesson
        In order.
    """
    lessons: list[Lesson] = []
    for done, number in enumerate(numbers):
        progress(done, len(numbers), f"scenes of phantom {number}")
        done_path = folder / f"{number:04}.done"
        if not done_path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            for place, example in enumerate(examples(number)):
                _write(folder / f"{number:04}-{place}.npz", example)
            done_path.touch()
        found = sorted(folder.glob(f"{number:04}-*.npz"))
        lessons += [_read(path, number) for path in found]
    return lessons


def _write(path: Path, example: Example) -> None:
    block = searched_block(example.scene)
    arrays: dict[str, npt.NDArray[np.generic]] = {
        phase.value: image.astype(np.float16) for phase, image in shown_of(example.scene, block).items()
    }
    arrays[TRUTH] = example.truth[block]
    whole = hashlib.sha256()
    for name, array in arrays.items():
        whole.update(f"{name} {array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    arrays[DIGEST] = np.array(whole.hexdigest())
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _read(path: Path, number: int) -> Lesson:
    with np.load(path) as file:
        phases = tuple(phase for phase in Phase if phase.value in file.files)
        return Lesson(path, number, phases, str(file[DIGEST]))
