"""The whole study, small: what it leaves, what it keeps, what its page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from html_page import Page
from livercad.errors import InputError, ModelError
from livercad.papers.qi2019 import published
from livercad.papers.qi2019 import steps as steps_module
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.data import folder_data
from livercad.papers.qi2019.figures import FIGURES
from livercad.papers.qi2019.frozen import compare
from livercad.papers.qi2019.frozen.results import Results as Compared
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.outcomes import apart
from livercad.papers.qi2019.reproduce import reproduce
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.settings import HanSettings, Settings
from livercad.papers.qi2019.splits import Side, Split
from livercad.papers.sheets import CELL, GAP
from random_backbone import random_backbone
from ultrasound_files import sector

Study = tuple[Path, Results]


def test_a_study_leaves_page_numbers_figures_and_pictures(qi_study: Study) -> None:
    output, results = qi_study
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    for name in FIGURES:
        assert (output / "figures" / f"{name}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
    for name in (*FIGURES, "looked_malignant", "looked_solid", "pathways", "crops"):
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    with Image.open(output / "figures" / "crops.png") as picture:
        assert picture.width == (1 + results.settings.crops) * (CELL + GAP) - GAP, "stretched, and the squares as set"
    html = (output / "index.html").read_text(encoding="utf-8")
    assert "Research software" in html
    assert not re.search(r'(?:src|href)="(?:https?:|/)', html)
    text = Page(html).text
    for rows in published.TABLES.values():
        for numbers in rows.values():
            assert f"{numbers.f_beta:.3f}" in text and f"{100 * numbers.sensitivity:.2f}" in text
    for name, value, reason in results.settings.choices():
        if name.startswith("phantoms."):
            continue
        assert reason[:30] in text and value in text
    assert all(" ".join(row) in text for row in results.deviations) and len(results.deviations) > 5


def test_every_method_answers_both_questions_on_validation_and_test_of_both_splits(qi_study: Study) -> None:
    _, results = qi_study
    for split in results.splits.values():
        assert sum(side.images for side in split.sides.values()) == 36
        for question in Question:
            assert list(split.criteria[question]) == list(Method)
            for sides in split.criteria[question].values():
                for side in (Side.VALIDATION, Side.TEST):
                    own, counts = sides[side], split.sides[side]
                    confusion = own.confusion
                    assert confusion.tp + confusion.fn == counts.positive[question]
                    assert confusion.tp + confusion.fn + confusion.fp + confusion.tn == counts.images
                    assert own.accuracy.value == pytest.approx((confusion.tp + confusion.tn) / counts.images)
                    # The drawn curve's area is that of the table.
                    heights = np.array(own.true_positive_rate)
                    area = np.diff(own.false_positive_rate) @ ((heights[1:] + heights[:-1]) / 2)
                    assert area == pytest.approx(own.auc.value, abs=1e-3)
        assert [training.method for training in split.trainings].count(Method.REM) == 1
        assert len(split.trainings) == 9


def test_the_split_by_image_shares_patients_and_the_split_by_patient_does_not(qi_study: Study) -> None:
    _, results = qi_study
    assert results.splits[Split.IMAGE].shared > 0.4
    assert results.splits[Split.PATIENT].shared == 0
    for leak in results.leaks:
        assert leak.difference.value == pytest.approx(leak.by_image.value - leak.by_patient.value)
        for split, told in ((Split.IMAGE, leak.by_image), (Split.PATIENT, leak.by_patient)):
            own = results.splits[split].criteria[leak.question][Method.REM][Side.TEST]
            assert getattr(own, leak.measure) == told, "one number has one interval"


def test_mass_or_not_is_asked_where_cysts_are_not_named(qi_study: Study) -> None:
    output, results = qi_study
    assert results.second_question is SecondQuestion.MASS
    assert "mass or not; the paper asks for solid nodules" in Page((output / "index.html").read_text("utf-8")).text


def test_a_second_call_keeps_all_trainings_and_a_changed_setting_only_its_own(
    qi_study: Study, qi_settings: Settings, breast_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Path(shutil.copytree(qi_study[0], tmp_path / "out"))
    done: list[str] = []
    train = steps_module.run_training

    def noted(job) -> None:
        done.append(job.folder.name)
        train(job)

    monkeypatch.setattr(steps_module, "run_training", noted)
    monkeypatch.setattr("livercad.papers.qi2019.reproduce.write_page", lambda *parts: None)
    shutil.rmtree(output / "model")  # as an earlier version left it
    assert reproduce(output, qi_settings, data=breast_images, workers=1) == qi_study[1]
    assert done == []
    for path in (qi_study[0] / "model").iterdir():
        assert (output / "model" / path.name).read_bytes() == path.read_bytes()
    cheng = qi_settings.cheng.model_copy(update={"noise": 0.4})
    reproduce(output, qi_settings.model_copy(update={"cheng": cheng}), data=breast_images, workers=1)
    assert sorted(done) == [f"cheng-{net}-{split}" for net in ("mt", "sn") for split in ("image", "patient")]


def test_ways_with_features_of_imagenet_have_their_place_on_the_page(
    qi_study: Study,
    compared: tuple[Path, Compared],
    qi_settings: Settings,
    breast_images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = Path(shutil.copytree(qi_study[0], tmp_path / "out"))
    shutil.copytree(compared[0] / "cache", output / "features" / "cache")  # what takes long is done
    monkeypatch.setattr(compare, "SIDE", 64)
    monkeypatch.setattr(compare, "load_backbone", random_backbone)
    assert reproduce(output, qi_settings, data=breast_images, features="random", workers=1) == qi_study[1]
    assert Compared.model_validate_json((output / "features" / "results.json").read_text("utf-8")) == compared[1]
    page = Page((output / "index.html").read_text(encoding="utf-8"))
    assert "With ImageNet’s features" in page.texts_of("h2")
    own = page.text.split("With ImageNet’s features")[1].split("Data and trainings")[0]
    for asked in compared[1].asked.values():
        assert all(f"{told.auc.value:.3f}" in own for told in asked.ways.values())
    assert (output / page.all("a")[0].get("href", "")).is_file()
    assert "With ImageNet’s features" not in Page((qi_study[0] / "index.html").read_text(encoding="utf-8")).text


def test_features_that_are_not_there_are_told_before_anything_is_trained(
    tmp_path: Path, qi_settings: Settings, breast_images: Path
) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors"):
        reproduce(tmp_path / "out", qi_settings, data=breast_images, features=str(tmp_path / "none.safetensors"))
    assert not (tmp_path / "out" / "trainings").exists()


def test_pictures_show_each_patient_once_and_every_class_by_turns(breast_images: Path) -> None:
    images = folder_data(breast_images).images
    shown = [images[n] for n in apart(images, range(len(images)))]
    assert len({image.group for image in shown}) == len(shown) == 18
    assert all(len({image.kind for image in shown[n : n + 3]}) == 3 for n in range(0, 18, 3))


def test_copies_are_listed_and_stay_together(breast_images: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(breast_images, tmp_path / "images"))
    shutil.copy(folder / "00-0.png", folder / "copy.png")
    table = folder / "annotations.csv"
    table.write_text(table.read_text(encoding="utf-8") + "another,copy.png,44,40,28,benign\n", encoding="utf-8")
    data = folder_data(folder)
    sets = [set(names) for names in data.duplicates]
    group_of = {image.name: image.group for image in data.images}
    assert any({"00-0.png", "copy.png"} <= names for names in sets)
    assert group_of["copy.png"] == group_of["00-0.png"] == group_of["00-1.png"]
    assert data.copies == sum(len(names) - 1 for names in sets)


def test_a_folder_of_phantoms_does_not_pass_for_patients(breast_images: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(breast_images, tmp_path / "images"))
    assert not folder_data(folder).is_phantom
    (folder / "phantom.json").write_text("{}", encoding="utf-8")
    assert folder_data(folder).is_phantom


def test_images_of_unknown_classes_are_left_out_and_named(breast_images: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(breast_images, tmp_path / "images"))
    Image.fromarray(sector(999)).save(folder / "odd.png")
    table = folder / "annotations.csv"
    table.write_text(table.read_text(encoding="utf-8") + "odd,odd.png,,,,abscess\n", encoding="utf-8")
    data = folder_data(folder)
    assert len(data.images) == 36
    assert data.left_out[0].startswith("odd.png: its class is 'abscess', not one of benign, cholangiocarcinoma")


def test_images_that_answer_nothing_or_are_too_few_are_refused(tmp_path: Path, qi_settings: Settings) -> None:
    lines = ["case,image,center_x,center_y,diameter,class"]
    for number in range(6):
        Image.fromarray(sector(number)).save(tmp_path / f"{number}.png")
        lines.append(f"{number},{number}.png,60,40,20,{'malignant' if number % 2 else 'benign'}")
    table = tmp_path / "annotations.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="normal images beside others, or cysts beside other types"):
        folder_data(tmp_path)
    table.write_text("\n".join(lines).replace("20,benign", "20,normal") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="both answers to both questions in training, validation and test"):
        reproduce(tmp_path / "out", qi_settings, data=tmp_path)
    table.write_text("\n".join(lines[:5]).replace("20,benign", "20,normal") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"4 images of 4 patients \(fewer than 6 images of every class\)"):
        reproduce(tmp_path / "out", qi_settings, data=tmp_path)
    alike = [f"{line},{'patient' if line is lines[0] else 'anonymous'}" for line in lines]
    table.write_text("\n".join(alike).replace("20,benign", "20,normal") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"all 6 images are of one patient \('anonymous'.*column patient"):
        reproduce(tmp_path / "out", qi_settings, data=tmp_path)


def test_weights_that_are_not_there_are_told_before_anything_is_read(tmp_path: Path) -> None:
    settings = Settings(han=HanSettings(divisor=1, weights=str(tmp_path / "none.safetensors")))
    with pytest.raises(ModelError, match=r"none\.safetensors"):
        reproduce(tmp_path / "out", settings, data=tmp_path / "nowhere")
