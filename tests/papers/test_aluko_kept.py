"""What Aluko's trainings depend on, and that one that diverges leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aluko_folder import small_settings, write_squares
from livercad.errors import InputError
from livercad.learning.checkpoint import CHECKPOINT
from livercad.papers.aluko2018 import pixels as pixels_module
from livercad.papers.aluko2018.images import ImageData, load_images
from livercad.papers.aluko2018.jobs import jobs_of, sizes_of
from livercad.papers.aluko2018.one_box import OneBox, OneBoxTask
from livercad.papers.aluko2018.pixels import pixels_of
from livercad.papers.aluko2018.plan import Plan
from livercad.papers.aluko2018.reproduce import reproduce
from livercad.papers.aluko2018.settings import Settings
from livercad.papers.aluko2018.training import train
from livercad.progress import silent
from livercad.studies.deeplesion.rows import Part
from livercad.studies.deeplesion.slices import windowed


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("squares"))


def keys(data: ImageData, cache: Path) -> dict[str, str]:
    settings = small_settings()
    pixels = {size: pixels_of(data, settings.data.window, size, cache) for size in sizes_of(settings)}
    jobs = jobs_of(data, pixels, cache, settings, {"vgg16": "", "resnet50": ""})
    return {name: job.plan.key for name, job in jobs.items()}


def test_trainings_depend_on_what_their_networks_see(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = load_images(data, small_settings().data, 0)
    before = keys(images, tmp_path)
    first = images.examples[0]
    (lesion,) = first.lesions
    moved = replace(
        images,
        examples=(
            first.model_copy(update={"lesions": (lesion.model_copy(update={"box": (0.1, 0.1, 0.2, 0.2)}),)}),
            *images.examples[1:],
        ),
    )
    assert not set(keys(moved, tmp_path).values()) & set(before.values())
    renamed = replace(
        images,
        examples=(
            first.model_copy(update={"lesions": (lesion.model_copy(update={"kind": "metastasis"}),)}),
            *images.examples[1:],
        ),
    )
    assert {name for name, key in keys(renamed, tmp_path).items() if key != before[name]} == {"types"}
    # Another version of the preprocessing: its pixels are others, and so are all trainings.
    monkeypatch.setattr(pixels_module, "windowed", lambda hu, window: windowed(hu, window) / 2)
    monkeypatch.setattr(pixels_module, "code_hash", lambda *modules: "another version")
    assert not set(keys(images, tmp_path).values()) & set(before.values())
    monkeypatch.setattr(pixels_module, "windowed", windowed)
    monkeypatch.setattr(pixels_module, "code_hash", lambda *modules: "a version that does the same")
    assert keys(images, tmp_path) == before


@pytest.mark.parametrize("setting", ["one_box", "vgg", "detector"])
def test_a_training_that_diverges_stops_with_what_to_do_and_leaves_nothing(
    data: Path, tmp_path: Path, setting: str
) -> None:
    settings = small_settings().changed({setting: {"learning_rate": 1e30}})
    with pytest.raises(InputError, match=rf"epoch \d of \d: found .*: it has diverged.*{setting}\.learning_rate"):
        reproduce(data, tmp_path, settings)
    name = {"one_box": "baseline", "vgg": "baseline-vgg", "detector": "faster-rcnn-small"}[setting]
    assert not (tmp_path / "trainings" / f"{name}.json").exists()
    assert not (tmp_path / "trainings" / name / CHECKPOINT).exists()  # another that ran beside it may keep its own


@pytest.mark.parametrize("where", ["loss", "validation", "answers"])
def test_what_json_cannot_tell_is_never_kept(data: Path, tmp_path: Path, where: str) -> None:
    images = load_images(data, Settings().data, 0)
    numbers = tuple(images.numbers(Part.TRAINING))
    pixels = pixels_of(images, Settings().data.window, 32, tmp_path / "cache").array()
    task = OneBoxTask(OneBox.BASELINE, images, pixels, small_settings(), "cpu")
    wrong = {"mse": float("nan")}
    if where == "validation":
        task.validation = lambda: wrong
    elif where == "answers":
        task.answers = lambda progress: {"test": [[float("inf")]]}
    else:
        task.losses = lambda numbers: {"mse": list(task.network.parameters())[-1].sum() * float("nan")}
    with pytest.raises(InputError, match="it has diverged"):
        train(Plan("baseline", "", tmp_path, 2, numbers, 0), task, silent)
    assert not list(tmp_path.glob("baseline/*")) and not list(tmp_path.glob("baseline.*"))
