"""The whole comparison: what is seen, five folds, our own recipe beside them, results and page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from livercad.code import code_hash
from livercad.errors import ModelError
from livercad.models.convert import content_sha256
from livercad.networks.planar_features import ResNet50Features
from livercad.networks.resnet_pathways import PLACES
from livercad.papers.qi2019.answers import KNOWN, SecondQuestion
from livercad.papers.qi2019.arrays import stretched
from livercad.papers.qi2019.asked import Array, Asked, Truth, Way
from livercad.papers.qi2019.crops import CROPS, scaled, uniform_crops
from livercad.papers.qi2019.data import PHANTOMS, Data, data_of
from livercad.papers.qi2019.folds import FOLDS, truth_of
from livercad.papers.qi2019.frozen.fold import FoldAnswers, Learning, Seen, read_fold, write_fold
from livercad.papers.qi2019.frozen.page import write_page
from livercad.papers.qi2019.frozen.pathways import Pathways
from livercad.papers.qi2019.frozen.recipe import Recipe
from livercad.papers.qi2019.frozen.results import Origin, Results, results_of
from livercad.papers.qi2019.steps import content_of
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.collection import read_collection
from livercad.ultrasound.backbone import Extractor
from livercad.ultrasound.predictor import tensors_of
from livercad.ultrasound.training.sources import load_backbone
from livercad.ultrasound.views import View

SIDE = 224
"""Of squares, in pixels: what ResNet50 was trained on. The paper's networks take 299."""
CACHE = "cache"
CODE = (
    "livercad.classification.calibration", "livercad.networks.planar_features", "livercad.networks.resnet_pathways",
    "livercad.papers.qi2019.arrays", "livercad.papers.qi2019.crops", "livercad.papers.qi2019.asked",
    "livercad.papers.qi2019.frozen.fold", "livercad.papers.qi2019.frozen.looking",
    "livercad.papers.qi2019.frozen.pathways", "livercad.ultrasound.backbone", "livercad.ultrasound.head",
    "livercad.ultrasound.training.fitting", __name__,
)  # fmt: skip
"""What the answers of a fold depend on, but for images and weights."""
READING, SEEING, FOLD, REGIONS, RECIPE = 0.05, 0.15, 0.7, 0.8, 0.99
"""Where steps end, for the progress."""


def compare_views(
    data: Path,
    weights: str,
    output: Path,
    seed: int = 0,
    *,
    is_phantom: bool = False,
    device: str = "auto",
    progress: Progress = silent,
) -> Results:
    """Compare the ways to see an image, or go on where an interrupted call stopped.

    Parameters
    ----------
    data : Path
        As `livercad.studies.ultrasound.folder.find_images` takes it, with classes of `KNOWN`.
    weights : str
        Of a ResNet50, see `livercad.ultrasound.training.sources.load_backbone`.
    output : Path
        Gets ``results.json``, ``index.html``, ``figures`` and ``cache``. Folds that are done are kept.
    seed : int
        Of the divisions.
    is_phantom : bool
        Whether the images were made: said beside the numbers.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    progress : Progress
        May raise `Cancelled`.

    Returns
    -------
    Results
        Written as well.

    Raises
    ------
    InputError
        If the folder cannot be read, or its images answer not both questions.
    ModelError
        If there are no such weights, or of another network, or no such device.
    """
    kind, network, origin = load_backbone(weights)
    if not isinstance(network, ResNet50Features):
        raise ModelError(
            weights, found="weights of another network", expected="a ResNet50", todo="Name a file of its weights."
        )
    collection = read_collection(data, part(progress, 0, READING))
    images = data_of(collection, data, PHANTOMS if is_phantom else data.resolve().name, is_phantom)
    truth = truth_of(images, seed)
    sha256 = content_sha256(tensors_of(network, {}))
    # One thread: the same to the last digit on however many cores.
    with threadpool_limits(1):
        folds = _folds(images, truth, Pathways(network, device), sha256, output / CACHE, seed, progress)
        extractor = Extractor(network, device)
        used = np.flatnonzero([listed.kind in KNOWN for listed in collection.listed])
        recipe = Recipe(collection, used, truth, kind, extractor, sha256, output / CACHE, seed)
        ours = {(Asked.AMONG, Way.RECIPE): recipe.malignant(part(progress, FOLD, REGIONS))}
        if images.second is SecondQuestion.MASS:
            ours[Asked.SECOND, Way.RECIPE] = recipe.mass(part(progress, REGIONS, RECIPE))
    progress(RECIPE, 1, "writing")
    told = {key: np.full(len(truth.fold), np.nan) for key in folds[0].told}
    for fold, answers in enumerate(folds):
        for key, own in answers.told.items():
            told[key][truth.tested(fold)] = own
    told |= ours
    results = results_of(images, truth, told, Origin(origin, sha256, extractor.name), SIDE, seed)
    write_page(results, images, truth, told, folds, SIDE, output)
    write_text(output / "results.json", results.model_dump_json(indent=1))
    progress(1, 1, "done")
    return results


def _folds(
    images: Data, truth: Truth, pathways: Pathways, sha256: str, cache: Path, seed: int, progress: Progress
) -> list[FoldAnswers]:
    known = [each.tolist() for each in (truth.malignant, truth.second, truth.fold)]
    made_from = f"{code_hash(*CODE)} {sha256} {pathways.name} {content_of(images)} {SIDE} {seed} {known}"
    key = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    paths = [cache / f"fold-{number}-{key}.npz" for number in range(FOLDS)]
    learning = None
    for number, path in enumerate(paths):
        if path.is_file():
            continue
        if learning is None:
            seen = _seen(images, pathways, part(progress, READING, SEEING))
            learning = Learning(pathways, seen, truth, View(None, SIDE), seed)
        share = (FOLD - SEEING) / FOLDS
        own = part(progress, SEEING + number * share, SEEING + (number + 1) * share)
        write_fold(path, learning.fold(number, own))
    return [read_fold(path) for path in paths]


def _seen(images: Data, pathways: Pathways, progress: Progress) -> Seen:
    whole = pathways.begin([stretched(image.grey, SIDE) for image in images.images], part(progress, 0, 0.15))
    basic = [own.mean(axis=(2, 3)) for _, own in pathways.end(whole, None, progress=part(progress, 0.15, 0.2))]
    squares = [square for image in images.images for square in uniform_crops(scaled(image.grey, SIDE), SIDE)]
    begun = pathways.begin(squares, part(progress, 0.2, 0.7))
    mip = [own.mean(axis=(2, 3)) for _, own in pathways.end(begun, None, progress=part(progress, 0.7, 0.85))]
    side = begun.early.shape[-1]
    places = np.empty((len(squares), PLACES, side, side), np.float16)
    empty = np.empty((len(squares), PLACES), np.float32)
    nothing = np.zeros((side, side), np.float32)
    for rows, own in pathways.end(begun, nothing, progress=part(progress, 0.85, 1)):
        places[rows], empty[rows] = own, own.mean(axis=(2, 3))

    def of_images(features: Array) -> Array:
        return features.reshape(-1, CROPS, features.shape[-1]).mean(axis=1)

    return Seen(np.concatenate(basic), of_images(np.concatenate(mip)), of_images(empty), begun, places)
