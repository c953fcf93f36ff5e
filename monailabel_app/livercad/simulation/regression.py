"""Class probabilities of a logistic regression on features that no training changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression


@dataclass(frozen=True)
class Regression:
    """A fitted regression.

    Parameters
    ----------
    fitted : LogisticRegression or str
        Or the only class that has been seen.
    classes : tuple of str
        All that there are, also those that have not been seen.
    """

    fitted: LogisticRegression | str
    classes: tuple[str, ...]

    @classmethod
    def of(
        cls, features: npt.NDArray[np.floating], seen: Sequence[str], classes: Sequence[str], strength: float
    ) -> Regression:
        """Fit one, each class with the same weight.

        Parameters
        ----------
        features : ndarray, shape (n, features)
            Of what is labelled.
        seen : sequence of str
            Its classes.
        classes : sequence of str
            All that there are.
        strength : float
            C of scikit-learn: the larger, the less the weights are held back.
        """
        from sklearn.linear_model import LogisticRegression

        if len(set(seen)) == 1:
            return cls(seen[0], tuple(classes))
        fitted = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(features, list(seen))
        return cls(fitted, tuple(classes))

    def probabilities(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Probabilities of `classes`, shape (n, classes); 0 for those that have not been seen."""
        whole = np.zeros((len(features), len(self.classes)))
        if isinstance(self.fitted, str):
            whole[:, self.classes.index(self.fitted)] = 1
            return whole
        whole[:, [self.classes.index(kind) for kind in self.fitted.classes_]] = self.fitted.predict_proba(features)
        return whole
