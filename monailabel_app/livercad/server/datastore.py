"""The datastore of the server: uploads that never slip under labels, and what follows from a label that is saved."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from livercad.core.phases import Phase
from livercad.server.archive import pack_dataset
from livercad.server.bookkeeping import TAG, Bookkeeping
from livercad.server.cases import Look, look_at_nothing
from livercad.server.errors import UnknownNameError
from livercad.server.image_store import ImageStore
from livercad.server.label_datastore import LabelDatastore
from livercad.server.labels import checked_label
from livercad.server.leftovers import remove_leftovers
from livercad.server.names import check_name
from livercad.server.new_cases import add_case, remove_unfinished
from livercad.server.uploads import add_study_file, remove_study_files
from livercad.studies.study import Series, Study
from livercad.studies.ultrasound.reading import is_image


class StudyDatastore(LabelDatastore):
    """A studies folder as a MONAI Label datastore: one id a case, whether one file or a folder of phases.

    Parameters
    ----------
    root, look, book
        As of `LabelDatastore`.
    """

    def __init__(self, root: Path, look: Look = look_at_nothing, book: Bookkeeping | None = None) -> None:
        self._adding = threading.Lock()
        super().__init__(root, look, book)
        self.images = ImageStore(self.catalogue, self.book)

    def recover(self) -> None:
        """Finish, or undo, what a server that was killed has left half done."""
        remove_leftovers(self.catalogue.root)
        self.book.open()
        self.images.open()
        self.finish_saves()
        remove_unfinished(self.catalogue.root)

    def save_label(self, image_id: str, label_filename: str, label_tag: str, label_info: dict[str, Any]) -> str:
        """Save a label; the one that it replaces goes into the history.

        Raises
        ------
        InputError
            If the label cannot be read, or does not lie on the grid of its image.
        """
        check_name(label_tag, "label tag")
        label = Path(label_filename)
        with checked_label(label, Path(self.get_image_uri(self.study(image_id).case))) as checked:
            self.save_version(image_id, checked, label_tag, label_info or {})
        if label_tag == TAG:
            self.take_in(image_id)
        return image_id

    def take_in(self, case: str) -> None:
        """See to a case that has been submitted, see `Bookkeeping.take_in`. Not under the lock: it may read images."""
        study = self.study(case)
        self.book.take_in(study, self.memory.reference(study))

    def assign_sides(self) -> None:
        """Give every labelled case its side of the pool, as after a kill between label and side; see to late news."""
        self.book.warn_of_late_lists()
        self.book.record_sides()
        self.book.assign(self._labelled())

    def _labelled(self) -> Iterator[tuple[Study, Series]]:
        """Every case with a final label, and the image that results lie on."""
        for case in self.label_infos(TAG):
            with suppress(UnknownNameError):  # removed meanwhile
                study = self.study(case)
                yield study, self.memory.reference(study)

    def add_image(self, image_id: str, image_filename: str, image_info: dict[str, Any]) -> str:
        """Take in an uploaded image; never under labels that were drawn on another one.

        Returns
        -------
        str
            The case that it belongs to now.
        """
        check_name(image_id, "image")
        if is_image(Path(image_filename)):
            return self.images.add(image_id, Path(image_filename))
        labelled = {case for case, entry in self._datastore.objects.items() if entry.labels}
        case = add_study_file(self.catalogue, image_id, Path(image_filename), labelled)
        self.refresh()
        self.update_image_info(case, image_info or {})
        return case

    def add_case(self, case: str, files: Sequence[Path], phases: Mapping[str, Phase | None]) -> None:
        """Make a case of the files of its phases, see `livercad.server.new_cases.add_case`."""
        with self._adding:
            add_case(self.catalogue, case, files, phases)
        self.refresh()

    def remove_image(self, image_id: str) -> None:
        """Remove a case's files and labels; the labels' history stays."""
        if image_id in self.catalogue.ultrasound:
            self.images.remove(image_id)
            self.refresh()
            return
        study = self.study(image_id)
        with self.lock:
            tags = list(self._object(image_id).labels)
        remove_study_files(self.catalogue, study)
        self.words.tell(study, {})
        for tag in tags:
            self.remove_label(image_id, tag)
        self.refresh()

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        """Pack images and final labels, named by case, into a ZIP archive in the folder for temporary files."""
        return str(pack_dataset(self, self.get_labeled_images()[: limit_cases or None]))

    def datalist(self, full_path: bool = True) -> list[dict[str, Any]]:
        """Reference image and final label of every case that has one."""
        pairs = [
            {"image": self.get_image_uri(case), "label": self.get_label_uri(case, TAG)}
            for case in self.get_labeled_images()
        ]
        if full_path:
            return pairs
        return [{key: os.path.relpath(path, self.catalogue.root) for key, path in pair.items()} for pair in pairs]
