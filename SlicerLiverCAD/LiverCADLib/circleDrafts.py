"""Copies of circles that were not submitted, kept on this computer in case that Slicer or the server ends; no Qt."""

import contextlib
import hashlib
import json
import logging
import time
from dataclasses import dataclass

from LiverCADLib.pictures import Picture
from LiverCADLib.presence import Presence
from LiverCADLib.scene.caseFolder import CaseFolderError, writeJson, writing
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

UNREADABLE = (OSError, ValueError, TypeError, LookupError)
"""What reading a damaged file may raise."""


@dataclass(frozen=True)
class CircleDraft:
    """Circles of a case that were not submitted.

    Parameters
    ----------
    made : str
        When, ISO 8601.
    pictures : tuple of Picture
        The images that were changed.
    note : str
        The annotator's words.
    """

    made: str
    pictures: tuple[Picture, ...]
    note: str


class CircleDrafts:
    """Keeps a copy of what was changed in the open ultrasound case. In the GUI thread: a copy is a few kB.

    A copy goes when all is submitted, or when the user closes the case and lets it go.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    folder : Path
        Made when the first copy is put in, for nobody but this user.

    Attributes
    ----------
    failed : Signal
        (sentence): a copy could not be made.
    """

    def __init__(self, pictures, folder):
        self.failed = Signal()
        self._pictures, self._folder, self._presence = pictures, folder, Presence(folder)
        self._edits = None
        pictures.scene.unsavedChanged.connect(self._onUnsaved)
        pictures.scene.closing.connect(self._discard)
        pictures.scene.restored.connect(self._onRestored)

    def keep(self):
        """Write a copy where something was changed since the last one."""
        scene = self._pictures.scene
        if not (self._pictures.isOpen and scene.server and scene.isUnsaved) or scene.edits == self._edits:
            return
        changed = [picture.toPlain() for picture in self._pictures.pictures if picture.isChanged]
        made = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        content = {"made": made, "note": scene.parameters.pictureNote, "pictures": changed}
        try:
            with writing(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(OSError):  # where the disk knows no rights
                    self._folder.chmod(0o700)
                writeJson(self._ownPath, content)
        except CaseFolderError as error:  # nothing may keep Slicer from ending
            logging.exception("LiverCAD: the circles could not be kept")
            self.failed.emit(_("Circles could not be kept on this computer: {reason}").format(reason=error))
        else:
            self._edits = scene.edits

    def find(self):
        """The newest copy of the open case that no other Slicer at work has made; None where there is none."""
        return max((draft for _path, draft in self._kept()), key=lambda draft: draft.made, default=None)

    def take(self, draft):
        """Put a copy into the open case; it is this Slicer's from now on."""
        others = [path for path, other in self._kept() if other == draft and path != self._ownPath]
        self._pictures.restore(draft.pictures, draft.note)
        self._edits = None
        self.keep()
        if self._edits is not None:  # it could be written
            for path in others:
                path.unlink(missing_ok=True)

    def close(self):
        """Leave what is kept to others."""
        self._presence.close()

    def _kept(self):
        """Copies of the open case that no other Slicer at work has made, with their files."""
        kept = []
        for path in sorted(self._folder.glob(f"{self._key}-*.json")) if self._pictures.isOpen else ():
            if self._presence.isThere(path.stem.rpartition("-")[2]):
                continue
            with contextlib.suppress(*UNREADABLE):
                plain = json.loads(path.read_text(encoding="utf-8"))
                pictures = tuple(Picture.fromPlain(each) for each in plain["pictures"])
                kept.append((path, CircleDraft(str(plain["made"]), pictures, str(plain["note"]))))
        return kept

    @property
    def _key(self):
        """Stands for server and case in a file's name, which shall not tell who a patient is."""
        scene = self._pictures.scene
        return hashlib.sha256(f"{scene.server}\n{scene.case}".encode()).hexdigest()[:24]

    @property
    def _ownPath(self):
        return self._folder / f"{self._key}-{self._presence.name}.json"

    def _onUnsaved(self, isUnsaved):
        if not isUnsaved:
            self._discard()

    def _onRestored(self):
        self._edits = None  # the copy is of a scene that is gone

    def _discard(self):
        if self._edits is not None:
            self._ownPath.unlink(missing_ok=True)
            self._edits = None
