"""What infer tasks of repeated studies have in common: a model that a reproduction leaves, loaded when it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from livercad.core.geometry import Box
from livercad.errors import ModelError
from livercad.progress import Progress
from livercad.server.results import Result

Predictor = TypeVar("Predictor")
Analyse = Callable[[dict[str, Any], Progress], Result]


class LateTask(InferTask, Generic[Predictor]):
    """An infer task whose model may appear later.

    Parameters
    ----------
    kind : InferType
        Detection or classification.
    labels : dict of str to int
        Label names and their values.
    dimension : int
        Of what is looked at: 2 or 3.
    description : str
        For people.
    load : callable
        Makes the predictor; raises ModelError where there is no model.
    """

    def __init__(
        self, kind: InferType, labels: dict[str, int], dimension: int, description: str, load: Callable[[], Predictor]
    ) -> None:
        super().__init__(kind, labels, dimension, description)
        self._load = load
        self._predictor: Predictor | None = None
        self._loading = threading.Lock()

    def is_valid(self) -> bool:
        """Show the task always: without a model it answers with what to do."""
        return True

    def info(self) -> dict[str, Any]:
        """Return what MONAI Label tells of a task, and whether its model is there."""
        try:
            self._loaded()
        except ModelError as error:
            return {**super().info(), "problem": str(error)}
        return {**super().info(), "problem": ""}

    def _loaded(self) -> Predictor:
        with self._loading:
            if self._predictor is None:
                self._predictor = self._load()
            return self._predictor


class PaperTask(LateTask[Predictor]):
    """An infer task that asks the network of a repeated study about an analysis of CT.

    Parameters
    ----------
    kind, labels, dimension, description
        As of `LateTask`.
    analyse : callable
        ``analyse(request, progress) -> Result``: the study with its liver and lesions.
    folder : Path
        With the model, as a reproduction leaves it in ``OUT/model``.
    load : callable
        Makes the predictor from this folder; raises ModelError where there is no model.
    """

    def __init__(
        self,
        kind: InferType,
        labels: dict[str, int],
        dimension: int,
        description: str,
        analyse: Analyse,
        folder: Path,
        load: Callable[[Path], Predictor],
    ) -> None:
        super().__init__(kind, labels, dimension, description, lambda: load(folder))
        self._analyse = analyse


def box_in_json(box: Box) -> dict[str, Any]:
    """Corners of a box and their frame, as an answer has them."""
    return {"minimum": list(box.minimum), "maximum": list(box.maximum), "frame": box.frame.value}
