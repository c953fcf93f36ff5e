from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.progress import silent
from livercad.simulation.image_task import ImageTask, image_description
from livercad.simulation.results import Results
from livercad.simulation.ultrasound import read_images


def test_near_duplicates_are_never_in_pool_and_test(images: Path) -> None:
    found = read_images(images, silent)
    task = ImageTask(found, image_description("x", found))
    group = dict(zip(found.cases, found.groups.tolist(), strict=True))
    assert group["images/twin.png"] == group["images/case-01.png"]
    for seed in range(8):
        split = task.split(seed)
        assert not {group[case] for case in split.pool} & {group[case] for case in split.test}
        assert sorted((*split.pool, *split.test)) == list(found.cases)


def test_a_single_class_among_the_labels_is_answered_with_it(images: Path) -> None:
    found = read_images(images, silent)
    task = ImageTask(found, image_description("x", found))
    pool, kinds = task.split(0).pool, task.kinds()
    model = task.learn(task.truth([case for case in pool if kinds[case] == "along"][:3]), 0)
    assert model.score(task.split(0).test).parts == {"across": 0.0, "along": 1.0}
    assert (model.look(pool, 0).uncertainty < 1e-6).all()


def test_the_command_replays_a_folder_of_images(images: Path, tmp_path: Path) -> None:
    arguments = ["simulate-active-learning", "--data", str(images), "--output", str(tmp_path / "out"), "--workers", "1"]
    options = ["--strategy", "random", "--strategy", "diversity", "--seeds", "2", "--rounds", "3", "--budget", "5"]
    result = CliRunner().invoke(app, arguments + options)
    assert result.exit_code == 0, result.output
    found = Results.model_validate_json((tmp_path / "out" / "results.json").read_text()).tasks["image-classes"]
    assert not found.is_phantom and found.counts == [5, 10, 15]
    assert found.strategies["random"].curve[-1].mean > 0.8
    page = (tmp_path / "out" / "index.html").read_text()
    assert "61 real images in images-of-two-classes" in page and "digital phantoms" not in page


def test_images_of_a_case_stay_on_one_side_and_those_without_a_class_are_passed_over(images: Path) -> None:
    rows = ["case,image,class"]
    for number, path in enumerate(sorted((images / "images").glob("case-*.png"))):
        rows.append(
            f"patient {number // 6},images/{path.name},{'' if number == 7 else 'along' if number % 3 else 'across'}"
        )
    (images / "annotations.csv").write_text("\n".join(rows) + "\n")
    found = read_images(images, silent)
    assert len(found.cases) == 59 and "images/case-07.png" not in found.cases
    group = dict(zip(found.cases, found.groups.tolist(), strict=True))
    assert len({group[f"images/case-{number:02d}.png"] for number in range(12, 18)}) == 1
    assert group["images/case-12.png"] != group["images/case-18.png"]


def test_phantoms_do_not_pass_for_real_images(images: Path) -> None:
    assert "61 real images" in image_description("x", read_images(images, silent)).data
    (images / "phantom.json").write_text("{}")
    told = image_description("x", read_images(images, silent))
    assert told.is_phantom and "61 phantom images" in told.data


def test_too_few_images_of_a_class_are_refused_with_the_counts(images: Path) -> None:
    text = (images / "annotations.csv").read_text().replace("across", "along", 32)
    (images / "annotations.csv").write_text(text)
    with pytest.raises(InputError, match=r"across \(9\), along \(52\)"):
        read_images(images, silent)


def test_an_image_that_is_not_there_is_told_and_the_others_are_used(images: Path) -> None:
    (images / "images" / "case-05.png").unlink()
    found = read_images(images, silent)
    assert len(found.cases) == 60
    assert "1 that cannot be used" in image_description("x", found).data and "case-05.png" in found.unusable


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    arguments = ["simulate-active-learning", "--data", str(tmp_path / "none"), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError) and "no such folder" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_real_ultrasound_can_be_read_and_has_duplicates(real_data: Path) -> None:
    found = read_images(real_data / "ultrasound" / "aul", silent)
    group = dict(zip(found.cases, found.groups.tolist(), strict=True))
    assert len(found.cases) == 625
    assert {group[f"images/liver_{name}.png"] for name in ("0097", "0641")} == {group["images/liver_0097.png"]}
