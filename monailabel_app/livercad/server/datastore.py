"""The studies folder as a MONAI Label datastore: one id a case, labels with their history, atomic writes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock
from monailabel.datastore.local import DataModel, ImageLabelModel, LocalDatastore
from monailabel.interfaces.datastore import DefaultLabelTag

from livercad.server import history
from livercad.server.catalogue import INDEX, Catalogue
from livercad.server.errors import UnknownNameError
from livercad.server.images import ensure_reference_file, extension_of, reference_file
from livercad.server.labels import EXTENSIONS, check_label
from livercad.server.names import check_name
from livercad.server.uploads import add_study_file, remove_study_files
from livercad.studies.atomic import replacing, write_text
from livercad.studies.files import SERVER_LABELS
from livercad.studies.study import Series, Study


class StudyDatastore(LocalDatastore):
    """Cases as `find_studies` finds them; stock clients see the reference image of each as one NIfTI file.

    `info.phases` names the files of all phases. Safe for threads: what MONAI Label's own methods read and change is
    locked; slow work (reading images) is done outside of the lock, so that a status is there at once.

    Parameters
    ----------
    root : Path
        The studies folder. Labels, their history, converted images and ``datastore_v2.json`` are written into it.
    """

    def __init__(self, root: Path) -> None:
        self.catalogue = Catalogue(root)
        self._lock = threading.RLock()
        super().__init__(
            str(root),
            labels_dir=SERVER_LABELS,
            datastore_config=INDEX,
            extensions=[f"*{extension}" for extension in EXTENSIONS],
            auto_reload=False,
        )

    # -- cases

    def refresh_if_changed(self) -> None:
        """Look at the folder, and take in what has changed there."""
        if self.catalogue.update():
            with self._lock:
                super()._reconcile_datastore()

    def study(self, case: str) -> Study:
        """Images of a case; UnknownNameError if there is none."""
        return self.catalogue.study(case)

    def get_image_uri(self, image_id: str) -> str:
        """Path of the reference image as NIfTI, converted now if need be; empty for an unknown case."""
        study = self.catalogue.studies.get(image_id)
        return str(ensure_reference_file(study, self.catalogue.root)) if study else ""

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        """Return what is known of a case, `path` and `phases` among it."""
        path = reference_file(self.study(image_id), self.catalogue.root)
        with self._lock:
            return {**self._object(image_id).image.info, "path": str(path)}

    def datalist(self, full_path: bool = True) -> list[dict[str, Any]]:
        """Reference image and final label of every case that has one."""
        tag = DefaultLabelTag.FINAL.value
        pairs = [
            {"image": self.get_image_uri(case), "label": self.get_label_uri(case, tag)}
            for case in self.get_labeled_images()
        ]
        if full_path:
            return pairs
        return [{key: os.path.relpath(path, self.catalogue.root) for key, path in pair.items()} for pair in pairs]

    def status(self) -> dict[str, Any]:
        """Return numbers of cases and labels, and the cases that cannot be used, with the reason."""
        with self._lock:
            status: dict[str, Any] = super().status()
        status["problems"] = {problem.case: problem.reason for problem in self.catalogue.problems}
        return status

    def add_image(self, image_id: str, image_filename: str, image_info: dict[str, Any]) -> str:
        """Take in an uploaded image; never under labels that were drawn on another one.

        Returns
        -------
        str
            The case that it belongs to now.
        """
        check_name(image_id, "image")
        labelled = {case for case, entry in self._datastore.objects.items() if entry.labels}
        case = add_study_file(self.catalogue, image_id, Path(image_filename), labelled)
        self.refresh()
        self.update_image_info(case, image_info or {})
        return case

    def remove_image(self, image_id: str) -> None:
        """Remove a case's files and labels; the labels' history stays."""
        study = self.study(image_id)
        with self._lock:
            tags = list(self._object(image_id).labels)
        remove_study_files(self.catalogue, study)
        for tag in tags:
            self.remove_label(image_id, tag)
        self.refresh()

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        """Pack images and final labels, named by case, into a ZIP archive in the folder for temporary files."""
        pairs = self.datalist()[: limit_cases or None]
        if not pairs:
            raise UnknownNameError(
                "the dataset", found="no final label", expected="at least one", todo="Save a label as final first."
            )
        archive = Path(tempfile.gettempdir()) / "dataset.zip"  # always the same one, so that they do not pile up
        with replacing(archive) as temporary, zipfile.ZipFile(temporary, "w") as pack:
            for pair in pairs:
                label = Path(pair["label"])
                case = label.name.split(".nii")[0]
                pack.write(pair["image"], f"image/{case}{''.join(Path(pair['image']).suffixes[-2:])}")
                pack.write(label, f"label/{label.name}")
            pack.writestr("metadata.json", json.dumps(self.json(), default=str))
        return str(archive)

    # -- labels

    def save_label(self, image_id: str, label_filename: str, label_tag: str, label_info: dict[str, Any]) -> str:
        """Save a label; the one that it replaces goes into the history.

        Raises
        ------
        InputError
            If the label cannot be read, or does not lie on the grid of its image.
        """
        check_name(label_tag, "label tag")
        label = Path(label_filename)
        check_label(label, Path(self.get_image_uri(self.study(image_id).case)))
        _, extension = self._to_id(label.name)
        folder = self._tag_folder(label_tag)
        with self._lock:
            self._keep_current(image_id, label_tag)
            with replacing(folder / f"{image_id}{extension}") as temporary:
                shutil.copyfile(label, temporary)
            labels = self._object(image_id).labels
            former = labels.get(label_tag)
            if former and former.ext != extension:
                (folder / f"{image_id}{former.ext}").unlink(missing_ok=True)
            number = history.next_number(folder, image_id)
            info = {**(label_info or {}), "ts": int(time.time()), "name": f"{image_id}{extension}", "version": number}
            labels[label_tag] = DataModel(ext=extension, info=info)
            self._update_datastore_file()
        return image_id

    def remove_label(self, label_id: str, label_tag: str) -> None:
        """Remove a label; it goes into the history."""
        with self._lock:
            path = self._label(label_id, label_tag)
            self._keep_current(label_id, label_tag)
            path.unlink(missing_ok=True)
            del self._object(label_id).labels[label_tag]
            self._update_datastore_file()

    def get_label_info(self, label_id: str, label_tag: str) -> dict[str, Any]:
        """Return what was saved with a label."""
        with self._lock:
            self._label(label_id, label_tag)
            return dict(self._object(label_id).labels[label_tag].info)

    def label_versions(self, case: str, tag: str) -> list[history.Version]:
        """Every version of a label, the oldest first; the last is the current one unless the label was removed."""
        check_name(tag, "label tag")
        self.study(case)
        folder = self._tag_folder(tag)
        with self._lock:
            versions = history.former_versions(folder, case)
            current = self._object(case).labels.get(tag)
            if current:
                number = history.next_number(folder, case)
                versions.append(history.Version(number, folder / f"{case}{current.ext}", dict(current.info), True))
        return versions

    def _keep_current(self, case: str, tag: str) -> None:
        current = self._object(case).labels.get(tag)
        if current:
            folder = self._tag_folder(tag)
            history.keep(folder / f"{case}{current.ext}", current.ext, current.info, folder, case)

    def _tag_folder(self, tag: str) -> Path:
        return self.catalogue.root / SERVER_LABELS / tag

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

    def _object(self, case: str) -> ImageLabelModel:
        self.study(case)
        if case not in self._datastore.objects:  # the catalogue is a moment ahead
            super()._reconcile_datastore()
        return self._datastore.objects[case]

    # -- what LocalDatastore calls on itself

    def _reconcile_datastore(self) -> None:
        self.catalogue.update()
        with self._lock:
            super()._reconcile_datastore()

    def _add_non_existing_images(self) -> int:
        self._init_from_datastore_file()
        changed = 0
        for case, study in self.catalogue.studies.items():
            extension = extension_of(study)
            facts = {"name": f"{case}{extension}", "phases": {_phase(s): _source(s) for s in study.series}}
            entry = self._datastore.objects.setdefault(
                case, ImageLabelModel(image=DataModel(info={"ts": int(time.time())}))
            )
            if entry.image.ext != extension or any(entry.image.info.get(key) != facts[key] for key in facts):
                entry.image.ext = extension
                entry.image.info.update(facts)
                changed += 1
        return changed

    def _remove_non_existing(self) -> int:
        self._init_from_datastore_file()
        objects = self._datastore.objects
        gone = [case for case in objects if case not in self.catalogue.studies]
        for case in gone:
            del objects[case]
        lost = [
            (case, tag)
            for case, entry in objects.items()
            for tag, label in entry.labels.items()
            if not (self._tag_folder(tag) / f"{case}{label.ext}").exists()
        ]
        for case, tag in lost:
            del objects[case].labels[tag]
        return len(gone) + len(lost)

    def _update_datastore_file(self, lock: bool = True) -> None:
        path = Path(self._datastore_config_path)
        text = json.dumps(self._datastore.model_dump(exclude={"base_path"}), indent=2, default=str)
        with FileLock(self._lock_file) if lock else nullcontext():
            write_text(path, text)
            self._config_ts = path.stat().st_mtime


def _phase(series: Series) -> str:
    return series.phase.value if series.phase else "unknown"


def _source(series: Series) -> str:
    return str(series.files[0].parent if series.uid else series.files[0])


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: StudyDatastore, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return method(self, *args, **kwargs)

    return call


for _name in (
    "get_label_uri",
    "get_labels_by_image_id",
    "get_labeled_images",
    "get_unlabeled_images",
    "list_images",
    "update_image_info",
    "update_label_info",
    "json",
):
    setattr(StudyDatastore, _name, _locked(getattr(LocalDatastore, _name)))
