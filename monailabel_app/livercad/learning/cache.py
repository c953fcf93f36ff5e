"""Cases as a model's grid has them, on disk: however many there are, only what is looked at is in memory."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import shutil
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from monai.data import PersistentDataset
from monai.transforms import Transform
from monai.utils import convert_to_tensor

from livercad.learning.cases import LabelledCase
from livercad.studies.atomic import replacing

logger = logging.getLogger(__name__)

MOST_BYTES = 100 << 30
"""Of all cached arrays of a folder; a case of a model at 1 × 1 × 3 mm takes some 100 MB."""
ABANDONED_S = 24 * 3600
"""A file that was begun so long ago is nobody's any more."""

Arrays = Mapping[str, Any]
Make = Callable[[LabelledCase], Arrays]


class GridCache(PersistentDataset):
    """MONAI's `PersistentDataset` of labelled cases, safe against kills, full disks and damaged files.

    ``folder/KEY/CASE-STAMP.pt``: a case whose images, label or types have changed is made again, and what was
    made of it before is removed. Arrays are memory-mapped, so that a crop costs its own voxels only; changing them in
    place changes no file.

    Parameters
    ----------
    cases : sequence of LabelledCase
        What ``cache[i]`` is made of.
    make : callable
        Makes arrays and numbers of a case by name, always the same ones.
    folder : Path
        Of all caches.
    key : str
        Names `make` with all its settings, in any characters.
    after : sequence of callable
        MONAI's random transforms, done anew each time.
    most_bytes : int
        Of all files in `folder`; those that were not used for the longest time are removed beyond it.
    """

    def __init__(
        self,
        cases: Sequence[LabelledCase],
        make: Make,
        folder: Path,
        key: str,
        after: Sequence[Callable[..., Any]] = (),
        most_bytes: int = MOST_BYTES,
    ) -> None:
        place = folder / hashlib.sha256(key.encode()).hexdigest()[:16]
        super().__init__(list(cases), [_Made(make), *after], place, hash_func=_name_of)
        self._folder, self._most_bytes = folder, most_bytes
        self._checked: set[str] = set()

    def is_made(self, index: int) -> bool:
        """Whether a case is on the disk already."""
        return self._file(self.data[index]).exists()

    def remove(self) -> None:
        """Remove what this transform has made of any case."""
        shutil.rmtree(self._file(None).parent, ignore_errors=True)

    def _cachecheck(self, item_transformed: LabelledCase) -> Any:
        # MONAI's own reads files whole, gives up on one that was cut off, and writes by way of another file system.
        file = self._file(item_transformed)
        if (found := self._read(file)) is not None:
            return found
        made = convert_to_tensor(self._pre_transform(item_transformed), convert_numeric=False, track_meta=False)
        with replacing(file) as temporary:
            torch.save(made, temporary)
        self._checked.add(file.name)
        self._remove_former(file)
        remove_old(self._folder, self._most_bytes, keep=file)
        return self._read(file)

    def _file(self, case: LabelledCase | None) -> Path:
        return Path(self.cache_dir or "") / f"{_name_of(case).decode() if case else ''}.pt"

    def _read(self, file: Path) -> Any:
        try:
            if file.name not in self._checked:  # once in a process: it reads the whole file
                _check(file)
                self._checked.add(file.name)
            found = torch.load(file, map_location="cpu", mmap=True, weights_only=True)
            os.utime(file)
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, pickle.UnpicklingError, RuntimeError, ValueError, EOFError, KeyError) as error:
            logger.warning("%s is damaged and made again: %s", file, error)
            file.unlink(missing_ok=True)
            return None
        return found

    def _remove_former(self, file: Path) -> None:
        for former in file.parent.glob(f"{file.name.partition('-')[0]}-*.pt"):
            if former != file:
                former.unlink(missing_ok=True)


def remove_old(folder: Path, most_bytes: int, keep: Path | None = None) -> None:
    """Remove what was not used for the longest time, until the rest is small enough.

    Parameters
    ----------
    folder : Path
        Of all caches.
    most_bytes : int
        What may stay.
    keep : Path, optional
        A file that stays in any case.
    """
    found = []
    for path in folder.glob("*/*"):
        with suppress(FileNotFoundError):  # another process removes as well
            stat = path.stat()
            if path.name.startswith("."):
                if time.time() - stat.st_mtime > ABANDONED_S:
                    path.unlink()
            else:
                found.append((stat.st_mtime_ns, stat.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most_bytes:
            break
        if path != keep:
            path.unlink(missing_ok=True)
            total -= size


class _Made(Transform):
    """What is to be cached, as MONAI asks for it."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __call__(self, case: LabelledCase) -> Arrays:
        return self._make(case)


def _name_of(case: LabelledCase) -> bytes:
    """Case and stamp; neither a name nor a place of a patient's."""
    name = hashlib.sha256(case.case.encode()).hexdigest()[:12]
    return f"{name}-{case.stamp()[:32]}".encode()


def _check(file: Path) -> None:
    """Compare the checksums that torch writes: a file is a ZIP archive."""
    with zipfile.ZipFile(file) as archive:
        if damaged := archive.testzip():
            raise zipfile.BadZipFile(f"{damaged} has another checksum")
