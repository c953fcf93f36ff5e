"""Scores of cases: kept through kills, made again for other images and models, and ready for strategies at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import zscore

from learning.killing import killed_at_work
from livercad.learning.score_table import NAME, Score, ScoreTable
from livercad.learning.scores import Scores

OLD, NEW = "lesions 1", "lesions 2"
RNG = np.random.default_rng(0)


def score(uncertainty: float = 0.5, classification: float | None = 0.25, **places: np.ndarray) -> Score:
    return Score(uncertainty, classification, **places)


def same(one: Score, other: Score) -> bool:
    return one.uncertainty == other.uncertainty and one.classification == other.classification


def test_scores_are_there_after_a_restart(tmp_path: Path) -> None:
    liver = RNG.normal(size=4).astype(np.float32)
    kept = score(0.75, None, liver=liver)
    Scores(tmp_path).keep("a", "images", OLD, kept)
    again = Scores(tmp_path)
    again.learn(OLD)
    about = again.about("a")
    assert about
    found = about[0]
    assert found.score and same(found.score, kept) and found.score.lesions is None
    np.testing.assert_array_equal(found.score.liver, liver)
    assert again.missing({"a": "images", "b": "images"}, OLD) == ["b"]


def test_cases_of_which_nothing_is_known_are_missing_first(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score())
    scores.keep("c", "images", NEW, score())
    assert scores.missing(dict.fromkeys("abc", "images"), NEW) == ["b", "a"]


def test_other_images_are_scored_again_and_what_the_former_showed_is_forgotten(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score(0.1))
    scores.keep("a", "images", NEW, score(0.2))
    assert scores.missing({"a": "other images"}, NEW) == ["a"]
    scores.keep("a", "other images", NEW, score(0.3))
    for each in (scores, Scores(tmp_path)):
        assert each.missing({"a": "other images"}, OLD) == ["a"]
        each.learn(OLD)
        assert each.known(("a",)).uncertainty == pytest.approx([0.3])


def test_a_case_that_fails_is_not_tried_again_until_its_images_change(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.fail("a", "images", OLD, "no liver")
    again = Scores(tmp_path)
    assert [(row.case, row.problem) for row in again.problems()] == [("a", "no liver")]
    assert again.missing({"a": "images"}, OLD) == again.missing({"a": "images"}, NEW) == []
    assert again.missing({"a": "mended"}, NEW) == ["a"]
    again.keep("a", "mended", NEW, score())
    assert again.problems() == []


def test_a_former_champions_scores_hold_until_there_are_new_ones(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    for case, value in (("a", 0.1), ("b", 0.2)):
        scores.keep(case, "images", OLD, score(value))
    scores.keep("b", "images", NEW, score(0.9))
    scores.fail("a", "images", NEW, "out of memory")
    scores.learn(NEW)
    assert scores.known(("a", "b")).uncertainty == pytest.approx([0.1, 0.9])
    assert [about[0].models for case in "ab" if (about := scores.about(case))] == [OLD, NEW]
    assert scores.counts("abc", NEW) == {"scored": 1, "former": 0, "failed": 1, "open": 1}
    scores.learn(OLD)  # rolled back
    assert scores.known(("a", "b")).uncertainty == pytest.approx([0.1, 0.2])


def test_a_score_of_other_images_does_not_come_back_where_a_passing_failure_took_its_place(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score(0.1))
    scores.fail("a", "other images", OLD, "out of memory", is_passing=True)
    again = Scores(tmp_path)
    again.learn(OLD)
    assert again.about("a") is None and again.counts("a", OLD)["open"] == 1
    assert again.missing({"a": "other images"}, OLD) == ["a"]


def test_embeddings_of_different_models_are_not_compared(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    for number, case in enumerate("abc"):
        scores.keep(case, "images", OLD, score(liver=np.full(3, number, np.float32)))
    scores.keep("a", "images", NEW, score(liver=np.full(5, 100, np.float32)))
    scores.learn(NEW)
    known = scores.known(("a", "b", "c"))
    assert known.embeddings.shape == (3, 3)
    assert known.embeddings[0, 0] < known.embeddings[1, 0] < known.embeddings[2, 0]
    for case in "bc":
        scores.keep(case, "images", NEW, score(liver=np.full(5, 1, np.float32)))
    scores.learn(NEW)
    assert scores.known(("a", "b", "c")).embeddings.shape == (3, 5)


def test_features_are_standardised_and_liver_and_lesions_weigh_the_same(tmp_path: Path) -> None:
    livers, lesions = RNG.normal(5, 3, (20, 4)).astype(np.float32), RNG.normal(0, 1e3, (20, 16)).astype(np.float32)
    livers[:, 2] = 7  # tells nothing
    scores = Scores(tmp_path)
    names = tuple(f"case {number:02d}" for number in range(20))
    for name, liver, lesion in zip(names, livers, lesions, strict=True):
        scores.keep(name, "images", OLD, score(liver=liver, lesions=lesion))
    scores.learn(OLD)
    embeddings = scores.known(names).embeddings
    telling = [0, 1, 3]
    np.testing.assert_allclose(embeddings[:, telling], zscore(livers[:, telling], axis=0) / 2, atol=1e-4)
    np.testing.assert_allclose(embeddings[:, 4:], zscore(lesions, axis=0) / 4, atol=1e-4)
    assert not embeddings[:, 2].any()
    assert (embeddings[:, 4:] ** 2).sum() == pytest.approx(20, rel=1e-3)


def test_a_case_without_lesions_stands_among_the_others_and_one_without_a_score_nowhere(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    for case, lesions in (("a", 1.0), ("b", None), ("c", 3.0)):
        there = None if lesions is None else np.full(2, lesions, np.float32)
        scores.keep(case, "images", OLD, score(liver=np.full(2, 1, np.float32), lesions=there))
    scores.learn(OLD)
    known = scores.known(("a", "b", "c", "d"))
    assert np.isfinite(known.embeddings[:3]).all() and np.isnan(known.embeddings[3]).all()
    np.testing.assert_array_equal(known.embeddings[1, 2:], 0)
    assert (known.clusters[:3] >= 0).all() and known.clusters[3] == -1
    assert np.isnan(known.uncertainty[3]) and np.isnan(known.classification[3])


def test_nothing_is_known_before_anything_was_learnt(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score())
    assert np.isnan(scores.known(("a",)).uncertainty).all() and scores.about("a") is None


def test_the_same_question_has_the_same_answer_until_more_is_learnt(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score())
    scores.learn(OLD)
    first = scores.known(("a", "b"))
    assert scores.known(("a", "b")) is first
    assert scores.known(("a",)).cases == ("a",)
    scores.learn(OLD)
    assert scores.known(("a", "b")) is not first


def test_cases_that_are_gone_and_models_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    scores = Scores(tmp_path)
    for models in ("lesions 0", OLD, NEW):
        for case in "ab":
            scores.keep(case, "images", models, score())
    scores.tidy(["a"], NEW)
    for each in (scores, Scores(tmp_path)):
        assert each.missing({"a": "images"}, "lesions 0") == ["a"]
        assert each.missing({"a": "images"}, OLD) == each.missing({"a": "images"}, NEW) == []
        assert each.missing({"b": "images"}, NEW) == ["b"]


def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no database" * 100)
    scores = Scores(tmp_path)
    scores.keep("a", "images", OLD, score())
    assert Scores(tmp_path).missing({"a": "images"}, OLD) == []
    assert (tmp_path / f"{NAME}.damaged").exists()


def test_a_kill_loses_no_score_that_was_kept(tmp_path: Path) -> None:
    start = 0

    def work(tell: Callable[[int], None]) -> None:
        scores, number = Scores(tmp_path), start
        while True:
            scores.keep(f"case {number}", "images", OLD, score(number, lesions=np.full(64, number, np.float32)))
            tell(number)
            number += 1

    for done in killed_at_work(work):
        rows = {row.case: row.score for row in ScoreTable(tmp_path).read()}
        for number in done:
            found = rows[f"case {number}"]
            assert found and found.uncertainty == number
            np.testing.assert_array_equal(found.lesions, np.full(64, number, np.float32))
        start = max(done) + 1
