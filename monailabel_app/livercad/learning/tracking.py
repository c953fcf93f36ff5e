"""MLflow, told to keep to itself: which store, and how it is opened."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from livercad import settings
from livercad.errors import ModelError

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER, DATABASE, ARTIFACTS = "mlflow", "mlflow.db", "artifacts"
EXPERIMENT = "livercad"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Variables that keep MLflow from telling its makers of its use, and from telling users of its tables and files."""
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""Where nobody has set them otherwise: by itself MLflow tries for minutes before it gives a server up."""


class Tracking:
    """An MLflow store, opened when it is first needed: MLflow takes seconds to load.

    Parameters
    ----------
    uri : str, optional
        Of an MLflow server. Without it, `settings.mlflow_uri`; without that as well, an SQLite file in the models
        folder, with artifacts in folders beside it.
    """

    def __init__(self, uri: str | None = None) -> None:
        os.environ.update({**PATIENCE, **os.environ, **QUIET})  # before MLflow is imported
        self.uri = uri or settings.mlflow_uri()
        self.folder = settings.models_folder() / FOLDER
        self._client: MlflowClient | None = None
        self._experiment = ""
        self._threads, self._is_locked = threading.RLock(), False

    @property
    def is_local(self) -> bool:
        """Whether it is the file in the models folder."""
        return self.uri is None

    @property
    def exists(self) -> bool:
        """Whether there can be something in it; the file is not made for a look."""
        return not self.is_local or (self.folder / DATABASE).is_file()

    @property
    def client(self) -> MlflowClient:
        """MLflow's client.

        Raises
        ------
        ModelError
            If the store cannot be opened.
        """
        if self._client is None:
            with self.locked(), self.failing_in_words():
                self._client = self._open()
        return self._client

    @property
    def experiment(self) -> str:
        """Id of the experiment that all trainings are runs of."""
        if not self._experiment:
            with self.locked(), self.failing_in_words():
                found = self.client.get_experiment_by_name(EXPERIMENT)
                artifacts = (self.folder / ARTIFACTS).absolute().as_uri() if self.is_local else None
                self._experiment = (
                    found.experiment_id if found else self.client.create_experiment(EXPERIMENT, artifacts)
                )
        return self._experiment

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other threads and processes of this machine from changing the store. May be entered again."""
        with self._threads:
            if self._is_locked:
                yield
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                self._is_locked = True
                try:
                    yield
                finally:
                    self._is_locked = False

    @contextmanager
    def failing_in_words(self) -> Iterator[None]:
        """Turn what MLflow, its database or the network raises into a `ModelError`."""
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise ModelError(
                f"the model registry {self.uri or self.folder / DATABASE}",
                found=f"that it fails ({str(error).splitlines()[0]})",
                expected="an MLflow store that this version of MLflow can use",
                todo="Start the MLflow server, or mend what it says; models in use do not depend on it.",
            ) from error

    def _open(self) -> MlflowClient:
        from mlflow import MlflowClient
        from mlflow.telemetry import set_telemetry_client

        set_telemetry_client()  # it may have been imported before, and switched on
        if self.uri:
            return MlflowClient(self.uri, self.uri)
        database = self.folder / DATABASE
        if not database.is_file():
            _make_database(database)
        return MlflowClient(*[_sqlite(database)] * 2)


def _make_database(path: Path) -> None:
    """Make the tables aside: a database that was killed in between could not be opened again."""
    from mlflow import MlflowClient

    aside = path.with_name(f".{path.name}")
    aside.unlink(missing_ok=True)
    MlflowClient(*[_sqlite(aside)] * 2).search_experiments(max_results=1)
    os.replace(aside, path)


def _sqlite(path: Path) -> str:
    return f"sqlite:///{path.absolute().as_posix()}"
