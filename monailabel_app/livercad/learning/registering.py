"""A training in MLflow: its run with what it scored, curves and the files kept; and the registered versions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse
from urllib.request import url2pathname

from livercad.evaluation.intervals import Estimate
from livercad.learning.log import read_log
from livercad.learning.tracking import ARTIFACTS, Tracking
from livercad.learning.trained import KEPT
from livercad.learning.version import Version
from livercad.studies.atomic import replacing

if TYPE_CHECKING:
    from mlflow.entities import Metric, Run
    from mlflow.entities.model_registry import ModelVersion as Registered
    from mlflow.entities.model_registry import RegisteredModel

IDENTITY = "identity"
"""Tag that names a training, so that it is not registered twice."""
FINISHED = "FINISHED"
COPIES = "copies"
MOST_POINTS = 1000
"""Of a curve in one request, as MLflow allows."""


def find_run(tracking: Tracking, identity: str) -> Run | None:
    """The run of a training that has been registered to its end."""
    wanted = f"tags.{IDENTITY} = '{identity}' and attributes.status = '{FINISHED}'"
    return next(iter(tracking.client.search_runs([tracking.experiment], wanted)), None)


def make_run(tracking: Tracking, version: Version, folder: Path) -> Run:
    """Make a run of a training's folder.

    Parameters
    ----------
    tracking : Tracking
        Where.
    version : Version
        What it has made.
    folder : Path
        The training's.

    Returns
    -------
    Run
        It counts from now on; a run that was not made to its end does not.
    """
    client, name = tracking.client, f"{version.name} {version.identity[:8]}"
    run = client.create_run(tracking.experiment, tags={IDENTITY: version.identity}, run_name=name)
    params = {"model": version.name, "parent": version.parent, "livercad": version.livercad_version, "by": version.by}
    for key, value in params.items():
        client.log_param(run.info.run_id, key, value)
    points = [*_points_of(version.measures), *_curves_of(folder)]
    for start in range(0, len(points), MOST_POINTS):
        client.log_batch(run.info.run_id, metrics=points[start : start + MOST_POINTS])
    for file in KEPT:
        if (folder / file).is_file():
            client.log_artifact(run.info.run_id, str(folder / file))
    client.set_terminated(run.info.run_id, FINISHED)
    return client.get_run(run.info.run_id)


def remove_unfinished(tracking: Tracking) -> None:
    """Remove runs that a kill has left half made. Of the local store only: in others they may be others' at work."""
    if not tracking.is_local:
        return
    unfinished = f"attributes.status != '{FINISHED}'"
    for run in tracking.client.search_runs([tracking.experiment], unfinished):
        tracking.client.delete_run(run.info.run_id)
        shutil.rmtree(tracking.folder / ARTIFACTS / run.info.run_id, ignore_errors=True)


def registered_model(tracking: Tracking, name: str) -> RegisteredModel | None:
    """The model that versions are registered under; None before the first."""
    return next(iter(tracking.client.search_registered_models(f"name = '{name}'")), None)


def registered_versions(tracking: Tracking, name: str) -> list[Registered]:
    """All versions of a model."""
    if not tracking.exists:
        return []
    found: list[Registered] = []
    with tracking.failing_in_words():
        token = None
        while True:
            page = tracking.client.search_model_versions(f"name = '{name}'", page_token=token)
            found += page
            token = page.token
            if not token:
                return found


def kept_file(tracking: Tracking, run: str, name: str) -> Path:
    """A file that is kept of a version; of another machine's store a copy is made once.

    Parameters
    ----------
    tracking : Tracking
        Where.
    run : str
        Id of the version's run.
    name : str
        One of `KEPT`.

    Returns
    -------
    Path
        The file, not to be changed; in the local store it may be gone.

    Raises
    ------
    ModelError
        If MLflow fails.
    """
    with tracking.failing_in_words():
        if tracking.is_local:
            return Path(url2pathname(urlparse(tracking.client.get_run(run).info.artifact_uri).path)) / name
        copy = tracking.folder / COPIES / run / name
        if not copy.is_file():
            with replacing(copy) as temporary, tempfile.TemporaryDirectory() as folder:
                shutil.copyfile(tracking.client.download_artifacts(run, name, folder), temporary)
        return copy


def _points_of(measures: Mapping[str, Estimate]) -> Iterator[Metric]:
    for name, found in measures.items():
        ends = {name: found.value, f"{name}.low": found.low, f"{name}.high": found.high}
        yield from (_point(key, value, 0) for key, value in ends.items() if value is not None)


def _curves_of(folder: Path) -> Iterator[Metric]:
    for line in read_log(folder):
        numbers = {key: value for key, value in line.items() if isinstance(value, int | float) and key != "step"}
        yield from (_point(f"curve.{key}", float(value), int(line["step"])) for key, value in numbers.items())


def _point(key: str, value: float, step: int) -> Metric:
    from mlflow.entities import Metric

    return Metric(key, value, int(datetime.now().timestamp() * 1000), step)
