from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.progress import silent
from livercad.simulation.image_task import ImageTask, image_description
from livercad.simulation.results import Results
from livercad.simulation.ultrasound import read_images
from livercad.studies.ultrasound.hashes import difference_hash, group_duplicates


def noise(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (24, 32), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def test_the_same_picture_scaled_written_on_and_saved_again_is_a_duplicate(tmp_path: Path) -> None:
    image = noise(0)
    image.resize((60, 45)).save(tmp_path / "small.jpg", quality=60)
    marked = image.copy()
    marked.paste(255, (2, 2, 18, 8))
    hashes = [difference_hash(each) for each in (image, Image.open(tmp_path / "small.jpg"), marked, noise(1), noise(2))]
    groups = group_duplicates(hashes)
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups.tolist())) == 3


def test_a_duplicate_of_a_duplicate_is_in_the_same_group() -> None:
    first = np.zeros(256, dtype=bool)
    second, third = first.copy(), first.copy()
    second[:40], third[:80] = True, True
    assert len(set(group_duplicates([first, second, third]).tolist())) == 1
    assert len(set(group_duplicates([first, third]).tolist())) == 2


def test_near_duplicates_are_never_in_pool_and_test(images: Path) -> None:
    found = read_images(images, silent)
    task = ImageTask(found, image_description("x", found))
    group = dict(zip(found.cases, found.groups.tolist(), strict=True))
    assert group["twin"] == group["case-01"]
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


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("case,kind\na,x\n", "found the columns case, kind"),
        ("case,category\n" + "".join(f"c{n},x\n" for n in range(30)), r"found the classes x \(30\)"),
        ("case,category\na,x\na,y\n", "a case more than once"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "index.csv").write_text(text)
    with pytest.raises(InputError, match=what):
        read_images(tmp_path, silent)


def test_a_missing_image_is_named(images: Path) -> None:
    (images / "images" / "case-05.png").unlink()
    with pytest.raises(InputError, match=r"case-05\.png"):
        read_images(images, silent)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    arguments = ["simulate-active-learning", "--data", str(tmp_path / "none"), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError) and "no such folder" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_real_ultrasound_can_be_read_and_has_duplicates(real_data: Path) -> None:
    found = read_images(real_data / "ultrasound" / "aul", silent)
    group = dict(zip(found.cases, found.groups.tolist(), strict=True))
    assert len(found.cases) == 625
    assert group["liver_0097"] == group["liver_0641"] and group["liver_0049"] == group["liver_0141"]
