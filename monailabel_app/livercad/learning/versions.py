"""The versions of a model that were trained here, registered in MLflow.

A version is a run of MLflow's experiment `livercad` (measures, curves; weights, record and page as artifacts) and a
version of the registered model of the same name. Which one is in use is told by `livercad.models.champions` alone; the
alias ``champion`` in MLflow follows it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from livercad import __version__
from livercad.code import code_hash
from livercad.errors import InputError, ModelError
from livercad.evaluation.intervals import Estimate
from livercad.learning.metrics import MEASURES, CaseMetrics
from livercad.learning.names import registry_name
from livercad.learning.paired import estimate
from livercad.learning.registering import (
    find_run,
    kept_file,
    make_run,
    registered_model,
    registered_versions,
    remove_unfinished,
)
from livercad.learning.tracking import Tracking
from livercad.learning.trained import RECORD, WEIGHTS, TrainingRecord, read_record
from livercad.learning.version import State, Version, base_version, card_of, tags_of, version_of
from livercad.models.champions import Event, Pointer, pointer
from livercad.models.install import State as FileState
from livercad.models.install import state_of_file
from livercad.models.registry import find
from livercad.models.version import BASE, ModelVersion, base, check_weights, version_text

logger = logging.getLogger(__name__)

ALIAS = "champion"
CONFIDENCE, RESAMPLES, SEED = 0.95, 2000, 0
"""Of the intervals of a version's measures."""


class ModelVersions:
    """The versions of all models.

    Parameters
    ----------
    uri : str, optional
        Of an MLflow server, see `Tracking`.
    """

    def __init__(self, uri: str | None = None) -> None:
        self._tracking = Tracking(uri)
        self._records: dict[str, TrainingRecord] = {}

    def of(self, name: str) -> tuple[Version, ...]:
        """All versions of a model, the base first.

        Parameters
        ----------
        name : str
            In the registry, or a task's.

        Returns
        -------
        tuple of Version
            By number.

        Raises
        ------
        ModelError
            If there is no such model, or MLflow fails.
        """
        name = registry_name(name)
        trained = map(version_of, registered_versions(self._tracking, name))
        return base_version(name), *sorted(trained, key=lambda version: version.number)

    def get(self, name: str, number: int) -> Version:
        """One version; InputError where there is none of this number."""
        versions = self.of(name)
        for version in versions:
            if version.number == number:
                return version
        raise InputError(
            f"version {number} of {registry_name(name)}",
            found="no such version",
            expected="one of " + ", ".join(str(version.number) for version in versions),
            todo=f"See `livercad models list {registry_name(name)}`.",
        )

    def add(self, name: str, folder: Path, who: str) -> Version:
        """Register what a training has made. Adding the same once more, as after a kill, changes nothing.

        Parameters
        ----------
        name : str
            In the registry, or a task's.
        folder : Path
            The training's, with `trained.WEIGHTS` and `trained.RECORD`.
        who : str
            Who has started the training.

        Returns
        -------
        Version
            A candidate.

        Raises
        ------
        ModelError
            If they cannot be this model's weights, there is no record, or MLflow fails.
        """
        name = registry_name(name)
        sha256, record = check_weights(name, folder / WEIGHTS), read_record(folder / RECORD)
        identity = hashlib.sha256(f"{name} {sha256} ".encode() + (folder / RECORD).read_bytes()).hexdigest()
        version = Version(
            name=name,
            number=BASE,  # MLflow gives it its own
            version="",
            sha256=sha256,
            state=State.CANDIDATE,
            by=who,
            parent=record.parent,
            measures=_measures_of(record.pool.challenger),
            cases=record.sides(),
            livercad_version=record.livercad or __version__,
            code=record.code or code_hash("livercad"),
            identity=identity,
        )
        with self._tracking.locked(), self._tracking.failing_in_words():
            known = next((each for each in self.of(name) if each.identity == identity), None)
            return known or self._register(version, folder)

    def weights(self, name: str, number: int) -> ModelVersion:
        """A version's weights, to load or to crown.

        Parameters
        ----------
        name : str
            In the registry, or a task's.
        number : int
            The version's.

        Returns
        -------
        ModelVersion
            Checked.

        Raises
        ------
        InputError
            If there is no such version.
        ModelError
            If they are gone or damaged.
        """
        version = self.get(name, number)
        if number == BASE:
            return base(version.name)
        path = kept_file(self._tracking, version.run, WEIGHTS)
        state = state_of_file(path, version.sha256)
        if state is not FileState.INSTALLED:
            raise ModelError(
                path,
                found=f"{state.value} weights",
                expected=f"those of {version.name} {version.version}",
                todo="Take another version, or train it again.",
            )
        return ModelVersion(version.name, number, version.version, path, version.sha256)

    def record(self, version: Version) -> TrainingRecord:
        """The record of a version's training."""
        if version.run not in self._records:
            self._records[version.run] = read_record(kept_file(self._tracking, version.run, RECORD))
        return self._records[version.run]

    def measured(self, name: str, number: int) -> dict[str, CaseMetrics]:
        """What a version scored, wherever that was measured: in its own training, or as champion in later ones.

        Parameters
        ----------
        name : str
            In the registry, or a task's.
        number : int
            The version's.

        Returns
        -------
        dict of str to CaseMetrics
            By case, as it was measured last.

        Raises
        ------
        ModelError
            If the record of its own training is gone or damaged. Those of other trainings are passed over.
        """
        found: dict[str, CaseMetrics] = {}
        for version in self.of(name)[1:]:
            try:
                pool = self.record(version).pool
            except ModelError as error:
                if version.number == number:
                    raise
                logger.warning("What version %d has measured does not count: %s", version.number, error)
                continue
            if version.number == number:
                found |= pool.challenger
            if pool.champion_number == number:
                found |= pool.champion
        return found

    def judge(self, name: str, number: int, state: State, reason: str) -> None:
        """Write down what became of a version, and why."""
        with self._tracking.failing_in_words():
            for key, value in (("reason", reason), ("state", state.value)):
                self._tracking.client.set_model_version_tag(registry_name(name), str(number), key, value)

    def follow_champion(self, name: str) -> None:
        """Bring the alias, and what is said of the champion and of those taken back, in step with what is in use."""
        name = registry_name(name)
        if not self._tracking.exists:
            return
        with self._tracking.locked(), self._tracking.failing_in_words():
            model = registered_model(self._tracking, name)
            if model is None:
                return
            present, versions = pointer(name), self.of(name)[1:]
            self._judge_taken_back(versions, present)
            reign = present.champion
            version = next((each for each in versions if each.number == reign.number), None)
            if version:
                if version.state is not State.PROMOTED:
                    self.judge(name, version.number, State.PROMOTED, reign.reason)
                self._tracking.client.set_registered_model_alias(name, ALIAS, str(version.number))
                return
            if ALIAS in model.aliases:
                self._tracking.client.delete_registered_model_alias(name, ALIAS)
            if reign.number != BASE:
                logger.warning("%s %s is in use and not registered", name, version_text(name, reign.number))

    def _judge_taken_back(self, versions: Sequence[Version], present: Pointer) -> None:
        """Versions were promoted and are neither champion nor before it: a rollback has left them."""
        known = {reign.number for reign in (present.champion, *present.former)}
        by = f" by {present.champion.by or 'hand'}" if present.champion.event is Event.ROLLBACK else ""
        for version in versions:
            if version.state is State.PROMOTED and version.number not in known:
                self.judge(version.name, version.number, State.ROLLED_BACK, f"taken back{by}; was {version.reason}")

    def _register(self, version: Version, folder: Path) -> Version:
        remove_unfinished(self._tracking)
        run = find_run(self._tracking, version.identity) or make_run(self._tracking, version, folder)
        client = self._tracking.client
        if registered_model(self._tracking, version.name) is None:
            client.create_registered_model(version.name, description=find(version.name).title)
        made = client.create_model_version(
            version.name,
            run.info.artifact_uri,
            run.info.run_id,
            tags=tags_of(version),
            description=card_of(version),
        )
        return self.get(version.name, int(made.version))


def _measures_of(pool: Mapping[str, CaseMetrics]) -> dict[str, Estimate]:
    found = {name: estimate(measure, pool.values(), CONFIDENCE, RESAMPLES, SEED) for name, measure in MEASURES.items()}
    return {name: one for name, one in found.items() if one is not None}
