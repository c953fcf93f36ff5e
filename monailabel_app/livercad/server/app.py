"""LiverCAD as a MONAI Label app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.datastore import DefaultLabelTag
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType
from monailabel.interfaces.tasks.strategy import Strategy
from monailabel.interfaces.tasks.train import TrainTask
from monailabel.utils.sessions import Sessions

from livercad import __version__
from livercad.core.findings import DISCLAIMER, PhaseRead
from livercad.errors import InputError
from livercad.papers.ultrasound_models import load_model
from livercad.pipeline.analyzer import Analyzer
from livercad.server import environment, housekeeping
from livercad.server.agreements import Agreements
from livercad.server.analyses import Analyses
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import UnknownNameError
from livercad.server.flat_reports import FlatReports
from livercad.server.modalities import check_that_results_can_be_kept, source_of
from livercad.server.model_history import ModelHistories
from livercad.server.names import check_name
from livercad.server.opening import open_server
from livercad.server.options import read_options
from livercad.server.releases import Releases
from livercad.server.strategies import DESCRIPTIONS, First, Informed, Random
from livercad.server.tasks import LIVER_AND_LESIONS, all_tasks
from livercad.server.trainer import Trainer
from livercad.server.training_tasks import TrainingTask
from livercad.server.ultrasound_task import ultrasound_tasks
from livercad.settings import UltrasoundSettings
from livercad.studies.study import Study
from livercad.ultrasound.model import UltrasoundModel

BOXES_TAG = "boxes"
"""Boxes that are to be saved as `original` go here, so that they do not take a label map's place."""
MARKUPS = (InferType.DETECTION, InferType.CLASSIFICATION)
"""Tasks whose results are boxes."""


class LiverCADApp(MONAILabelApp):
    """The infer tasks on a folder of studies: the whole pipeline, parts of its result, and lesions of one's own.

    Parameters
    ----------
    app_dir : str
        The app folder.
    studies : str
        The studies folder.
    conf : dict of str to str
        See `livercad.server.options.Options`.

    Attributes
    ----------
    recipes : str
        Where the recipes of trainings are, by task; the process of a training finds them there as well.
    """

    recipes = "livercad.recipes.models:RECIPES"

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str] | None) -> None:
        environment.prepare()
        if "://" in studies:
            raise InputError(studies, found="an address", expected="a folder", todo="Copy the studies into a folder.")
        self.options = read_options(conf or {})
        self.analyses = Analyses(self._load_champions, self._remember)
        self.flat_reports = FlatReports()
        self.releases = Releases(self.analyses, lambda: self.datastore().book.audit)
        self.histories = ModelHistories(self.releases.versions)
        self.agreements = Agreements(self.datastore)
        self.trainer = Trainer(self.datastore, self.releases, self.recipes, self.options.settings)
        super().__init__(
            app_dir,
            studies,
            conf or {},
            name="LiverCAD",
            description=f"Liver and liver lesions on CT and ultrasound. {DISCLAIMER}",
            version=__version__,
            labels=LIVER_AND_LESIONS,
        )

    # -- what MONAI Label asks for

    def init_datastore(self) -> StudyDatastore:
        """Make the datastore."""
        # Not resolved: a folder that is itself a case is named by what the user gives, as in `livercad analyze`.
        root = Path(os.path.abspath(self.studies))
        book = Bookkeeping(root, self.options.validation_share, self.options.reservation_minutes)
        return StudyDatastore(root, self.analyses.look, book)

    def init_infers(self) -> dict[str, InferTask]:
        """Make the tasks."""
        return {**all_tasks(self.analyses), **ultrasound_tasks(self.load_ultrasound, self.flat_reports)}

    def init_trainers(self) -> dict[str, TrainTask]:
        """Make the trainings."""
        return {task: TrainingTask(self.trainer, task) for task in self.trainer.recipes}

    def init_strategies(self) -> dict[str, Strategy]:
        """Make the strategies."""
        return {"random": Random(), "first": First(), **{str(name): Informed(name) for name in DESCRIPTIONS}}

    def _load_sessions(self, load: bool = False) -> Sessions:
        # Uploaded images are patients': they end with the server, not in the home folder.
        return Sessions(str(housekeeping.temporary_folder() / "sessions"))

    def datastore(self, old_s: float = 0.0) -> StudyDatastore:
        """Return the datastore, as its folder was `old_s` seconds ago at the earliest."""
        self._datastore.refresh_if_changed(old_s)
        return self._datastore

    def info(self) -> dict[str, Any]:
        """Return what clients show of the app."""
        self.datastore()
        return {**super().info(), "disclaimer": DISCLAIMER}

    def on_init_complete(self) -> None:
        """Start what a server needs, once the web application is up."""
        super().on_init_complete()
        self.scoring = open_server(self)

    def infer(self, request: dict[str, Any], datastore: Any = None) -> dict[str, Any]:
        """Run an infer task on a case, or on images that were sent.

        Parameters
        ----------
        request : dict
            `model`; `image`: a case's name, or a `Study` or `ImageCase`; `folder` for the result's file; `save_label`
            and `label_tag` to keep the result of a case of CT.
        datastore : StudyDatastore, optional
            Another one than the app's.

        Returns
        -------
        dict
            As MONAI Label has it: `label`, `tag`, `file`, `params`.

        Raises
        ------
        UnknownNameError
            If there is no such model or case.
        OtherModalityError
            If the model is asked about images of another modality than its own.
        ModelError
            If weights are missing.
        """
        task = self.infer_task(request.get("model", ""))
        image, store = request["image"], datastore or self.datastore()
        study = source_of(task, image, store) if isinstance(image, str) else image
        if request.get("save_label"):
            check_that_results_can_be_kept(request["model"], task)
        tag = check_name(request.get("label_tag") or DefaultLabelTag.ORIGINAL.value, "label tag")
        if task.type in MARKUPS and tag == DefaultLabelTag.ORIGINAL.value:
            tag = BOXES_TAG
        file, params = task({**request, "study": study})
        label = file
        if request.get("save_label") and isinstance(image, str):
            label = store.save_label(image, file, tag, {"model": request["model"], "params": params})
        return {"label": label, "tag": tag, "file": file, "params": params}

    # -- what LiverCAD adds

    def make_analyzer(self) -> Analyzer:
        """Load the models; another app may bring others."""
        return Analyzer.load(self.options.settings)

    def load_ultrasound(self, task: str) -> UltrasoundModel:
        """Load the model of a task on ultrasound images; another app may bring others."""
        wish = {name: getattr(self.options, name) for name in ("device", "region_enhancement")}
        return load_model(UltrasoundSettings.model_validate({"model": task, **wish}))

    def infer_task(self, name: str) -> InferTask:
        """Look an infer task up; UnknownNameError if there is none of this name."""
        self.check_task("model", name)
        return self._infers[name]

    def choose(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Let a strategy choose a case.

        Parameters
        ----------
        request : dict
            `strategy`; `who` asks; what else the client wishes.

        Returns
        -------
        dict or None
            `id`; None where there is nothing to choose.
        """
        chosen: dict[str, Any] | None = self._strategies[request["strategy"]](request, self._datastore)
        return chosen

    def check_task(self, kind: str, name: str) -> None:
        """Refuse a model, strategy, scoring method or trainer that is not there.

        Raises
        ------
        UnknownNameError
            With the names that are there.
        """
        known = {
            "model": self._infers,
            "strategy": self._strategies,
            "scoring method": self._scoring_methods,
            "trainer": self._trainers,
        }[kind]
        if name not in known:
            raise UnknownNameError(
                f"{kind} {name!r}",
                found=f"no such {kind}",
                expected=f"one of {', '.join(known)}" if known else f"none: this app has no {kind}",
                todo="GET /info/ lists them.",
            )

    def _load_champions(self) -> Analyzer:
        self.releases.write_down()
        return self.make_analyzer()

    def _remember(self, study: Study, reads: tuple[PhaseRead, ...]) -> None:
        store = self.datastore()
        if study.case in store.catalogue.studies and store.study(study.case) == study:  # not one that was sent along
            store.memory.remember(study, reads)
