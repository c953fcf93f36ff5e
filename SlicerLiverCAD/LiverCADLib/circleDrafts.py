"""Copies of circles that were not submitted, kept on this computer in case that Slicer or the server ends; no Qt."""

import contextlib
import hashlib
import json
import logging
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from LiverCADLib.pictures import Picture
from LiverCADLib.presence import Presence
from LiverCADLib.scene.caseFolder import CaseFolderError, writeJson, writing
from LiverCADLib.scene.letters import Kind
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

UNREADABLE = (OSError, ValueError, TypeError, LookupError)
"""What reading a damaged file may raise."""
DECLINED = "declined-"
"""Begins the names of copies that are not offered again."""


@dataclass(frozen=True)
class CircleDraft:
    """Circles of a case that were not submitted.

    Parameters
    ----------
    path : Path
        The file.
    server, case : str
        Whose.
    made : str
        When, ISO 8601.
    annotator : str
        Who.
    pictures : tuple of Picture
        The images that were changed.
    note : str
        The annotator's words.
    """

    path: Path
    server: str
    case: str
    made: str
    annotator: str
    pictures: tuple[Picture, ...]
    note: str
    kind = Kind.DRAFT


class CircleDrafts:
    """Keeps a copy of what was changed in the open ultrasound case. In the GUI thread: a copy is a few kB.

    A copy goes when all is submitted, or when the user closes the case and lets it go.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    settings : Settings
        Know who annotates, and the folder: made when the first copy is put in, for nobody but this user.

    Attributes
    ----------
    failed : Signal
        (sentence): a copy could not be made.
    """

    def __init__(self, pictures, settings):
        self.failed = Signal()
        self._pictures, self._settings, self._folder = pictures, settings, settings.circlesFolder
        self._presence = Presence(self._folder)
        self._edits = None
        pictures.scene.unsavedChanged.connect(self._onUnsaved)
        pictures.scene.closing.connect(self._discard)
        pictures.scene.restored.connect(self._onRestored)

    def keep(self):
        """Write a copy where something was changed since the last one."""
        scene = self._pictures.scene
        if not (self._pictures.isOpen and scene.server and scene.isUnsaved) or scene.edits == self._edits:
            return
        try:
            self._copy([picture for picture in self._pictures.pictures if picture.isChanged], isDeclined=False)
        except CaseFolderError as error:  # nothing may keep Slicer from ending
            logging.exception("LiverCAD: the circles could not be kept")
            self.failed.emit(_("Circles could not be kept on this computer: {reason}").format(reason=error))
        else:
            self._edits = scene.edits

    def setAside(self, pictures):
        """Write images of the open case into a copy of their own, which is not offered again.

        Parameters
        ----------
        pictures : sequence of Picture
            As they are marked now.

        Raises
        ------
        CaseFolderError
            If it cannot be written.
        """
        self._copy(pictures, isDeclined=True)

    def kept(self):
        """Copies of the open case, the oldest first: not that of its changes, and none of another Slicer at work."""
        if not self._pictures.isOpen:
            return []
        own = self._ownPath if self._edits is not None else None
        paths = [*self._folder.glob(f"{self._key}-*.json"), *self._folder.glob(f"{DECLINED}{self._key}-*.json")]
        drafts = [self._read(path) for path in paths if path != own and not self._presence.isThere(_ownerOf(path))]
        return sorted(filter(None, drafts), key=lambda draft: draft.made)

    def offered(self):
        """The newest of those that the annotator has not said no to; None where there is none."""
        drafts = [draft for draft in self.kept() if not _isDeclined(draft.path)]
        return drafts[-1] if drafts else None

    def decline(self):
        """Offer none of them again; they are kept until they are opened on demand, or thrown away."""
        for draft in self.kept():
            if not _isDeclined(draft.path):
                with contextlib.suppress(OSError):  # another Slicer has it, or the disk: it will be asked for again
                    draft.path.rename(self._declinedPath())

    def take(self, draft):
        """Put a copy into the open case; it is this Slicer's from now on.

        What does not fit the images of the case stays in a copy of its own, which is not offered again.

        Parameters
        ----------
        draft : CircleDraft
            Of the open case.

        Returns
        -------
        dict of str to str
            Images whose circles were not put back, and why.

        Raises
        ------
        CaseFolderError
            If what does not fit cannot be written; then nothing was put back, and the copy stays as it is.
        """
        reasons = {picture.name: self._pictures.whyNot(picture) for picture in draft.pictures}
        left = [picture for picture in draft.pictures if reasons[picture.name]]
        if left:
            told = {"made": draft.made, "annotator": draft.annotator, "note": draft.note}
            with writing(self._folder):
                _write(self._declinedPath(), told, left)
        fitting = [picture for picture in draft.pictures if picture not in left]
        hasCopy = True
        if fitting or not left:  # the note may be all that there is
            self._pictures.restore(fitting, draft.note)
            self._edits = None
            self.keep()
            hasCopy = self._edits is not None and draft.path != self._ownPath
        if hasCopy:  # of all that is in this one
            draft.path.unlink(missing_ok=True)
        return {picture.name: reasons[picture.name] for picture in left}

    def close(self):
        """Leave what is kept to others."""
        self._presence.close()

    def _copy(self, pictures, isDeclined):
        made, note = time.strftime("%Y-%m-%dT%H:%M:%S%z"), self._pictures.scene.parameters.pictureNote
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # where the disk knows no rights
                self._folder.chmod(0o700)
            path = self._declinedPath() if isDeclined else self._ownPath  # which needs the folder
            _write(path, {"made": made, "annotator": self._settings.annotator, "note": note}, pictures)

    def _read(self, path):
        """A copy of the open case; None where it is damaged."""
        scene = self._pictures.scene
        with contextlib.suppress(*UNREADABLE):
            plain = json.loads(path.read_text(encoding="utf-8"))
            pictures = tuple(Picture.fromPlain(each) for each in plain["pictures"])
            told = str(plain["made"]), str(plain.get("annotator", ""))
            return CircleDraft(path, scene.server, scene.case, *told, pictures, str(plain["note"]))
        return None

    @property
    def _key(self):
        """Stands for server and case in a file's name, which shall not tell who a patient is."""
        scene = self._pictures.scene
        return hashlib.sha256(f"{scene.server}\n{scene.case}".encode()).hexdigest()[:24]

    @property
    def _ownPath(self):
        return self._folder / f"{self._key}-{self._presence.name}.json"

    def _declinedPath(self):
        return self._folder / f"{DECLINED}{self._key}-{uuid.uuid4().hex}.json"

    def _onUnsaved(self, isUnsaved):
        if not isUnsaved:
            self._discard()

    def _onRestored(self):
        self._edits = None  # the copy is of a scene that is gone

    def _discard(self):
        if self._edits is not None:
            self._ownPath.unlink(missing_ok=True)
            self._edits = None


def _write(path, told, pictures):
    writeJson(path, {**told, "pictures": [picture.toPlain() for picture in pictures]})


def _isDeclined(path):
    return path.name.startswith(DECLINED)


def _ownerOf(path):
    """Which Slicer a copy is of, as of `Presence.name`; of none where it was declined."""
    return path.stem.rpartition("-")[2]
