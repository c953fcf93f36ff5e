"""Submissions on their way: written to disk before they are sent, and kept there until the server has them."""

import calendar
import contextlib
import json
import shutil
import time
import uuid
from dataclasses import asdict, replace
from pathlib import Path

from LiverCADLib.clientErrors import ClientError
from LiverCADLib.presence import Presence
from LiverCADLib.scene.caseFolder import (
    ANNOTATION,
    UNREADABLE,
    mapsIn,
    readCase,
    writeCase,
    writeJson,
    writing,
)
from LiverCADLib.scene.letters import LETTER, Kind, Waiting, readLetter
from LiverCADLib.translation import _

SECOND = "%Y%m%d-%H%M%S"


class DamagedError(Exception):
    """A submission that cannot be read from the disk; the text is a sentence for the user."""


class Outbox:
    """The folder of submissions that wait; its methods may be called from any thread.

    Parameters
    ----------
    folder : Path
        Made when the first one is put in, for nobody but this user.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        self._presence = Presence(self._folder)

    def close(self):
        """Leave the drafts of this Slicer to others."""
        self._presence.close()

    def put(self, case, server, basedOn, follows="", kind=Kind.WAITING):
        """Write a submission.

        Parameters
        ----------
        case : AnnotatedCase
            What is submitted.
        server : str
            Address.
        basedOn : int
            Version that was corrected; 0 for none.
        follows : str
            Id of the waiting submission that was corrected; empty for none.
        kind : Kind
            What is to become of it.

        Returns
        -------
        Waiting
            It is on the disk now.

        Raises
        ------
        CaseFolderError
            With a sentence for the user, if it is not.
        """
        annotation = case.annotation
        made = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # where the disk knows no rights
            self._folder.chmod(0o700)  # findings, masks and names of cases
        id_, owner = self._newId(), self._presence.name if kind is Kind.DRAFT else ""
        waiting = Waiting(id_, server, annotation.case, annotation.annotator, made, basedOn, follows, kind, owner)
        writeCase(self._folder / id_, case, **{LETTER: asdict(waiting)})
        return waiting

    def waiting(self):
        """All that are to be sent, the oldest first; what cannot be read is left where it is."""
        return [letter for letter in self._letters() if letter.kind is Kind.WAITING]

    def kept(self, kind, server="", case=""):
        """All of another kind, the oldest first; those of one case where it is told; no drafts of Slicers that run."""
        mine = [letter for letter in self._letters() if letter.kind is kind]
        mine = [letter for letter in mine if not self._presence.isThere(letter.owner)]
        return [letter for letter in mine if not case or (letter.server, letter.case) == (server, case)]

    def find(self, id_):
        """The one with this id, as it stands on the disk; None where there is none."""
        return next((letter for letter in self._letters() if letter.id == id_), None)

    def setAside(self, server, case):
        """Send none of what waits for a case, until the annotator opens and submits it again."""
        for letter in self.waiting():
            if (letter.server, letter.case) == (server, case):
                self._write(replace(letter, kind=Kind.ASIDE))

    def decline(self, server, case):
        """Offer none of the drafts of a case again; they are kept until they are opened on demand, or thrown away."""
        for letter in self.kept(Kind.DRAFT, server, case):
            with contextlib.suppress(OSError):  # another Slicer has it, or the disk: it will be asked for again
                self._write(replace(letter, isDeclined=True))

    def latest(self, server, case):
        """The newest that waits for a case; None where none does."""
        mine = [waiting for waiting in self.waiting() if (waiting.server, waiting.case) == (server, case)]
        return mine[-1] if mine else None

    def read(self, waiting, grid):
        """Read one back as an AnnotatedCase."""
        return readCase(self._folder / waiting.id, grid)

    def send(self, task, client, waiting, force=False):
        """Send one, and take it out when the server has it.

        Parameters
        ----------
        task : Task
            Learns how much has been sent.
        client : Client
            Of the server that it is for.
        waiting : Waiting
            Which.
        force : bool
            Whether a newer version on the server may be followed by this one.

        Returns
        -------
        int
            The server's version of it.

        Raises
        ------
        ConflictError
            If there is a newer version on the server. Nothing is lost: it goes on waiting.
        ClientError
            Likewise, if it cannot be sent. If the server would refuse it again and again it is set aside, and what
            follows it takes its place.
        """
        folder = self._folder / waiting.id
        annotation = json.loads((folder / ANNOTATION).read_text(encoding="utf-8"))
        basedOn = self._letterOf(waiting).basedOn
        try:
            answer = client.submit(waiting.case, annotation, mapsIn(folder), basedOn, task, force=force)
        except ClientError as error:
            if error.isForGood:
                letter = self._letterOf(waiting)
                self._passOn(waiting, letter.basedOn, letter.follows)
                self._write(replace(letter, kind=Kind.ASIDE))
            raise
        version = int(answer["version"])
        self._passOn(waiting, basedOn=version, follows="")
        with contextlib.suppress(FileNotFoundError):  # another Slicer may have sent the same
            shutil.rmtree(folder)
        return version

    def sendAll(self, task, client):
        """Send all that wait for this server, the oldest first.

        Returns
        -------
        sent : dict of str to int
            Versions on the server by id.
        refused : list of (Waiting, ClientError or DamagedError)
            What goes on waiting or was set aside, and why. What follows one in conflict is not tried; what follows a
            damaged one, or one that was set aside, takes its place. What another Slicer has sent meanwhile is neither.
        """
        sent, refused, tried = {}, [], set()
        while waiting := self._nextFor(client.address, tried):
            tried.add(waiting.id)
            left = sum(other.server == client.address and other.id not in tried for other in self.waiting())
            part = task.part((len(tried) - 1) / (len(tried) + left), len(tried) / (len(tried) + left))
            try:
                sent[waiting.id] = self.send(part, client, waiting)
            except ClientError as error:
                refused.append((waiting, error))
                if error.status == 0:  # nobody there: the others would wait for nothing
                    break
            except UNREADABLE as error:
                if (self._folder / waiting.id).exists():
                    refused.append((waiting, self._damaged(waiting, error)))
                    self._passOn(waiting, waiting.basedOn, waiting.follows)
        return sent, refused

    def _nextFor(self, server, tried):
        """The oldest that waits for a server, follows none that is still there, and was not tried yet; else None."""
        waiting = self.waiting()
        there = {letter.id for letter in waiting}
        mine = [letter for letter in waiting if letter.server == server and letter.id not in tried]
        return next((letter for letter in mine if letter.follows not in there), None)

    def _damaged(self, waiting, error):
        sentence = _("The submission of {case} made at {made} cannot be read ({reason}); it is left in {folder}.")
        reason, folder = error or type(error).__name__, self._folder / waiting.id
        return DamagedError(sentence.format(case=waiting.case, made=waiting.made, reason=reason, folder=folder))

    def remove(self, waiting):
        """Throw one away; what follows it takes its place. Nothing happens where it is gone already."""
        letter = self.find(waiting.id)
        if letter is not None:
            self._passOn(waiting, basedOn=letter.basedOn, follows=letter.follows)
            shutil.rmtree(self._folder / waiting.id)

    def _passOn(self, waiting, basedOn, follows):
        """Tell those that follow one what they follow now."""
        for other in self._letters():
            if other.follows == waiting.id:
                self._write(replace(other, basedOn=basedOn, follows=follows))

    def _letters(self):
        found = []
        for path in sorted(self._folder.glob(f"[!.]*/{LETTER}.json")):
            try:
                found.append(readLetter(path))
            except (OSError, ValueError, TypeError):
                continue
        return found

    def _newId(self):
        """A name that comes after all that are there, whatever was done to the clock."""
        stamps = [stamp for path in self._folder.glob("[!.]*") if (stamp := _stampOf(path.name))]
        second, rest = divmod(max([time.time_ns(), *(stamp + 1 for stamp in stamps)]), 10**9)
        return f"{time.strftime(SECOND, time.gmtime(second))}-{rest:09d}-{uuid.uuid4().hex[:6]}"

    def _letterOf(self, waiting):
        return readLetter(self._folder / waiting.id / f"{LETTER}.json")

    def _write(self, letter):
        writeJson(self._folder / letter.id / f"{LETTER}.json", asdict(letter))


def _stampOf(name):
    """Nanoseconds that an id tells; 0 for other names."""
    day, clock, rest, *_random = [*name.split("-"), "", "", ""]
    try:
        return calendar.timegm(time.strptime(f"{day}-{clock}", SECOND)) * 10**9 + int(rest)
    except ValueError:
        return 0
