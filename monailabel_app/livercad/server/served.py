"""What was submitted to a server, for a training outside of it: on another computer, on several GPUs."""

from __future__ import annotations

import logging
import os
import shutil
import time
from pathlib import Path

from livercad.errors import InputError
from livercad.learning.cases import LabelVersion
from livercad.learning.pool import Side
from livercad.learning.ranks import is_first_process
from livercad.learning.trained import RECORD
from livercad.recipes.planning import WAIT_S
from livercad.recipes.trainable import Trainable
from livercad.server import environment, history
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.catalogue import INDEX
from livercad.server.datastore import StudyDatastore
from livercad.server.training_cases import material_of
from livercad.server.training_orders import CASES, Material, read_material, write_material
from livercad.studies.atomic import replacing

logger = logging.getLogger(__name__)

COPIES = "labels"
"""In a training's folder: labels that somebody may submit anew while it runs."""


class ServedStudies(StudyDatastore):
    """A served studies folder, read by another process while its server may be at work.

    MONAI Label's list and the labels' history are the server's to write: what is known here may be a moment old.

    Parameters
    ----------
    root : Path
        The studies folder.
    copies : Path
        Folder for copies of labels.
    book : Bookkeeping
        Cases that have no side yet get theirs.
    """

    def __init__(self, root: Path, copies: Path, book: Bookkeeping) -> None:
        self._copies = copies
        super().__init__(root, book=book)

    def _update_datastore_file(self, lock: bool = True) -> None:
        """Leave the server's list as it is."""

    def lasting_file(self, case: str, tag: str, number: int) -> Path:
        """File of a label's version that stays as it is: the one in the history, else a copy."""
        label = next(each.file for each in self.label_versions(case, tag) if each.number == number)
        copy = self._copies / tag / f"{case}-{number:04d}{label.name.removeprefix(case)}"
        if label.parent == self._tag_folder(tag):
            with replacing(copy) as temporary:
                shutil.copyfile(label, temporary)
        # A server puts a label into the history before it saves another in its place: if it is there by now, the copy
        # may be of that other one.
        kept = {each.number: each.file for each in history.former_versions(self._tag_folder(tag), case)}
        return kept.get(number, copy)


def submitted_material(studies: Path, recipe: Trainable, folder: Path, share: float) -> Material:
    """Take the labels that a server would train on now, or those that this training has begun with.

    Parameters
    ----------
    studies : Path
        A studies folder that is or was served.
    recipe : Trainable
        Says what it can learn from.
    folder : Path
        The training's. What it works on is written down there, and stays, whatever is submitted later.
    share : float
        Of patients that become validation cases, of cases that have no side yet.

    Returns
    -------
    Material
        See `training_cases.material_of`. Of several processes that train together the first one takes it.

    Raises
    ------
    InputError
        If the folder has not been served, there are too few labels, or the training has ended and labels are new.
    """
    kept = folder / CASES
    while not is_first_process() and not kept.is_file():
        time.sleep(WAIT_S)
    if not is_first_process():
        return read_material(folder)
    if not (studies / INDEX).is_file():
        raise InputError(
            studies,
            found=f"no {INDEX}",
            expected="a folder that `livercad serve` has served",
            todo="Name that folder, or train on a truth (--labels truth).",
        )
    begun = read_material(folder) if kept.is_file() else None
    if begun and not (folder / RECORD).is_file():
        logger.warning("It goes on with the labels that it began with, see %s.", kept)
        return begun
    environment.prepare()
    root = Path(os.path.abspath(studies))
    material = material_of(ServedStudies(root, folder.absolute() / COPIES, Bookkeeping(root, share)), recipe)
    if begun is None:
        write_material(folder, material)
    elif _labels(begun) != _labels(material):
        raise InputError(
            folder,
            found="a training that has ended, on other labels than the newest",
            expected="a folder for a training of its own",
            todo="Name another one, or delete this one.",
        )
    return begun or material


def _labels(material: Material) -> dict[str, tuple[LabelVersion, Side]]:
    return {case.case: (case.version, material.sides[case.case]) for case in material.cases}
