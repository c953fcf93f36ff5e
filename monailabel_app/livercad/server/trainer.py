"""Trainings on the server: one at a time, in a process of their own, resumed where a kill has ended them."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

from livercad.errors import Cancelled, LiverCADError
from livercad.models.champions import champion
from livercad.models.version import base
from livercad.recipes.trainable import Trainable
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError, reason_of
from livercad.server.jobs import ENDED, Job, Jobs
from livercad.server.registration import AGAIN_S, NotRegisteredError, registered
from livercad.server.releases import Releases
from livercad.server.training_audit import record_end, record_start
from livercad.server.training_cases import FEWEST, material_of
from livercad.server.training_orders import OPEN, Material, Stage, Training, Trainings, Wish, new_id, read_training
from livercad.server.training_runs import TRAINED, TrainingRuns
from livercad.settings import Settings

logger = logging.getLogger(__name__)


class Trainer:
    """Starts trainings of the models on what was submitted, and has what is better used.

    Parameters
    ----------
    store : callable
        Returns the datastore, up to date.
    releases : Releases
        Told of what was trained.
    recipes : str
        Where the recipes by task are, for example ``livercad.recipes.models:RECIPES``.
    settings : Settings
        Of the predictors that validate; with the device.

    Attributes
    ----------
    recipes : dict of str to Trainable
        By task.
    latest : Training or None
        The one under way, or the last one.
    job : Job or None
        Its progress; None where a former server has ended it.
    """

    def __init__(
        self, store: Callable[[], StudyDatastore], releases: Releases, recipes: str, settings: Settings
    ) -> None:
        self._store, self._releases, self._settings, self._place = store, releases, settings, recipes
        self.recipes: dict[str, Trainable] = resolve_name(recipes)
        self.latest: Training | None = None
        self.job: Job | None = None
        self._jobs = Jobs()
        self._starting = threading.Lock()
        self._registering = threading.Lock()
        self._runs = TrainingRuns()

    def open(self, jobs: Jobs) -> None:
        """Go on with the training that a former server has left, and register what it could not.

        Parameters
        ----------
        jobs : Jobs
            Trainings are shown there.
        """
        self._jobs = jobs
        known = self.trainings.all()
        for training in known:
            if training.stage not in OPEN:  # a kill comes also between the end of a training and its record
                record_end(self._store().book.audit, training)
        if known:
            self.latest = known[-1]
            if self.latest.stage in OPEN:
                self._run(self.latest)
        threading.Thread(target=self._register_later, name="register later", daemon=True).start()

    def close(self) -> None:
        """End with the server. The training under way goes on when the next one starts."""
        self._runs.close()

    @property
    def trainings(self) -> Trainings:
        """All trainings on these studies."""
        return Trainings(self._store().catalogue.root)

    @property
    def is_at_work(self) -> bool:
        """Whether a training is under way."""
        return self.job is not None and self.job.state not in ENDED

    def start(self, task: str, wish: Wish, who: str) -> Training:
        """Begin a training on the newest accepted labels of now.

        One that was stopped goes on if the same is asked for again, and labels and weights are what they were; of one
        that could not be registered only that is done.

        Parameters
        ----------
        task : str
            One of `recipes`.
        wish : Wish
            Its settings.
        who : str
            Who wants it.

        Returns
        -------
        Training
            Under way.

        Raises
        ------
        ConflictError
            If a training is under way.
        InputError
            If there are too few labelled cases.
        ModelError
            If weights to begin with are missing.
        """
        with self._starting:
            self._check_free()
            recipe = self.recipes[task]
            material = material_of(self._store(), recipe)
            weights = None if wish.start == "scratch" else _BEGIN[wish.start](recipe.name)
            training = Training(
                id=new_id(),
                task=task,
                model=recipe.name,
                recipes=self._place,
                weights=weights.sha256 if weights else "",
                version=weights.number if weights else None,
                wish=wish,
                settings=self._settings,
                who=who,
                started=time.time(),
                sides={side: sum(each is side for each in material.sides.values()) for side in FEWEST},
            )
            training = self._stopped_one_like(training, material) or training
            self.trainings.remove_checkpoints(training)
            self.trainings.begin(training, material)
            self._run(training)
            return training

    def _check_free(self) -> None:
        if self.is_at_work and self.latest:
            raise ConflictError(
                "the training",
                found=f"one of {self.latest.task} under way, started by {self.latest.who or 'somebody'}",
                expected="one at a time",
                todo="Wait until it has ended, or stop it (DELETE /livercad/training).",
            )

    def _stopped_one_like(self, wanted: Training, material: Material) -> Training | None:
        former = self.latest
        if former is None or former.stage not in _GOES_ON or not self.trainings.works_on(former, material):
            return None
        own = {"id", "who", "started", "stage", "ended", "error", "result", "promotion"}
        if former.model_dump(exclude=own) != wanted.model_dump(exclude=own):
            return None
        return wanted.model_copy(update={"id": former.id, "started": former.started, "stage": _GOES_ON[former.stage]})

    # -- a training under way

    def _run(self, training: Training) -> None:
        self.latest = training
        job = self.job = self._jobs.add(training.id, training.task, f"{sum(training.sides.values())} cases")
        job.start()
        threading.Thread(target=self._follow, args=(training, job), name="training", daemon=True).start()

    def _follow(self, training: Training, job: Job) -> None:
        with contextlib.suppress(Cancelled, Exception), job.followed():
            try:
                if training.stage is Stage.RUNNING:
                    self._train(training, job)
                    training = self._write(training, stage=Stage.TRAINED)
                job.report(TRAINED, 1.0, "comparing with the version in use")
                self._register_once(training)
            except BaseException as error:
                if self._runs.is_closing:
                    raise Cancelled("The server was ended; the training goes on when it starts again.") from error
                if not isinstance(error, Cancelled | LiverCADError):
                    logger.exception("A training has failed")
                stage = next((stage for kind, stage in _LEAVES.items() if isinstance(error, kind)), Stage.FAILED)
                self._end(training, stage=stage, error="" if stage is Stage.CANCELLED else reason_of(error))
                raise

    def _train(self, training: Training, job: Job) -> None:
        place = self.trainings.place(training)
        self._runs.train(place, job, lambda: record_start(self._store().book.audit, training))

    def _register_once(self, training: Training) -> None:
        """Unless the other thread, which follows a training or registers what is left, has done it meanwhile."""
        place = self.trainings.place(training)
        with self._registering:
            if read_training(place).stage is Stage.TRAINED:
                self._end(training, **registered(self._releases, training, place))

    # -- trainings whose versions could not be registered

    def _register_later(self) -> None:
        while not self._runs.is_closing:
            try:
                for training in self.trainings.all():
                    if training.stage is Stage.TRAINED and not self._is_under_way(training):
                        self._register(training)
            except (LiverCADError, OSError):  # the studies folder is out of reach
                logger.exception("What was trained is registered later")
            time.sleep(AGAIN_S)

    def _is_under_way(self, training: Training) -> bool:
        return self.is_at_work and self.latest is not None and self.latest.id == training.id

    def _register(self, training: Training) -> None:
        """Beside the training under way, if there is one."""
        try:
            self._register_once(training)
        except NotRegisteredError as error:
            logger.warning("Training %s is registered later: %s", training.id, error)
            return
        except Exception as error:
            self._end(training, stage=Stage.FAILED, error=reason_of(error))
        with self._starting:
            if self.latest and self.latest.id == training.id and not self.is_at_work:
                self.job = None  # it has failed, and the training has not

    def _end(self, training: Training, **changes: Any) -> None:
        record_end(self._store().book.audit, self._write(training, ended=time.time(), **changes))

    def _write(self, training: Training, **changes: Any) -> Training:
        changed = training.model_copy(update=changes)
        self.trainings.write(changed)
        if self.latest is None or self.latest.id == changed.id:
            self.latest = changed
        return changed


_BEGIN = {"champion": champion, "base": base}
_GOES_ON = {Stage.CANCELLED: Stage.RUNNING, Stage.TRAINED: Stage.TRAINED}
"""How far a training is when it goes on after this."""
_LEAVES = {Cancelled: Stage.CANCELLED, NotRegisteredError: Stage.TRAINED}
"""How far a training is after such an error; any other has it failed."""
