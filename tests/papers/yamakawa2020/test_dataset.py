"""Which images are used, and who stays together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.papers.yamakawa2020.dataset import TABLE_1, read_dataset
from livercad.studies.ultrasound.rows import TABLE, Row, read_annotations, write_annotations
from tumour_discs import write_discs


def with_rows(folder: Path, more: list[Row]) -> None:
    write_annotations(folder / TABLE, [*read_annotations(folder / TABLE), *more])


def test_classes_cases_and_circles_are_those_of_the_table(discs: Path) -> None:
    dataset = read_dataset(discs)
    assert dataset.classes == ("benign", "malignant")
    assert dataset.positive == 1
    assert len(dataset.case_names) == 12 and len(dataset.images) == 18
    rows = {row.image: row for row in read_annotations(discs / TABLE)}
    for image, label, case in zip(dataset.images, dataset.labels, dataset.cases, strict=True):
        assert dataset.classes[label] == rows[image.name].kind
        assert dataset.case_names[case] == rows[image.name].case


def test_the_paper_s_types_stand_in_its_order_and_have_no_positive_one(tmp_path: Path) -> None:
    dataset = read_dataset(write_discs(tmp_path, ("metastasis", "hcc", "cyst", "hemangioma"), 2))
    assert dataset.classes == TABLE_1 == ("cyst", "hemangioma", "hcc", "metastasis")
    assert dataset.positive is None


def test_what_cannot_be_learnt_from_is_left_out_and_told(tmp_path: Path) -> None:
    write_discs(tmp_path)
    rng = np.random.default_rng(1)
    for name in ("bare", "unnamed", "mixed-a", "mixed-b", "both", "lesion", "beside"):
        Image.fromarray(rng.integers(0, 255, (96, 128), dtype=np.uint8)).save(tmp_path / f"images/{name}.png")
    circle = Circle((60, 50), 20)
    with_rows(
        tmp_path,
        [
            Row("bare", "images/bare.png", kind="normal"),
            Row("unnamed", "images/unnamed.png", circle=circle),
            Row("mixed", "images/mixed-a.png", kind="benign", circle=circle),
            Row("mixed", "images/mixed-b.png", kind="malignant", circle=circle),
            Row("mixed on one", "images/both.png", kind="benign", circle=circle),
            Row("mixed on one", "images/both.png", kind="malignant", circle=Circle((30, 30), 10)),
            Row("kept", "images/lesion.png", kind="malignant", circle=circle),
            Row("kept", "images/beside.png", kind="normal"),
        ],
    )
    dataset = read_dataset(tmp_path)
    assert len(dataset.images) == 19 and "normal" not in dataset.classes
    assert "images/lesion.png" in {image.name for image in dataset.images}, "a normal image beside it is no other class"
    told = " ".join(dataset.notes)
    assert "2 images without a lesion" in told and "1 images whose lesion has no class" in told
    assert "2 cases with lesions of several classes are left out: mixed, mixed on one" in told


def test_copies_in_two_cases_are_never_on_two_sides(tmp_path: Path) -> None:
    write_discs(tmp_path)
    rows = read_annotations(tmp_path / TABLE)
    picture = Image.open(tmp_path / rows[0].image)
    picture.point(lambda grey: min(255, grey + 12)).save(tmp_path / "images/copy.png")
    with_rows(tmp_path, [Row("another", "images/copy.png", kind=rows[0].kind, circle=rows[0].circle)])
    dataset = read_dataset(tmp_path)
    assert {rows[0].image, "images/copy.png"} in [set(names) for names in dataset.duplicates]
    pair = [n for n, image in enumerate(dataset.images) if image.name in (rows[0].image, "images/copy.png")]
    assert len(set(dataset.cases[pair])) == 2
    for seed in range(6):
        for fold in dataset.folds(3, seed):
            sides = [set(side) for side in (fold.training, fold.validation, fold.test)]
            assert sum(bool(side & set(pair)) for side in sides) == 1
            assert sorted(n for side in sides for n in side) == list(range(len(dataset.images)))
            assert not set(dataset.groups[fold.test]) & set(dataset.groups[fold.training])


def test_too_few_classes_or_cases_are_refused(tmp_path: Path) -> None:
    write_discs(tmp_path / "one", ("benign",))
    with pytest.raises(InputError, match="two classes or more"):
        read_dataset(tmp_path / "one")
    with pytest.raises(InputError, match=r"6 of benign, 6 of malignant.*study\.folds"):
        read_dataset(write_discs(tmp_path / "two")).folds(7, 0)
