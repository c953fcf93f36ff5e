"""A training from labelled cases to a folder with weights, record and page: the same for the command and the server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from livercad import __version__
from livercad.code import code_hash
from livercad.errors import InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.engine import train
from livercad.learning.job import Outcome, Validation
from livercad.learning.plan import Plan
from livercad.learning.pool import Side, patient_key
from livercad.learning.ranks import is_first_process
from livercad.learning.trained import PAGE, RECORD, WEIGHTS
from livercad.models.champions import champion
from livercad.models.shipping import RECORDED_PACKAGES, Trained, weights_file
from livercad.models.version import UNNUMBERED, ModelVersion, base, challenger
from livercad.progress import Progress, part, silent
from livercad.recipes.page import render_training
from livercad.recipes.part_of_pool import part_of_pool
from livercad.recipes.pictures import Picture, outline_picture
from livercad.recipes.planning import planned
from livercad.recipes.trainable import RecipeJob, Sides, Start, Trainable
from livercad.segmentation.training.jobs import VALIDATED
from livercad.settings import Settings
from livercad.studies.atomic import write_bytes, write_text

MOST_PICTURES = 3
PREPARATION = 0.03
"""Of a progress bar. Our choice."""
MINUTES = 18.0
"""Of a training where neither steps nor minutes are given. Our choice."""


@dataclass(frozen=True)
class Wish:
    """What a training is asked for.

    Parameters
    ----------
    start : {"champion", "base", "scratch"}
        The weights that it begins with.
    steps : int or None
        How many; as many as fit into `minutes` where not given.
    minutes : float
        How long it may take.
    seed : int
        Of all that is drawn.
    """

    start: Start = "champion"
    steps: int | None = None
    minutes: float = MINUTES
    seed: int = 0


def run(
    model: Trainable,
    cases: Sequence[LabelledCase],
    sides: Mapping[str, Side],
    folder: Path,
    wish: Wish | None = None,
    settings: Settings | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
    begin: ModelVersion | None = None,
) -> Trained:
    """Train a model, or go on where a training of the same wish in the same folder was stopped or killed.

    Parameters
    ----------
    model : Trainable
        One of `livercad.recipes.models.RECIPES`.
    cases : sequence of LabelledCase
        All that have labels.
    sides : mapping of str to Side
        By case, see `livercad.learning.pool.Pool.usable`; those without one are left out.
    folder : Path
        For ``challenger.safetensors``, ``record.json``, ``index.html``, ``log.jsonl`` and what resuming needs.
    wish : Wish, optional
        What is asked for.
    settings : Settings, optional
        Of the predictor that validates; `device` says where the training computes.
    cache : Path, optional
        Folder for cases on the network's grid; ``cache`` in `folder` where not given.
    progress : Progress
        Told of every update; may raise Cancelled.
    begin : ModelVersion, optional
        The weights of `wish.start`, where these may be others by now than when the training began.

    Returns
    -------
    Trained
        The weights with the record, as they were written.

    Raises
    ------
    InputError
        If there is no case to learn from, a case cannot be used, or the folder holds another training.
    ModelError
        If weights to start from are missing.
    """
    wish, settings = wish or Wish(), settings or Settings()
    parted = model.sides(cases, sides)
    if not parted.training:
        raise _nothing_to_learn_from(model, cases)
    folder.mkdir(parents=True, exist_ok=True)
    start = begin or {"champion": champion, "base": base, "scratch": lambda name: None}[wish.start](model.name)
    whole = model.job(parted, start, folder, cache or folder / "cache", settings, wish.seed)
    whole.prepare(part(progress, 0.0, PREPARATION))
    chosen = planned(
        whole,
        replace(model.plan, seed=wish.seed),
        folder,
        settings.device,
        steps=wish.steps,
        minutes=wish.minutes,
        most=model.steps,
        validations=model.validations,
        pool=len(parted.pool),
        measures=0 if wish.start == "champion" else 1,
        progress=part(progress, PREPARATION, PREPARATION),
    )
    job, looked_at = whole, parted.pool
    if chosen.part is not None:
        looked_at = part_of_pool(parted.pool, chosen.part)
        job = model.job(replace(parted, pool=looked_at), start, folder, cache or folder / "cache", settings, wish.seed)
    outcome = train(job, chosen.plan, folder, settings.device, part(progress, PREPARATION, 0.9))
    trained = Trained(model.name, whole.tensors(outcome.network), {})
    if not is_first_process():
        return trained
    measured = outcome.best.validation
    if job is not whole:
        measured = whole.validate(outcome.network, part(progress, 0.9, 0.93))
    best = champion(model.name)
    # As it is served, and not as a validation before the first step has it: that may calibrate anew.
    reference = whole.measure(best, part(progress, 0.93, 0.97)) if parted.pool else Validation(0.0)
    record = _record(model.name, wish, start, chosen.plan, parted, outcome, measured, reference, best)
    record["validated_on"] = [case.case for case in looked_at]
    trained = replace(trained, record=record)
    write_bytes(folder / WEIGHTS, weights_file(trained))
    write_text(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    pictures = _pictures(model, whole, folder / WEIGHTS, parted, part(progress, 0.97, 1.0))
    write_text(folder / PAGE, render_training(model.task, model.name, record, folder, pictures))
    shutil.rmtree(folder / VALIDATED, ignore_errors=True)
    progress(1, 1, "trained")
    return trained


def _nothing_to_learn_from(model: Trainable, cases: Sequence[LabelledCase]) -> InputError:
    usable = sum(map(model.usable, cases))
    if usable:
        found = f"{usable} with {model.needs}, none of them on the side of training"
        todo = "Label cases of other patients; with a smaller share for validation more of these are for training."
    elif cases:
        found, todo = f"{len(cases)} labelled, none of them with {model.needs}", f"Label cases with {model.needs}."
    else:
        found = "none that has a label"
        todo = "Name the folder of their truth, or take what was submitted to a server (--labels submitted)."
    return InputError(f"the cases to train {model.task} on", found=found, expected="at least one", todo=todo)


def _pictures(model: Trainable, job: RecipeJob, weights: Path, sides: Sides, progress: Progress) -> list[Picture]:
    shown = sides.pool[:MOST_PICTURES]
    if not shown:
        return []
    found = job.found(challenger(model.name, weights), shown, progress)
    return [outline_picture(case.case, case.read_image(), truth, predicted) for case, truth, predicted in found]


def _record(
    name: str,
    wish: Wish,
    start: ModelVersion | None,
    plan: Plan,
    sides: Sides,
    outcome: Outcome,
    measured: Validation,
    reference: Validation,
    best: ModelVersion,
) -> dict[str, Any]:
    from importlib.metadata import version

    labels = {
        case.case: asdict(case.version)
        | {"side": str(side), "patient": patient_key(case.patient), "data": case.fingerprint()}
        for side, part_of in ((Side.TRAINING, sides.training), (Side.VALIDATION, sides.pool))
        for case in part_of
    }
    return {
        "model": name,
        "parent": start.number if start else UNNUMBERED,
        "start": asdict(start) | {"path": start.path.name} if start else None,
        "wish": asdict(wish),
        "plan": plan.as_dict(),
        "steps": outcome.steps,
        "seconds": round(outcome.seconds, 1),
        "ended": outcome.ended,
        "best": {"step": outcome.best.step, "score": outcome.best.validation.score},
        "history": [
            {"step": milestone.step, "score": milestone.validation.score, **milestone.validation.numbers}
            for milestone in outcome.history
        ],
        "labels": labels,
        "pool": {
            "challenger": _without_names(measured),
            "champion": _without_names(reference),
            "champion_number": best.number,
            "champion_sha256": best.sha256,
        },
        "livercad": __version__,
        "code": code_hash("livercad"),
        "packages": {package: version(package) for package in RECORDED_PACKAGES},
    }


def _without_names(validation: Validation) -> dict[str, Any]:
    """Its cases, of patients their hashes only: records go to the registry, which may be on another computer."""
    return {name: {**told, "patient": patient_key(told["patient"])} for name, told in validation.cases.items()}
