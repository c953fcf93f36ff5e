"""The detector `rescored`: candidates of two networks, scored by what all phases show of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors.numpy import load_file

from livercad.core.findings import ModelUsed
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors.candidates import OVERLAP, Candidate, as_list, without_overlap
from livercad.detectors.features import FEATURES, features_of, visible_phases
from livercad.detectors.scene import Mask, Scene
from livercad.detectors.scorer import CandidateScorer
from livercad.detectors.voxels import VoxelNetwork, cut_out
from livercad.models.champions import champion
from livercad.progress import Progress, silent
from livercad.settings import Settings

NAME = "lesion-detector-phantom"
BELIEF = 0.45
"""What the lesion network's score counts where the trees see no lesion: it alone never reaches the default minimum
score of 0.5, and is kept where a lower one is asked for. Our choice."""
DOUBT = 2.0
"""Log-odds taken off a candidate that the lesion network, which has learnt from patients, does not propose: livers of
patients have what those of phantoms lack, such as fat beside the falciform ligament. Our choice."""
PREFERRED = 0.9
"""Share of a candidate's own score from which the lesion network's outline of the same lesion is taken. Our choice."""
LARGEST_MM = 70.0
"""Diameter from which the lesion network is believed: phantoms have too few such lesions for the trees to know them."""
DIAMETER = FEATURES.index("diameter")


class Rescorer:
    """Looks at a study's lesions in all phases: drops those that are none, and adds those that were missed.

    Parameters
    ----------
    settings : Settings
        `minimum_score` and `minimum_volume_ml`.

    Raises
    ------
    ModelError
        If the shipped weights are missing or damaged.
    """

    def __init__(self, settings: Settings) -> None:
        weights = champion(NAME)
        tensors = load_file(weights.path)
        self._settings = settings
        self._voxels = VoxelNetwork.from_tensors(tensors)
        self._scorer = CandidateScorer.from_tensors(tensors)
        self.model: ModelUsed = weights.used("numpy")

    def __call__(
        self, images: Mapping[Phase, Volume], liver: Volume, found: Matched, progress: Progress = silent
    ) -> Matched:
        """Score the lesions of a study, and those that were missed.

        Parameters
        ----------
        images : mapping of Phase to Volume
            Every phase in HU on the reference's grid.
        liver : Volume
            Its mask there, not empty.
        found : Matched
            What the lesion network found in all phases, on that grid.
        progress : Progress
            Told of the steps.

        Returns
        -------
        Matched
            The lesions whose score reaches `minimum_score`.
        """
        progress(0, 1, "scoring lesions")
        scene = Scene.of(images, liver)
        candidates = score_candidates(scene, self._voxels, self._scorer, bring_found(scene, found), found)
        listed = as_list(candidates, scene, found.instances, self._settings)
        progress(1, 1, "scoring lesions")
        return listed


def bring_found(scene: Scene, found: Matched) -> dict[int, Mask]:
    """The lesions of a list on a scene's grid, by number; what lies outside the scene is left out."""
    near = found.instances.array[scene.block]
    brought = {number: scene.bring(near == number) for number in found.scores if (near == number).any()}
    return {number: region for number, region in brought.items() if region.any()}


def score_candidates(
    scene: Scene, voxels: VoxelNetwork, scorer: CandidateScorer, brought: Mapping[int, Mask], found: Matched
) -> list[Candidate]:
    """Score everything in a scene that may be a lesion.

    Parameters
    ----------
    scene : Scene
        Of the study.
    voxels : VoxelNetwork
        Proposes.
    scorer : CandidateScorer
        Judges.
    brought : mapping of int to ndarray of bool
        What the lesion network found, on the scene's grid, by number.
    found : Matched
        The same with its scores.

    Returns
    -------
    list of Candidate
        Surest first, without overlap.
    """
    probability = voxels.probability(scene)
    numbers = [*brought, *[0] * len(own := cut_out(probability))]
    regions = [*brought.values(), *own]
    if not regions:
        return []
    features = np.stack([features_of(scene, probability, region) for region in regions])
    scores = scorer.probabilities(features)
    proposed = np.any(list(brought.values()), axis=0) if brought else np.zeros(scene.searched.shape, bool)
    candidates = []
    for number, region, row, score in zip(numbers, regions, features, scores, strict=True):
        if not number:
            agreed = (region & proposed).sum() >= OVERLAP * region.sum()
            sure = score if agreed else _doubted(score)
            candidates.append(Candidate(region, float(sure), visible_phases(scene, row)))
            continue
        told = found.scores[number]
        sure = max(told, score) if row[DIAMETER] >= LARGEST_MM else 1 - (1 - score) * (1 - BELIEF * told)
        candidates.append(Candidate(region, float(sure), found.visible_in[number], number))
    return without_overlap(candidates, PREFERRED)


def _doubted(score: float) -> float:
    """A probability with `DOUBT` taken off."""
    odds = float(np.clip(score, 1e-9, 1 - 1e-9))
    return 1 / (1 + (1 - odds) / odds * float(np.exp(DOUBT)))
