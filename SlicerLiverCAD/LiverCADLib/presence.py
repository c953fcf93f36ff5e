"""Whether another Slicer of this user, which may work on the same files, still runs. No Qt, no scene."""

import contextlib
import os
import uuid

PREFIX = ".slicer-"


class Presence:
    """A file that is locked as long as this Slicer runs: the system lets it go, however Slicer ends.

    Parameters
    ----------
    folder : Path
        What several may work in; must be there when the name is first asked for.
    """

    def __init__(self, folder):
        self._folder, self._file = folder, None
        self._name = uuid.uuid4().hex

    @property
    def name(self):
        """Name of this Slicer, which is known to run from now on."""
        if self._file is None:
            for other in self._folder.glob(f"{PREFIX}*"):
                self.isThere(other.name.removeprefix(PREFIX))  # removes what others have left
            self._file = self._pathOf(self._name).open("wb")
            _lock(self._file)
        return self._name

    def isThere(self, name):
        """Whether another Slicer has this name and runs."""
        if name == self._name or not name:
            return False
        try:
            with self._pathOf(name).open("r+b") as file:
                if not _lock(file):
                    return True
        except OSError:
            return False
        with contextlib.suppress(OSError):
            self._pathOf(name).unlink()
        return False

    def close(self):
        """Run no more, as others see it."""
        if self._file is not None:
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self._pathOf(self._name).unlink()

    def _pathOf(self, name):
        return self._folder / f"{PREFIX}{name}"


def _lock(file):
    """Lock an open file for this process; returns whether nobody else has. True where the system has no locks."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the latter on Windows
        return False
    except OSError:
        return True
    return True
