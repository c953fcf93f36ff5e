from __future__ import annotations

import numpy as np
import pytest

from livercad.core.taxonomy import YasakaCategory
from livercad.papers.yasaka2018.datasets import scanners_of
from livercad.papers.yasaka2018.image_sets import ImageSet
from livercad.papers.yasaka2018.settings import Model
from livercad.papers.yasaka2018.sources import Part
from livercad.papers.yasaka2018.summary import compare_models, misdiagnoses, model_result, spread
from livercad.papers.yasaka2018.tables import accuracy_table, p_text, row_title
from livercad.papers.yasaka2018.training import LearningCurve, Training


def image_set(category: str, hypervascular: bool | None = None, scanner: str = "") -> ImageSet:
    return ImageSet(
        patient="p", part=Part.TEST, lesion=1, position=1, category=YasakaCategory(category),
        hypervascular=hypervascular, kind="", scanner=scanner, diameter_mm=20, ratio=0.5, files={}, sha256="",
    )  # fmt: skip


def training(diagnoses: str, model: Model = Model.TRIPHASIC, run: int = 1) -> Training:
    answers = np.full((len(diagnoses), 5), 0.1)
    answers[np.arange(len(diagnoses)), ["ABCDE".index(letter) for letter in diagnoses]] = 0.6
    return Training(
        key="", model=model, run=run, seed=0, parameters=1, seconds=1.0, training_accuracy=0.9,
        curve=LearningCurve(image_sets=[1], loss=[1.0], accuracy=[0.5]), test_probabilities=answers.tolist(),
    )  # fmt: skip


TEST = [
    image_set(letter, hyper) for letter, hyper in zip("AABCCDE", (None,) * 3 + (True, False, None, None), strict=True)
]


def test_sensitivity_has_its_numerator_and_splits_category_c() -> None:
    result = model_result([training("AABCCDE"), training("ACBCADE"), training("CCCCCDE")], TEST)
    row = result.rows["A"]
    assert (row.hits, row.n, row.sensitivity.values) == (1, 2, [1.0, 0.5, 0.0])
    assert (row.sensitivity.median, row.sensitivity.low, row.sensitivity.high) == (0.5, 0.0, 1.0)
    assert result.rows["C hypervascular"].sensitivity.values == [1, 1, 1]
    assert result.rows["C hypovascular"].sensitivity.values == [1, 0, 1]
    assert result.rows["A"].specificity.values == pytest.approx([1, 4 / 5, 1])
    assert result.rows["C"].accuracy.values == pytest.approx([1, 5 / 7, 4 / 7])
    assert result.test_accuracy.values == pytest.approx([1, 5 / 7, 4 / 7])
    assert result.median_run == 2
    assert result.confusions[1][0] == [1, 0, 1, 0, 0]
    assert result.hypo_diagnoses[1] == [1, 0, 0, 0, 0]


def test_the_curve_scores_diagnoses_by_relevance() -> None:
    """By hand: malignant scores 4, 3, 4 against 3, 4, 2, 1: pairs in order (3.5 + 2.5 + 3.5) of 12."""
    result = model_result([training("ACBCADE")], TEST)
    assert result.auc.median == pytest.approx(9.5 / 12)
    assert result.roc.false_positive_rate == pytest.approx([0, 1 / 4, 2 / 4, 3 / 4, 1])


def test_the_run_with_the_median_area_is_drawn() -> None:
    result = model_result([training("AABCCDE"), training("ACBCADE"), training("EEEAAAA")], TEST)
    assert result.auc.values == pytest.approx([1, 9.5 / 12, 0])
    assert result.roc.run == 2


def test_models_are_compared_with_the_triphasic_one() -> None:
    worse = {Model.ART_DEL: "AABCCDE", Model.UNENHANCED: "CCCCCCC", Model.ARTERIAL: "DDDDDDD", Model.DELAYED: "EEEEEEE"}
    trainings = {model: [training(worse.get(model, "AABCCDE"), model, run) for run in range(1, 6)] for model in Model}
    p, models = compare_models(trainings, TEST)
    assert p < 0.001
    assert models[Model.TRIPHASIC].steel_p is None
    assert models[Model.ART_DEL].steel_p == pytest.approx(1)
    assert models[Model.DELAYED].steel_p < 0.03
    assert models[Model.DELAYED].steel_statistic < 0


def test_scanners_are_compared_only_where_all_are_told() -> None:
    told = [image_set(letter, scanner=scanner) for letter, scanner in ("AX", "AX", "BY", "CY", "DX", "EY")]
    scanners = scanners_of(told)
    assert scanners.names == ["X", "Y"]
    assert scanners.counts[YasakaCategory.A] == [2, 0]
    assert scanners_of([*told, image_set("A")]) is None


def test_misdiagnoses_of_the_paper_are_counted_in_the_models_that_it_names() -> None:
    """Two lesions of A, one hyper- and one hypovascular of C: in training 2 each is taken for the other category."""
    missed = ["AABCCDE", "CCBAADE", "CABCADE"]
    models = {
        model: model_result([training(each, model, run) for run, each in enumerate(missed, 1)], TEST) for model in Model
    }
    found = {(each.model.value, each.row, each.diagnosis.value): each for each in misdiagnoses(models)}
    assert list(found) == [
        ("arterial", "A", "C"), ("arterial", "C hypervascular", "A"),
        ("delayed", "A", "C"), ("delayed", "C hypovascular", "A"),
    ]  # fmt: skip
    assert found["arterial", "A", "C"].ratio.values == [0, 1, 0.5]
    assert (found["arterial", "A", "C"].hits, found["arterial", "A", "C"].n) == (1, 2)
    assert found["arterial", "C hypervascular", "A"].ratio.values == [0, 1, 0]
    assert found["delayed", "C hypovascular", "A"].ratio.values == [0, 1, 1]
    assert found["delayed", "C hypovascular", "A"].hits == 1


def test_medians_are_values_that_occurred() -> None:
    assert spread([0.2, 0.9, 0.4, 0.5]).median == 0.4
    assert spread([0.2, 0.9, 0.4]).median == 0.4


def test_p_values_are_printed_as_in_the_paper() -> None:
    assert [p_text(p) for p in (0.0004, 0.0317, 0.384, 1.0, None)] == ["<.001", ".032", ".384", "1.000", "–"]
    assert [row_title(row) for row in ("A", "C hypovascular")] == ["Category A", "Hypovascular lesions"]


def test_table_2_stands_beside_the_paper_s(reproduction) -> None:
    rows = dict(accuracy_table(reproduction[1]))
    assert [cell.paper for cell in rows["Test data"]] == [
        "0.84 (0.82–0.90)", "0.81 (0.75–0.86)", "0.48 (0.39–0.60)", "0.66 (0.63–0.70)", "0.71 (0.67–0.74)",
    ]  # fmt: skip
    assert [cell.paper for cell in rows["P value (Steel)"]] == ["–", ".384", ".031*", ".031*", ".030*"]
