"""What a comparison comes to: every number of its page."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.asked import Asked, Told, Truth
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.frozen.pathways import STRENGTH
from livercad.papers.qi2019.pooled import asked_results, image_answers
from livercad.papers.qi2019.results import AskedResult, ImageAnswers
from livercad.papers.qi2019.settings import PAPER
from livercad.papers.qi2019.steps import content_of


class Origin(NamedTuple):
    """Where features come from.

    Parameters
    ----------
    weights : str
        In words.
    sha256 : str
        Of the network's weights.
    runtime : str
        What ran it.
    """

    weights: str
    sha256: str
    runtime: str


class Results(BaseModel):
    """A whole comparison."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    disclaimer: str = DISCLAIMER
    livercad_version: str = __version__
    data: str
    is_phantom: bool
    kinds: dict[str, int] = Field(description="Images by class.")
    patients: int = Field(description="Groups of images that belong together.")
    copies: int = Field(description="Images that show what another one shows.")
    sha256: str = Field(description="Of all images with their answers.")
    weights: str
    weights_sha256: str
    runtime: str
    side: int = Field(description="Of squares, in pixels.")
    strength: float = Field(default=STRENGTH, description="Lambda of equation 4.")
    beta: float = Field(default=PAPER.beta, description="Of the F-β score.")
    seed: int
    folds: int
    second_question: SecondQuestion
    asked: dict[Asked, AskedResult]
    left_out: list[str]
    predictions: list[ImageAnswers]


def results_of(images: Data, truth: Truth, told: Told, origin: Origin, side: int, seed: int) -> Results:
    """Score all answers.

    Parameters
    ----------
    images : Data
        All images.
    truth : Truth
        What is known of them.
    told : Told
        Answers.
    origin : Origin
        Of the features.
    side : int
        Of squares, in pixels.
    seed : int
        Of the divisions.

    Returns
    -------
    Results
        Intervals of 95 % over patients.
    """
    kinds, counts = np.unique(images.kinds, return_counts=True)
    return Results(
        data=images.title,
        is_phantom=images.is_phantom,
        kinds=dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        patients=len(np.unique(truth.groups)),
        copies=images.copies,
        sha256=content_of(images),
        weights=origin.weights,
        weights_sha256=origin.sha256,
        runtime=origin.runtime,
        side=side,
        seed=seed,
        folds=len(np.unique(truth.fold)),
        second_question=images.second,
        asked=asked_results(images, truth, told, PAPER.beta),
        left_out=list(images.left_out),
        predictions=image_answers(images, truth, told),
    )
