"""Labels with their history, as a MONAI Label datastore: what is replaced or removed is kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from monailabel.datastore.local import DataModel

from livercad.server import history, pending
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.cases import CaseDatastore, Look, look_at_nothing
from livercad.server.errors import UnknownNameError
from livercad.server.names import check_name


class LabelDatastore(CaseDatastore):
    """Cases, and every version of their labels. A save that a kill has interrupted is finished later.

    Parameters
    ----------
    root, look
        As of `CaseDatastore`.
    book : Bookkeeping, optional
        Told of labels; by default with its usual settings.
    """

    def __init__(self, root: Path, look: Look = look_at_nothing, book: Bookkeeping | None = None) -> None:
        self.book = book or Bookkeeping(root)
        super().__init__(root, look)

    def save_version(self, case: str, label: Path, tag: str, info: dict[str, Any]) -> int:
        """Save a label that has been checked, as a new version.

        Parameters
        ----------
        case, tag : str
            Whose label it is.
        label : Path
            A copy is made.
        info : dict
            What is to be kept with it.

        Returns
        -------
        int
            The version's number.
        """
        _, extension = self._to_id(label.name)
        with self.lock:
            self.finish_saves(case)
            former = self.current_version(case, tag)
            number = former + 1 if former else history.next_number(self._tag_folder(tag), case)
            facts = {"ts": int(time.time()), "name": f"{case}{extension}", "version": number}
            record = {"extension": extension, "info": {**info, **facts}, "former": former}
            self._finish(pending.put_down(self.catalogue.root, tag, case, label, record), again=False)
        return number

    def finish_saves(self, case: str | None = None) -> None:
        """Finish what was being saved for a case, or for all, when the server was killed or a disk was full."""
        with self.lock:
            for save in pending.waiting(self.catalogue.root):
                if save.case == (case or save.case) and save.case in self.catalogue.studies:
                    self._finish(save, again=True)

    def current_version(self, case: str, tag: str) -> int:
        """Number of the label that clients see; 0 if there is none."""
        with self.lock:
            current = self._object(case).labels.get(tag)
            if current is None:
                return 0
            # Without a number: somebody has put the file there by hand.
            return int(current.info.get("version") or history.next_number(self._tag_folder(tag), case))

    def _finish(self, save: pending.Pending, *, again: bool) -> None:
        """Do the rest of a save, whatever of it has been done already if it is done again."""
        case, folder, labels = save.case, self._tag_folder(save.tag), self._object(save.case).labels
        former = labels.get(save.tag)
        if save.label.exists():
            if former:
                history.keep(folder / f"{case}{former.ext}", save.former, former.info, folder, case)
            folder.mkdir(parents=True, exist_ok=True)
            save.label.replace(folder / f"{case}{save.extension}")
        if former and former.ext != save.extension:
            (folder / f"{case}{former.ext}").unlink(missing_ok=True)
        labels[save.tag] = DataModel(ext=save.extension, info=save.info)
        self._update_datastore_file()
        self.book.saved(case, save.tag, save.info, again=again)
        save.done()

    def remove_label(self, label_id: str, label_tag: str) -> None:
        """Remove a label; it goes into the history."""
        with self.lock:
            path = self._label(label_id, label_tag)
            number, folder = self.current_version(label_id, label_tag), self._tag_folder(label_tag)
            history.keep(path, number, self._object(label_id).labels[label_tag].info, folder, label_id)
            path.unlink(missing_ok=True)
            del self._object(label_id).labels[label_tag]
            self._update_datastore_file()
            self.book.removed(label_id, label_tag, number)

    def get_label_info(self, label_id: str, label_tag: str) -> dict[str, Any]:
        """Return what was saved with a label."""
        with self.lock:
            self._label(label_id, label_tag)
            return dict(self._object(label_id).labels[label_tag].info)

    def label_infos(self, tag: str) -> dict[str, dict[str, Any]]:
        """What was saved with the current labels of a tag, by case."""
        with self.lock:
            return {
                case: dict(entry.labels[tag].info)
                for case, entry in self._datastore.objects.items()
                if tag in entry.labels
            }

    def label_versions(self, case: str, tag: str) -> list[history.Version]:
        """Every version of a label, the oldest first; the last is the current one unless the label was removed."""
        check_name(tag, "label tag")
        self.study(case)
        folder = self._tag_folder(tag)
        with self.lock:
            versions = history.former_versions(folder, case)
            current = self._object(case).labels.get(tag)
            if current:
                number = self.current_version(case, tag)
                # A save or removal that was interrupted may have kept the current one already.
                versions = [version for version in versions if version.number < number]
                versions.append(history.Version(number, folder / f"{case}{current.ext}", dict(current.info), True))
        return versions

    def lasting_file(self, case: str, tag: str, number: int) -> Path:
        """File of a label's version that stays as it is when the label is saved again, for long work on it."""
        with self.lock:
            version = next(each for each in self.label_versions(case, tag) if each.number == number)
            if not version.is_current:
                return version.file
            return history.keep(version.file, number, version.info, self._tag_folder(tag), case)

    def _label(self, case: str, tag: str) -> Path:
        entry = self._object(case).labels.get(tag)
        if entry is None:
            raise UnknownNameError(
                f"label {tag!r} of case {case!r}",
                found="no such label",
                expected=f"one of {sorted(self._object(case).labels)}",
                todo="GET /datastore/?output=all lists them.",
            )
        return self._tag_folder(tag) / f"{case}{entry.ext}"
