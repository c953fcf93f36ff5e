"""One fold: every way learns from its training patients, and answers for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from livercad.papers.qi2019.asked import Array, Asked, Index, Truth, Way
from livercad.papers.qi2019.frozen.looking import looked
from livercad.papers.qi2019.frozen.pathways import STRENGTH, Begun, Half, Pathways
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import replacing
from livercad.ultrasound.head import Head
from livercad.ultrasound.training.fitting import fit
from livercad.ultrasound.views import View

Told = dict[tuple[Asked, Way], npt.NDArray[np.float64]]
"""Probability of yes of each image that a fold tests."""


class Seen(NamedTuple):
    """What the ways see, but for the maps, which differ from fold to fold.

    Parameters
    ----------
    basic, mip, empty : ndarray of float32, shape (images, features)
        Of stretched images; of five squares, their mean; of these with an empty map in the second pathway.
    begun : Begun
        Of all squares, those of one image after those of another.
    places : ndarray of float16, shape (squares, features, rows, columns)
        With an empty map.
    """

    basic: Array
    mip: Array
    empty: Array
    begun: Begun
    places: Half


class FoldAnswers(NamedTuple):
    """Of the images that a fold tests.

    Parameters
    ----------
    told : Told
        Their answers.
    mt, sn : ndarray of float32, shape (n, squares, rows, columns)
        Where Mt-Net and Sn-Net look.
    """

    told: Told
    mt: Array
    sn: Array


@dataclass(frozen=True)
class Learning:
    """What every fold needs.

    Parameters
    ----------
    pathways : Pathways
        The network.
    seen : Seen
        Of all images.
    truth : Truth
        Likewise.
    view : View
        What answers are told that they see.
    seed : int
        Of the divisions by which the strength of the penalty is chosen.
    strength : float
        Lambda of equation 4.
    """

    pathways: Pathways
    seen: Seen
    truth: Truth
    view: View
    seed: int
    strength: float = STRENGTH

    def fold(self, fold: int, progress: Progress = silent) -> FoldAnswers:
        """Learn and answer.

        One round of Algorithm 1: Mt-Net without a map, Sn-Net with Mt-Net's, Mt-Net with and without Sn-Net's.

        Parameters
        ----------
        fold : int
            Which.
        progress : Progress
            Told of every batch.

        Returns
        -------
        FoldAnswers
            Nothing in it has been learnt from the images that are tested.
        """
        seen, tested = self.seen, self.truth.tested(fold)
        told: Told = {}
        for asked in Asked:
            for way, features in ((Way.BASIC, seen.basic), (Way.MIP, seen.mip)):
                told[asked, way] = _yes(self._learn(asked, fold, [features]), features[tested])
        mt = self._learn(Asked.ANY, fold, [seen.empty])
        of_sn, where_sn, sn = self._shown(Asked.SECOND, fold, looked(mt, seen.places), part(progress, 0, 0.5))
        told[Asked.SECOND, Way.REM] = _yes(sn, of_sn[tested])
        told[Asked.SECOND, Way.REM_OFF] = _yes(sn, seen.empty[tested])
        of_mt, where_mt, mt = self._shown(Asked.ANY, fold, where_sn, part(progress, 0.5, 1))
        for asked, head in ((Asked.ANY, mt), (Asked.AMONG, self._learn(Asked.AMONG, fold, [seen.empty, of_mt]))):
            told[asked, Way.REM] = _yes(head, of_mt[tested])
            told[asked, Way.REM_OFF] = _yes(head, seen.empty[tested])
        return FoldAnswers(told, self._of_images(where_mt)[tested], self._of_images(where_sn)[tested])

    def _shown(self, asked: Asked, fold: int, shown: Array, progress: Progress) -> tuple[Array, Array, Head]:
        """Features of images with maps, what looks like Mt-Net or Sn-Net looks at then, and its answers."""
        places = np.empty_like(self.seen.places)
        features = np.empty(places.shape[:2], np.float32)
        for rows, own in self.pathways.end(self.seen.begun, shown, self.strength, progress):
            places[rows], features[rows] = own, own.mean(axis=(2, 3))
        of_images = self._of_images(features).mean(axis=1)
        # Algorithm 1 teaches Mt-Net without a map in every other step (line 5), Sn-Net never.
        sets = [of_images] if asked is Asked.SECOND else [self.seen.empty, of_images]
        head = self._learn(asked, fold, sets)
        return of_images, looked(head, places), head

    def _of_images(self, squares: Array) -> Array:
        """Arrays of squares by image, shape (images, squares, …)."""
        return squares.reshape(len(self.truth.fold), -1, *squares.shape[1:])

    def _learn(self, asked: Asked, fold: int, sets: Sequence[Array]) -> Head:
        """Linear answers learnt from an image's features, or from several kinds of them."""
        rows: Index = self.truth.learnt(asked, fold)
        features = np.concatenate([each[rows] for each in sets])
        labels = np.tile(self.truth.answers(asked)[rows], len(sets))
        groups = np.tile(self.truth.groups[rows], len(sets))
        return fit([features], labels, groups, ("no", "yes"), (self.view,), self.seed).head


def _yes(head: Head, features: Array) -> npt.NDArray[np.float64]:
    return head.probabilities([features])[:, 1]


def write_fold(path: Path, answers: FoldAnswers) -> None:
    """Keep the answers of a fold in an .npz file."""
    told = {f"{asked.name} {way.name}": own for (asked, way), own in answers.told.items()}
    with replacing(path) as temporary:
        np.savez(temporary, mt=answers.mt, sn=answers.sn, **told)


def read_fold(path: Path) -> FoldAnswers:
    """Read what `write_fold` has kept."""
    with np.load(path) as kept:
        arrays = {name: kept[name] for name in kept.files}
    mt, sn = arrays.pop("mt"), arrays.pop("sn")
    told = {(Asked[name.split()[0]], Way[name.split()[1]]): own for name, own in arrays.items()}
    return FoldAnswers(told, mt, sn)
