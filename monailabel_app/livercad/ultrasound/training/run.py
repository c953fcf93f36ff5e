"""The whole training: features, cross-validation, the model from all images, the page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from livercad import __version__
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, MALIGNANT, Question
from livercad.errors import InputError
from livercad.models.convert import content_sha256
from livercad.models.shipping import Trained, write_trained
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.collection import Collection, read_collection
from livercad.studies.ultrasound.phantoms import is_phantom
from livercad.ultrasound.backbone import Backbone, Extractor
from livercad.ultrasound.head import Head
from livercad.ultrasound.load import NAME
from livercad.ultrasound.pooling import WHOLE
from livercad.ultrasound.predictor import MODEL, HeadDescription, ModelDescription, tensors_of
from livercad.ultrasound.questions import questions_of
from livercad.ultrasound.training.examples import Examples, examples_of
from livercad.ultrasound.training.features import Array, features_of
from livercad.ultrasound.training.fitting import FEWEST, divided, fit_likeliest
from livercad.ultrasound.training.page import write_page
from livercad.ultrasound.training.results import Choice, Prediction, QuestionResult, Results, question_result
from livercad.ultrasound.training.sources import BackboneSource, load_backbone
from livercad.ultrasound.views import View

FOLDS = 5
RESULTS, PAGE, MODEL_FOLDER, CACHE = "results.json", "index.html", "model", "cache"
RATIOS = (0.4, 0.6, 1.0)
"""D/L. Yamakawa 2020 finds the best between .4 and .8 and proposes several together; 1 shows the lesion alone."""
REGION_PIXELS = {Backbone.GREY: 64}
WHOLE_PIXELS = {Backbone.GREY: (160,)}
"""Of the small network: what it was trained on."""
IMAGENET_REGION, IMAGENET_WHOLE = 160, (224, 384)
"""160 pixels are as many as most such regions of AUL and BUSI have; whole images are seen coarsely, and finely enough
for small lesions. Our choice."""
SHARES = (0.05, 0.98)
"""Where reading and learning end, for the progress bar."""

Logits = npt.NDArray[np.float64]


class TrainedModel(NamedTuple):
    """What a training gives.

    Parameters
    ----------
    path : Path
        Of the model's file.
    trained : Trained
        Its content.
    results : Results
        Its numbers.
    """

    path: Path
    trained: Trained
    results: Results


def train_ultrasound(
    data: Path,
    output: Path,
    weights: str = BackboneSource.PHANTOM,
    *,
    seed: int = 0,
    folds: int = FOLDS,
    device: str = "auto",
    name: str = NAME,
    progress: Progress = silent,
) -> TrainedModel:
    """Train the default model on a folder of images; what an earlier call has computed is kept.

    Parameters
    ----------
    data : Path
        See `livercad.studies.ultrasound.folder.find_images`.
    output : Path
        Gets ``model``, ``results.json``, ``index.html`` and ``cache``.
    weights : str
        Of the backbone, see `livercad.ultrasound.training.sources.load_backbone`.
    seed : int
        Of the divisions.
    folds : int
        Of the cross-validation, over groups of patients; each class needs as many of these, and `FEWEST` at least.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    name : str
        Of the model.
    progress : Progress
        May raise `Cancelled`: the next call goes on.

    Returns
    -------
    TrainedModel
        Written as well.

    Raises
    ------
    InputError
        If the folder cannot be read, or has nothing to be learnt.
    ModelError
        If there are no such weights, or no such device.
    """
    backbone, network, origin = load_backbone(weights)
    collection = read_collection(data, part(progress, 0, SHARES[0]))
    collection.check_patients(data)
    asked, notes = examples_of(collection, max(folds, FEWEST))
    if not asked:
        raise InputError(
            data,
            found=("; ".join(notes) or "nothing marked and no classes") + collection.unusable,
            expected="images with a mass and without, or lesions of two classes, of enough patients",
            todo="Mend the table (docs/ultrasound.md)" + (", or lower --folds." if folds > FEWEST else "."),
        )
    backbone_sha256 = content_sha256(tensors_of(network, {}))
    extractor = Extractor(network, device)
    heads: dict[Question, Head] = {}
    told: list[QuestionResult] = []
    for number, examples in enumerate(asked):
        views = views_of(backbone, examples.question)
        own = part(part(progress, *SHARES), number / len(asked), (number + 1) / len(asked))
        features = features_of(collection, examples, views, extractor, backbone_sha256, output / CACHE, own)
        # One thread: the same to the last digit on however many cores.
        with threadpool_limits(1):
            results, head = _learn(collection, examples, features, views, folds, seed)
        scored = {each.question for each in told}
        told += [each for each in results if each.question not in scored]
        heads[examples.question] = head
    progress(SHARES[1], 1, "writing")
    results_of = Results(
        livercad_version=__version__,
        data=data.resolve().name,
        is_phantom=is_phantom(data),
        images=len(collection.listed),
        data_sha256=_content(collection),
        groups=len(set(collection.grouping.groups)),
        copies=collection.grouping.copies,
        backbone=backbone,
        weights=origin,
        weights_sha256=backbone_sha256,
        runtime=extractor.name,
        seed=seed,
        folds=folds,
        questions=told,
        notes=[*notes, *(f"{problem.case}: {problem.reason}" for problem in collection.problems)],
    )
    tensors = tensors_of(network, heads)
    people = "digital phantoms" if results_of.is_phantom else "patients"
    description = ModelDescription(
        name=name,
        title=f"Ultrasound model trained on {results_of.data}",
        trained_on=f"{results_of.images} images of {results_of.groups} {people} of “{results_of.data}”; {origin}",
        learnt_from_phantoms=results_of.is_phantom,
        images_sha256=_files_of(asked, collection),
        backbone=backbone,
        heads={
            question: HeadDescription(classes=head.classes, views=head.views, temperature=head.temperature)
            for question, head in heads.items()
        },
        weights_sha256=content_sha256(tensors),
    )
    record = {
        MODEL: description.model_dump(mode="json"),
        "training": results_of.model_dump(mode="json", exclude={"questions": {"__all__": {"predictions"}}}),
    }
    trained = Trained(name, tensors, record)
    path = write_trained(trained, output / MODEL_FOLDER)
    write_page(results_of, collection, output)
    write_text(output / RESULTS, results_of.model_dump_json(indent=1))
    progress(1, 1, "done")
    return TrainedModel(path, trained, results_of)


def views_of(backbone: Backbone, question: Question) -> tuple[View, ...]:
    """What a model of a backbone looks at for a question."""
    if question is Question.MASS:
        sides = WHOLE_PIXELS.get(backbone, IMAGENET_WHOLE)
        return tuple(View(None, pixels, pooling) for pooling in WHOLE for pixels in sides)
    return tuple(View(ratio, REGION_PIXELS.get(backbone, IMAGENET_REGION)) for ratio in RATIOS)


def _learn(
    collection: Collection, examples: Examples, features: list[Array], views: tuple[View, ...], folds: int, seed: int
) -> tuple[list[QuestionResult], Head]:
    """Cross-validate, and learn from all."""
    labels, groups, classes = examples.labels, examples.groups, examples.classes
    told, fold_of = np.zeros((len(labels), len(classes))), np.zeros(len(labels), np.int64)
    choices = []
    for fold, (training, test) in enumerate(divided(labels, groups, folds, seed), start=1):
        own = [each[training] for each in features]
        fitted = fit_likeliest(own, labels[training], groups[training], classes, views, seed)
        told[test] = fitted.head.probabilities([features[views.index(view)][test] for view in fitted.head.views])
        fold_of[test] = fold
        choices.append(Choice(strength=fitted.strength, pooling=fitted.head.views[0].pooling))
    results = [_scored(collection, examples, examples.question, classes, labels, told, fold_of, tuple(choices))]
    if examples.question is Question.TYPE and Question.MALIGNANT in questions_of(classes):
        bad = np.array([IS_MALIGNANT[name] for name in classes])
        two = np.stack([told[:, ~bad].sum(axis=1), told[:, bad].sum(axis=1)], axis=1)
        results.append(
            _scored(
                collection, examples, Question.MALIGNANT, (BENIGN, MALIGNANT), bad[labels].astype(np.int64), two,
                fold_of, tuple(choices),
            )
        )  # fmt: skip
    return results, fit_likeliest(features, labels, groups, classes, views, seed).head


def _scored(
    collection: Collection,
    examples: Examples,
    question: Question,
    classes: tuple[str, ...],
    labels: npt.NDArray[np.int64],
    told: Logits,
    folds: npt.NDArray[np.int64],
    choices: Sequence[Choice],
) -> QuestionResult:
    predictions = [
        Prediction(
            image=collection.listed[int(row)].name,
            center=circle.center if circle else None,
            diameter=circle.diameter if circle else None,
            fold=int(fold),
            truth=classes[label],
            probabilities={name: round(float(p), 6) for name, p in zip(classes, own, strict=True)},
        )
        for row, circle, fold, label, own in zip(
            examples.rows, examples.circles, folds, labels.tolist(), told, strict=True
        )
    ]
    return question_result(question, classes, labels, examples.groups, told, tuple(choices), predictions)


def _files_of(asked: Sequence[Examples], collection: Collection) -> tuple[str, ...]:
    """SHA-256 of the files that are learnt from."""
    rows = {row for examples in asked for row in examples.rows.tolist()}
    return tuple(sorted({collection.images[row].sha256 for row in rows}))


def _content(collection: Collection) -> str:
    content = hashlib.sha256()
    for listed, image, group in zip(collection.listed, collection.images, collection.grouping.groups, strict=True):
        content.update(f"{listed.name} {listed.kind} {listed.lesions} {group} {image.shape}".encode())
        content.update(image.array.tobytes())
    return content.hexdigest()
