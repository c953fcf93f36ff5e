"""Classes of single images, learnt by a regression on features that are made without learning."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from livercad.code import code_hash
from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.simulation.looks import entropy, margin
from livercad.simulation.regression import Regression
from livercad.simulation.task import Description, Score, Split
from livercad.simulation.ultrasound import Images

TEST_SHARE = 0.3
COMPONENTS = 40
STRENGTH = 0.01
"""C of the regression: features are many and cases few."""


def image_description(name: str, images: Images) -> Description:
    """What is said of a folder of images."""
    counts = {kind: images.classes.count(kind) for kind in sorted(set(images.classes))}
    _, sizes = np.unique(images.groups, return_counts=True)
    doubled = int(sizes[sizes > 1].sum())
    return Description(
        name="image-classes",
        title="Classes of images",
        metric="balanced accuracy",
        data=(
            f"{len(images.cases)} {'phantom' if images.is_phantom else 'real'} images in {name}: "
            f"{', '.join(f'{n} {kind}' for kind, n in counts.items())}{images.unusable}. {doubled} of them lie in "
            f"{int((sizes > 1).sum())} groups of a case, of a patient or of possible near-duplicates, which stay on "
            "one side. Each seed draws three tenths of the groups for the test; the rest is the pool."
        ),
        learner=(
            "Some hundred images are too few to train a network anew each round: a logistic regression on oriented "
            "gradients, textures and brightness, compressed to principal components of the pool. It needs no weights "
            "and is weaker than what livercad train ultrasound makes."
        ),
        looks={
            Strategy.UNCERTAINTY: "entropy of the class probabilities",
            Strategy.CLASSIFICATION: "narrow margin between the two likeliest classes; there are no phases to disagree",
            Strategy.DIVERSITY: "distance in the principal components, which no training changes",
            Strategy.HYBRID: "uncertainty within clusters of these",
        },
        is_phantom=images.is_phantom,
        budget=max(6, len(images.cases) // 40),
    )


@dataclass(frozen=True)
class ImageTask:
    """Learn classes of images.

    Parameters
    ----------
    images : Images
        All that there are.
    description : Description
        What is said of them.
    """

    images: Images
    description: Description

    def identity(self) -> str:
        """See `Task`."""
        code = code_hash(__name__, *(f"livercad.simulation.{name}" for name in ("looks", "regression", "ultrasound")))
        digest = hashlib.sha256(repr((code, self.images.cases, self.images.classes)).encode())
        digest.update(self.images.groups.tobytes() + self.images.features.tobytes())
        return digest.hexdigest()

    def split(self, seed: int) -> Split:
        """See `Task`."""
        groups = np.unique(self.images.groups)
        test = np.random.default_rng((seed, 33)).permutation(groups)[: round(TEST_SHARE * len(groups))]
        in_test = np.isin(self.images.groups, test)
        sides = {side: tuple(np.array(self.images.cases)[in_test == side].tolist()) for side in (False, True)}
        return Split(sides[False], sides[True])

    def kinds(self) -> Mapping[str, str]:
        """See `Task`."""
        return dict(zip(self.images.cases, self.images.classes, strict=True))

    def truth(self, cases: Collection[str]) -> dict[str, str]:
        """Classes of the cases."""
        classes = self.kinds()
        return {case: classes[case] for case in cases}

    def learn(self, labels: Mapping[str, str], seed: int) -> ImageModel:
        """See `Task`."""
        places, cases = self.places(seed), sorted(labels)
        seen = [labels[case] for case in cases]
        classes = sorted(set(self.images.classes))
        return ImageModel(self, places, Regression.of(places[self.rows_of(cases)], seen, classes, STRENGTH))

    def places(self, seed: int) -> npt.NDArray[np.float64]:
        """Principal components of all images, found on the pool without its labels; each of unit spread there."""
        from sklearn.decomposition import PCA
        from sklearn.preprocessing import StandardScaler

        pool = self.rows_of(self.split(seed).pool)
        features = self.images.features.astype(np.float64)
        scaler = StandardScaler().fit(features[pool])
        scaled = scaler.transform(features)
        found = PCA(min(COMPONENTS, len(pool)), random_state=0).fit(scaled[pool])
        placed = found.transform(scaled)
        return np.asarray(placed / placed[pool].std(axis=0).max())

    def rows_of(self, cases: Sequence[str]) -> npt.NDArray[np.int64]:
        """Rows of cases."""
        return np.array([self._row[case] for case in cases], np.int64)

    @cached_property
    def _row(self) -> dict[str, int]:
        return {case: row for row, case in enumerate(self.images.cases)}


class ImageModel:
    """A fitted regression.

    Parameters
    ----------
    task : ImageTask
        Whose images.
    places : ndarray, shape (n, components)
        Of all images.
    regression : Regression
        On these.
    """

    def __init__(self, task: ImageTask, places: npt.NDArray[np.float64], regression: Regression) -> None:
        self._task, self._places, self._regression = task, places, regression

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """See `Model`."""
        probabilities = self._probabilities(cases)
        embeddings = self._places[self._task.rows_of(cases)].astype(np.float32)
        return Known(
            cases=tuple(cases),
            uncertainty=entropy(probabilities).astype(np.float32),
            classification=(1 - margin(probabilities)).astype(np.float32),
            embeddings=embeddings,
            clusters=clusters_of(embeddings, seed),
        )

    def score(self, cases: Sequence[str]) -> Score:
        """Balanced accuracy, with the sensitivity for each class."""
        said = self._probabilities(cases).argmax(axis=1)
        classes = self._regression.classes
        true = np.array([classes.index(self._task.images.classes[row]) for row in self._task.rows_of(cases)])
        return Score.balanced(said, true, classes)

    def _probabilities(self, cases: Sequence[str]) -> npt.NDArray[np.float64]:
        return self._regression.probabilities(self._places[self._task.rows_of(cases)])
