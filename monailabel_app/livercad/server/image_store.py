"""The ultrasound side of the datastore: images that clients send and remove, and what annotators draw on them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from livercad.server.bookkeeping import Bookkeeping
from livercad.server.catalogue import Catalogue
from livercad.server.drawings import Drawing, Drawings
from livercad.server.image_uploads import add_image_file, remove_image_files
from livercad.studies.ultrasound.drawn import redrawn
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion


class ImageStore:
    """Changes the cases of ultrasound of a studies folder.

    Parameters
    ----------
    catalogue : Catalogue
        Of the folder.
    book : Bookkeeping
        Told of circles.
    """

    def __init__(self, catalogue: Catalogue, book: Bookkeeping) -> None:
        self.drawings = Drawings(catalogue.root)
        self._catalogue, self._book = catalogue, book
        self._adding = threading.Lock()

    def open(self) -> None:
        """Read what was drawn before; see `Drawings.open`."""
        if self.drawings.open():
            self._catalogue.forget()

    def add(self, name: str, source: Path) -> str:
        """Take in an uploaded image, see `add_image_file`."""
        with self._adding:
            return add_image_file(self._catalogue, name, source, self.drawings)

    def remove(self, case: str) -> None:
        """Remove a case's images, see `remove_image_files`; the history of its circles stays."""
        found = self._catalogue.image_case(case)
        remove_image_files(self._catalogue, found)
        for image in found.images:
            if self.drawings.current(image.name):
                self.draw(image, None, "", annotator="", note="The image was removed.", sha256="")

    def draw(self, image: ListedImage, lesions: tuple[MarkedLesion, ...] | None, kind: str, **about: Any) -> Drawing:
        """Save what an annotator has drawn on an image, see `Drawings.save`."""
        former = self.drawings.newest(image.name)
        saved = self.drawings.save(image, lesions, kind, **about)
        if saved is former:
            return saved
        if saved.circles is None:
            self._catalogue.forget()
        else:
            self._catalogue.replace_image(redrawn(image, saved.rows))
        self._book.drawn(image.case, image.name, saved.annotator, saved.version)
        return saved
