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
    "livercad.ultrasound.backbone", "livercad.ultrasound.pooling", "livercad.ultrasound.sector",
    "livercad.ultrasound.views", __name__,
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
    paths = [cache / _name(examples, view, content.hexdigest()) for view in views]
    squares = list(dict.fromkeys((view.ratio, view.pixels) for view in views))
    for number, square in enumerate(squares):
        same = [n for n, view in enumerate(views) if (view.ratio, view.pixels) == square]
        if not all(paths[n].is_file() for n in same):
            own = part(progress, number / len(squares), (number + 1) / len(squares))
            arrays = _computed(collection, examples, [views[n] for n in same], extractor, own)
            for n, array in zip(same, arrays, strict=True):
                with replacing(paths[n]) as temporary:
                    np.save(temporary, array)
    return [np.asarray(np.load(path), np.float32) for path in paths]


def _name(examples: Examples, view: View, content: str) -> str:
    key = hashlib.sha256(f"{content} {view}".encode()).hexdigest()[:16]
    return f"{examples.question}-{view.name}-{view.pixels}-{view.pooling}-{key}.npy"


def _computed(
    collection: Collection, examples: Examples, views: Sequence[View], extractor: Extractor, progress: Progress
) -> list[Array]:
    """Features of views of the same square, each of its pooling."""
    count, parts, view = len(examples.rows), [], views[0]
    for first in range(0, count, AT_ONCE):
        progress(first, count, f"looking for {examples.question}, {view.name} at {view.pixels} pixels")
        places = range(first, min(first + AT_ONCE, count))
        own = [(collection.images[int(examples.rows[place])].array, examples.circles[place]) for place in places]
        squares = [view.cut(image, circle) for image, circle in own]
        sectors = [sector for image, circle in own if (sector := view.sector(image, circle)) is not None]
        parts.append(extractor.features(squares, sectors or None, [each.pooling for each in views]))
    return np.split(np.concatenate(parts), len(views), axis=1)
