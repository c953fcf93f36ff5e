"""MONAI Label's datastore on a `Catalogue`: cases instead of files, safe for threads, its index written atomically."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock
from monailabel.datastore.local import DataModel, ImageLabelModel, LocalDatastore

from livercad.core.findings import PhaseRead
from livercad.core.ultrasound import MODALITY
from livercad.server.catalogue import INDEX, Catalogue
from livercad.server.images import ensure_nifti_file, extension_of, nifti_file
from livercad.server.labels import EXTENSIONS
from livercad.server.phase_memory import PhaseMemory
from livercad.server.phase_words import PhaseWords
from livercad.studies.atomic import write_text
from livercad.studies.files import SERVER_LABELS
from livercad.studies.study import Series, Study
from livercad.studies.ultrasound.cases import ImageCase

Look = Callable[[Study], Sequence[PhaseRead]]
"""Looks at a study's images for their phases."""


def look_at_nothing(study: Study) -> Sequence[PhaseRead]:
    """Tell no phases: for who needs the names only."""
    return ()


class CaseDatastore(LocalDatastore):
    """Cases as `find_studies` finds them; stock clients see the reference image of each as one NIfTI file.

    `info.phases` names the files of all phases. What MONAI Label's own methods read and change is locked; slow work
    (finding studies, reading images) is done outside of the lock, so that a status is there at once.

    Parameters
    ----------
    root : Path
        The studies folder. Labels, converted images and ``datastore_v2.json`` are written into it.
    look : callable, optional
        Tells the phases of a study whose names leave them open, see `PhaseMemory`.
    """

    def __init__(self, root: Path, look: Look = look_at_nothing) -> None:
        self.catalogue = Catalogue(root)
        self.words = PhaseWords(root)
        self.memory = PhaseMemory(root, look)
        self.lock = threading.RLock()
        super().__init__(
            str(root),
            labels_dir=SERVER_LABELS,
            datastore_config=INDEX,
            extensions=[f"*{extension}" for extension in EXTENSIONS],
            auto_reload=False,
        )

    def refresh_if_changed(self, old_s: float = 0.0) -> None:
        """Look at the folder unless that was done within `old_s` seconds, and take in what has changed there."""
        if self.catalogue.update(old_s):
            self._reconcile_datastore()

    def study(self, case: str) -> Study:
        """Images of a case, with what annotators say of their phases; UnknownNameError if there is none."""
        return self.words.applied_to(self.catalogue.study(case))

    def tell_phases(self, case: str, words: Mapping[str, str]) -> None:
        """Keep what an annotator says of the phases of a case, see `PhaseWords.tell`."""
        self.words.tell(self.catalogue.study(case), words)
        with self.lock:
            if self._describe(self.study(case)):
                self._update_datastore_file()

    def get_image_uri(self, image_id: str) -> str:
        """Path of the reference image as NIfTI, converted now if need be; of ultrasound, the file of its first image.

        Empty for an unknown case.
        """
        if image_id not in self.catalogue.studies:
            found = self.catalogue.ultrasound.get(image_id)
            return str(found.images[0].path) if found else ""
        study = self.study(image_id)
        return str(ensure_nifti_file(study, self.memory.find_reference(study), self.catalogue.root))

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        """Return what is known of a case, `path` and, of CT, `phases` among it."""
        if image_id in self.catalogue.ultrasound:
            return _about(self.catalogue.ultrasound[image_id])
        path = nifti_file(image_id, self.memory.reference(self.study(image_id)), self.catalogue.root)
        with self.lock:
            return {**self._object(image_id).image.info, "path": str(path)}

    def status(self) -> dict[str, Any]:
        """Return numbers of cases and labels, and the cases that cannot be used, with the reason."""
        with self.lock:
            status: dict[str, Any] = super().status()
        status["ultrasound"] = len(self.catalogue.ultrasound)
        status["problems"] = {problem.case: problem.reason for problem in self.catalogue.problems}
        return status

    def json(self) -> dict[str, Any]:
        """Return all cases with their labels, and those of ultrasound, which have none of MONAI Label's kind."""
        with self.lock:
            index: dict[str, Any] = super().json()
        index["objects"] |= {
            case: {"image": {"ext": found.images[0].path.suffix, "info": _about(found)}, "labels": {}}
            for case, found in self.catalogue.ultrasound.items()
        }
        return index

    def update_image_info(self, image_id: str, info: dict[str, Any]) -> None:
        """Keep what a client says of a case of CT."""
        self.study(image_id)
        with self.lock:
            super().update_image_info(image_id, info)

    # -- what LocalDatastore calls on itself

    def _object(self, case: str) -> ImageLabelModel:
        self.study(case)
        if case not in self._datastore.objects:  # the catalogue is a moment ahead
            super()._reconcile_datastore()
        return self._datastore.objects[case]

    def _tag_folder(self, tag: str) -> Path:
        return self.catalogue.root / SERVER_LABELS / tag

    def _reconcile_datastore(self) -> None:
        self.catalogue.update()
        with self.lock:
            super()._reconcile_datastore()

    def _add_non_existing_images(self) -> int:
        self._init_from_datastore_file()
        return sum(self._describe(self.words.applied_to(study)) for study in self.catalogue.studies.values())

    def _describe(self, study: Study) -> bool:
        """Bring what the index says of a case's images up to date; tells whether it was not."""
        extension = extension_of(self.memory.reference(study))
        facts = {"name": f"{study.case}{extension}", "phases": _phases(study)}
        new = ImageLabelModel(image=DataModel(info={"ts": int(time.time())}))
        image = self._datastore.objects.setdefault(study.case, new).image
        if image.ext == extension and all(image.info.get(key) == fact for key, fact in facts.items()):
            return False
        image.ext = extension
        image.info.update(facts)
        return True

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


def _about(case: ImageCase) -> dict[str, Any]:
    first = case.images[0].path
    return {"name": first.name, "path": str(first), "modality": MODALITY, "images": [each.name for each in case.images]}


def _phases(study: Study) -> dict[str, str]:
    """Files by phase; those whose names tell none are numbered."""
    files: dict[str, str] = {}
    for series in study.series:
        phase = series.phase.value if series.phase else "unknown"
        number = sum(name.split()[0] == phase for name in files) + 1
        files[phase if number == 1 else f"{phase} {number}"] = _source(series)
    return files


def _source(series: Series) -> str:
    return str(series.files[0].parent if series.uid else series.files[0])


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: CaseDatastore, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return call


for _name in (  # MONAI Label's own methods that look at or change its list
    "get_label_uri",
    "get_labels_by_image_id",
    "get_labeled_images",
    "get_unlabeled_images",
    "list_images",
    "update_label_info",
):
    setattr(CaseDatastore, _name, _locked(getattr(LocalDatastore, _name)))
