"""Features of all examples in all views, computed once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.code import code_hash
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import replacing
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.backbone import AT_ONCE, Extractor
from livercad.ultrasound.training.examples import Examples
from livercad.ultrasound.views import View

CODE = (
    "livercad.core.circle", "livercad.core.planar_roi", "livercad.core.roi", "livercad.networks.planar_features",
    "livercad.ultrasound.backbone", "livercad.ultrasound.views", __name__,
)  # fmt: skip
"""What features depend on, but for images and weights: of another version's code they are computed again."""

Array = npt.NDArray[np.float32]


def features_of(
    collection: Collection,
    examples: Examples,
    views: Sequence[View],
    extractor: Extractor,
    weights: str,
    cache: Path,
    progress: Progress = silent,
) -> list[Array]:
    """Compute features, or read those that an earlier run has kept.

    Parameters
    ----------
    collection : Collection
        With the pixels.
    examples : Examples
        Of one question.
    views : sequence of View
        What is looked at.
    extractor : Extractor
        Runs the network.
    weights : str
        Hash of its weights.
    cache : Path
        Folder.
    progress : Progress
        Told of every batch; may raise `Cancelled`: what is done is kept.

    Returns
    -------
    list of ndarray of float32, shape (examples, features)
        Of each view.
    """
    content = hashlib.sha256(f"{code_hash(*CODE)} {weights} {extractor.name}".encode())
    for row, circle in zip(examples.rows.tolist(), examples.circles, strict=True):
        image = collection.images[row].array
        content.update(f"{image.shape} {circle}".encode() + image.tobytes())
    told = []
    for number, view in enumerate(views):
        key = hashlib.sha256(f"{content.hexdigest()} {view}".encode()).hexdigest()[:16]
        path = cache / f"{examples.question}-{view.name}-{view.pixels}-{key}.npy"
        if not path.is_file():
            own = part(progress, number / len(views), (number + 1) / len(views))
            array = _computed(collection, examples, view, extractor, own)
            with replacing(path) as temporary:
                np.save(temporary, array)
        told.append(np.asarray(np.load(path), np.float32))
    return told


def _computed(
    collection: Collection, examples: Examples, view: View, extractor: Extractor, progress: Progress
) -> Array:
    count, parts = len(examples.rows), []
    for first in range(0, count, AT_ONCE):
        progress(first, count, f"looking for {examples.question}, {view.name} at {view.pixels} pixels")
        places = range(first, min(first + AT_ONCE, count))
        squares = [
            view.cut(collection.images[int(examples.rows[place])].array, examples.circles[place]) for place in places
        ]
        parts.append(extractor.features(squares))
    return np.concatenate(parts)
