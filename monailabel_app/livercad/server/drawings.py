"""Circles that annotators draw on ultrasound images: every version, and the table of the newest that readers know.

On disk, in the studies folder: ``.livercad/circles/IMAGE/0001.json``, ``0002.json`` …, a file a version that is never
changed (IMAGE: 16 hexadecimal digits of its name); and ``labels/circles.csv``, made of the newest of each image
(`livercad.studies.ultrasound.drawn`). A server that is killed between the two writes the table when it starts again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.server.errors import ConflictError
from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.drawn import DRAWN, read_drawn, rows_of, write_drawn
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from livercad.studies.ultrasound.rows import Row

logger = logging.getLogger(__name__)

FOLDER = Path(".livercad") / "circles"


@dataclass(frozen=True)
class Drawing:
    """What somebody has drawn on an image.

    Parameters
    ----------
    case, image : str
        Of the image.
    file : str
        Its path below the studies folder, as tables have it.
    frame : int or None
        Of several in that file, from 1.
    version : int
        From 1, by image.
    circles : tuple of dict or None
        `center` [column, row] and `diameter` in pixels, `class`; None where what was drawn is taken back, so that the
        folder's own table and masks tell again.
    kind : str
        Class of an image without lesions.
    annotator, note : str
        Who, and what else there is to say.
    saved : str
        When (ISO 8601, UTC).
    sha256 : str
        Of the image's file.
    """

    case: str
    image: str
    file: str
    frame: int | None
    version: int
    circles: tuple[dict[str, Any], ...] | None
    kind: str
    annotator: str
    note: str
    saved: str
    sha256: str

    @property
    def rows(self) -> list[Row]:
        """What a table says of it; one row without a circle where there is none."""
        plain = Row(self.case, self.file, self.frame, self.kind)
        rows = []
        for each in self.circles or ():
            (x, y), diameter = each["center"], each["diameter"]
            rows.append(replace(plain, circle=Circle((x, y), diameter), kind=each["class"]))
        return rows or [plain]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON, with `class` for what Python cannot call so."""
        told = asdict(self)
        told["class"] = told.pop("kind")
        return told


class Drawings:
    """The drawings of a studies folder; one server at a time has them.

    Parameters
    ----------
    root : Path
        The studies folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._current: dict[str, Drawing] = {}

    def open(self) -> bool:
        """Read what was drawn before, and make the table that a server which was killed has not made.

        Returns
        -------
        bool
            Whether the table has changed.
        """
        table = self._root / DRAWN
        with self._lock:
            before = table.read_bytes() if table.is_file() else b""
            self._current = _of_table(self._root)  # a folder that was copied without what is hidden in it
            for folder in sorted((self._root / FOLDER).glob("[!.]*")):
                if versions := _read_versions(folder):
                    self._current[versions[-1].image] = versions[-1]
            if self._current:
                self._write_table()
            return bool(self._current) and before != (table.read_bytes() if table.is_file() else b"")

    def newest(self, image: str) -> Drawing | None:
        """The newest version of what was drawn on an image, also where it takes all back; None without any."""
        return self._current.get(image)

    def current(self, image: str) -> Drawing | None:
        """The newest drawing on an image, by its name; None where there is none, or it was taken back."""
        found = self._current.get(image)
        return found if found and found.circles is not None else None

    def latest(self) -> dict[str, Drawing]:
        """The drawing that was saved last, by case; without cases on whose images nothing is drawn."""
        drawn = [each for each in list(self._current.values()) if each.circles is not None]
        return {each.case: each for each in sorted(drawn, key=lambda each: each.saved)}

    def versions(self, image: str) -> list[Drawing]:
        """Every version of what was drawn on an image, the oldest first."""
        return _read_versions(self._folder_of(image))

    def save(
        self,
        image: ListedImage,
        lesions: tuple[MarkedLesion, ...] | None,
        kind: str,
        *,
        annotator: str,
        note: str,
        sha256: str,
        based_on: int | None = None,
    ) -> Drawing:
        """Save a new version of what is drawn on an image.

        Parameters
        ----------
        image : ListedImage
            As the folder has it.
        lesions : tuple of MarkedLesion or None
            All of them; None to take back what was drawn.
        kind : str
            Class of an image without lesions.
        annotator, note, sha256 : str
            See `Drawing`.
        based_on : int, optional
            The version that the annotator has seen, 0 for none. Where it is not told, nobody is asked.

        Returns
        -------
        Drawing
            The new version; the very newest one where the same was sent again, as after an answer that was lost.

        Raises
        ------
        InputError
            If the image's name cannot stand in a table.
        ConflictError
            If there is another version by now than the one it is based on.
        """
        if not image.name.isprintable():
            raise InputError(
                f"image {image.name!r}",
                found="a name with control characters",
                expected="a name that a table can hold",
                todo="Rename the file.",
            )
        circles = None if lesions is None else tuple(_plain(each) for each in lesions)
        with self._lock:
            former = self._current.get(image.name)
            number = former.version if former else 0
            told = circles, kind, annotator, note, sha256
            if former and told == (former.circles, former.kind, former.annotator, former.note, former.sha256):
                return former
            if based_on is not None and based_on != number:
                raise ConflictError(
                    f"image {image.name!r}",
                    found=f"version {number}" + (f" by {former.annotator or 'somebody'}" if former else ""),
                    expected=f"version {based_on}, on which this is based",
                    todo="Look at it, and send yours again based on it.",
                )
            folder = self._folder_of(image.name)
            taken = (int(file.stem) for file in folder.glob("[0-9]" * 4 + ".json"))  # also those that cannot be read
            version = max([number, *taken]) + 1
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            row = rows_of(image)[0]
            new = Drawing(
                image.case, image.name, row.image, row.frame, version, circles, kind, annotator, note, now, sha256
            )
            write_text(folder / f"{version:04d}.json", json.dumps(new.to_dict(), indent=1, ensure_ascii=False))
            self._current[image.name] = new
            self._write_table()
        return new

    def _folder_of(self, image: str) -> Path:
        return self._root / FOLDER / hashlib.sha256(image.encode()).hexdigest()[:16]

    def _write_table(self) -> None:
        write_drawn(self._root, {name: each.rows for name, each in self._current.items() if each.circles is not None})


def _plain(lesion: MarkedLesion) -> dict[str, Any]:
    return {"center": list(lesion.circle.center), "diameter": lesion.circle.diameter, "class": lesion.kind}


def _of_table(root: Path) -> dict[str, Drawing]:
    """What the table tells where nothing else does: nobody knows who has drawn it."""
    try:
        drawn = read_drawn(root)
    except InputError as error:
        logger.warning("What it says is not known: %s", error)
        return {}
    found = {}
    for name, rows in drawn.items():
        first = rows[0]
        circles = tuple(_plain(MarkedLesion(row.circle, row.kind)) for row in rows if row.circle)
        found[name] = Drawing(
            first.case, name, first.image, first.frame, 1, circles, "" if circles else first.kind, "", "", "", ""
        )
    return found


def _read_versions(folder: Path) -> list[Drawing]:
    versions = []
    for file in sorted(folder.glob("[0-9]*.json")):
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            circles, kind = told.pop("circles"), told.pop("class")
            versions.append(Drawing(**told, kind=kind, circles=None if circles is None else tuple(circles)))
        except (OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("%s cannot be read (%s); it counts as never drawn.", file, error)
    return versions
