from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from livercad.classification.examples import STORED_PIXELS, STORED_PLANES, TYPES, LesionExamples, load_examples
from livercad.classification.recipe import Recipe, predict, train
from livercad.core.crops import PHASES
from livercad.core.taxonomy import LesionType
from livercad.errors import Cancelled


def easy_examples(n: int = 24) -> LesionExamples:
    """Cysts that are dark and hemangiomas that are bright, with some noise."""
    rng = np.random.default_rng(0)
    types = np.where(np.arange(n) % 2, TYPES.index(LesionType.CYST), TYPES.index(LesionType.HEMANGIOMA))
    squares = rng.normal(90, 8, (n, len(PHASES), STORED_PLANES, STORED_PIXELS, STORED_PIXELS))
    middle = slice(STORED_PIXELS // 2 - 12, STORED_PIXELS // 2 + 12)
    squares[..., middle, middle] += np.where(np.arange(n) % 2, -80, 80)[:, None, None, None, None]
    return LesionExamples(squares.astype(np.int16), types, np.arange(n), np.full(n, 20.0))


def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    examples, recipe = easy_examples(8), Recipe(steps=6, batch=4, checkpoint_every=2)
    whole = train(examples, recipe, tmp_path / "whole.pt")

    def stop(done: float, total: float, what: str) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(examples, recipe, tmp_path / "parts.pt", progress=stop)
    steps: list[float] = []
    resumed = train(examples, recipe, tmp_path / "parts.pt", progress=lambda done, *_: steps.append(done))
    assert steps == [3, 4, 5, 6]
    for one, other in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_checkpoint_of_another_recipe_is_not_gone_on_with(tmp_path: Path) -> None:
    examples = easy_examples(8)
    train(examples, Recipe(steps=1, batch=4), tmp_path / "one.pt")
    steps: list[float] = []
    train(examples, Recipe(steps=2, batch=4), tmp_path / "one.pt", progress=lambda done, *_: steps.append(done))
    assert steps == [1, 2]


def test_what_is_easy_is_learnt_and_from_any_phase(tmp_path: Path) -> None:
    examples = easy_examples()
    network = train(examples, Recipe(steps=25, batch=8, learning_rate=3e-3), tmp_path / "easy.pt")
    alone = [np.arange(len(PHASES)) == phase for phase in range(len(PHASES))]
    for logits, _ in predict(network, examples.squares, alone):
        dark = examples.types == TYPES.index(LesionType.CYST)
        assert ((logits[:, 0] > logits[:, 1]) == dark).mean() > 0.9


def test_examples_are_made_once_and_patients_share_nothing(tmp_path: Path) -> None:
    made = load_examples(tmp_path, 1, 1)
    times = [path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")]
    again = load_examples(tmp_path, 1, 2, workers=1)
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.npz"))][:1] == times
    count = len(made.types)
    assert np.array_equal(again.squares[:count], made.squares)
    assert set(again.patients[count:]) == {1} and not np.array_equal(again.squares[-1], made.squares[0])
