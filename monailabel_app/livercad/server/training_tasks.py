"""Trainings as MONAI Label's clients see them in ``/info/``."""

from __future__ import annotations

from typing import Any

from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.train import TrainTask
from pydantic import BaseModel

from livercad.errors import InputError
from livercad.learning.log import read_log
from livercad.models.registry import find
from livercad.recipes.trainable import Trainable
from livercad.server.trainer import Trainer
from livercad.server.training_orders import Wish

PERCENT = 100


class TrainingTask(TrainTask):
    """One model that can be trained. `Trainer` does it: nothing of MONAI Label's own machinery.

    Parameters
    ----------
    trainer : Trainer
        The server's.
    task : str
        One of its recipes.
    """

    def __init__(self, trainer: Trainer, task: str) -> None:
        super().__init__(title_of(trainer.recipes[task]))
        self._trainer, self._task = trainer, task

    def config(self) -> dict[str, Any]:
        """Settings with their defaults; a list is to choose from, its first is the default."""
        return {name: about.get("choices") or about["default"] for name, about in settings_of(Wish).items()}

    def stats(self) -> dict[str, Any]:
        """How the latest training goes if it is this task's: `epoch` of `total_epochs` are percent."""
        training, job = self._trainer.latest, self._trainer.job
        if training is None or training.task != self._task:
            return {}
        scores = [line["score"] for line in read_log(self._trainer.trainings.place(training)) if "score" in line]
        told = {
            "start_ts": int(training.started),
            "epoch": round(PERCENT * job.fraction) if job else PERCENT,
            "total_epochs": PERCENT,
            "best_metric": max(scores, default=0),
        }
        return {**told, "total_time": round(training.ended - training.started, 1)} if training.ended else told

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> None:
        """Refuse: this is where a process of MONAI Label's would train."""
        raise InputError(
            f"the training of {self._task}",
            found="a request beside the server",
            expected="one to the server that runs",
            todo=f"POST /train/{self._task}, or `livercad train`.",
        )


def title_of(recipe: Trainable) -> str:
    """What people call the model."""
    return find(recipe.name).title


def settings_of(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The settings of a model as clients show them.

    Parameters
    ----------
    model : type of BaseModel
        For example `Wish`.

    Returns
    -------
    dict
        By name: `default` and `help`; `minimum`, `maximum` or `choices` where there are any.
    """
    names = {"default": "default", "description": "help", "minimum": "minimum", "maximum": "maximum", "enum": "choices"}
    properties = model.model_json_schema()["properties"]
    return {
        name: {ours: about[theirs] for theirs, ours in names.items() if theirs in about}
        for name, about in properties.items()
    }
