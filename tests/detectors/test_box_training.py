"""The training of the detectors that draw boxes: small networks on small livers in the place of phantoms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from livercad.core.phases import Phase
from livercad.detection.matching import Matched
from livercad.detectors.boxes import SLICE_ANCHORS, AsLargeAsTheyAre, FasterRCNN25D, RetinaNet3D, weights_of
from livercad.detectors.choose import load_detector
from livercad.detectors.scene import Scene
from livercad.detectors.shown import searched_block, shown_of
from livercad.detectors.training import studies
from livercad.detectors.training.augmentation import altered
from livercad.detectors.training.boxes import BoxJob, install, train_boxes
from livercad.detectors.training.lessons import Lesson, lessons_of
from livercad.detectors.training.studies import Example
from livercad.detectors.training.teachers import TEACHERS, Sample, boxes_in
from livercad.errors import Cancelled
from livercad.learning.engine import train
from livercad.learning.log import read_log
from livercad.learning.plan import Plan
from livercad.models.shipping import Trained
from livercad.networks.faster_rcnn import Backbone, make_backbone, make_faster_rcnn
from livercad.networks.retinanet import make_retinanet
from livercad.progress import silent
from livercad.settings import Settings
from small_study import small_study
from two_lesions import BRIGHT, LEVELS, make_liver

NAMES = ["faster-rcnn", "retinanet"]
SHORT = Plan(steps=5, learning_rate=1e-3, validate_every=3, checkpoint_every=2, ema=0.5, seed=3, precision="float32")


def small_faster_rcnn() -> nn.Module:
    network = make_faster_rcnn(
        make_backbone(Backbone.SMALL, 8), 1, 512, 8, anchors=SLICE_ANCHORS, max_pooling=False, pooled=3, units=16,
        proposals=20, rois=16,
    )  # fmt: skip
    network.transform = AsLargeAsTheyAre(512, 512, network.transform.image_mean, network.transform.image_std)
    return network


def small_retinanet() -> nn.Module:
    return make_retinanet(len(Phase), (8, 16, 16), 16)


@pytest.fixture(scope="module")
def small_networks() -> Any:
    """Both detectors with small networks, and small phantoms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "make_ct_study", small_study)
        patch.setattr(FasterRCNN25D, "make", staticmethod(small_faster_rcnn))
        patch.setattr(RetinaNet3D, "make", staticmethod(small_retinanet))
        yield patch


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_networks: Any) -> tuple[Path, dict[str, Trained]]:
    """A work folder, and what a few steps come to."""
    work = tmp_path_factory.mktemp("work")
    return work, {name: train_boxes(name, work, 2, 1, plan=SHORT) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    name: str, trained: tuple[Path, dict[str, Trained]], tmp_path: Path
) -> None:
    work, whole = trained
    (tmp_path / "scenes").symlink_to(work / "scenes")

    def stop(done: float, total: float, what: str = "") -> None:
        if "step 4 of" in what:
            raise Cancelled

    with pytest.raises(Cancelled):
        train_boxes(name, tmp_path, 2, 1, plan=SHORT, progress=stop)
    assert 0 < max(line["step"] for line in read_log(tmp_path / f"training-{name}")) < SHORT.steps
    again = train_boxes(name, tmp_path, 2, 1, plan=SHORT)
    assert set(again.tensors) == set(whole[name].tensors)
    for key, tensor in whole[name].tensors.items():
        np.testing.assert_array_equal(again.tensors[key], tensor)


@pytest.mark.parametrize("name", NAMES)
def test_the_pipeline_takes_weights_that_were_trained_and_installed(
    name: str, trained: tuple[Path, dict[str, Trained]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    assert install(name, trained[1][name]) == weights_of(name)
    detect = load_detector(Settings(detector=name, minimum_score=0.0))
    assert detect is not None and detect.model.name == name
    images, liver, instances = make_liver()
    found = detect(images, liver, Matched(instances.like(np.zeros_like(instances.array)), {}, {}))
    assert found.instances.shape == liver.shape
    record = json.loads(weights_of(name).with_suffix(".json").read_text())
    assert record["seed"] and record["data_sha256"] and record["packages"]["torch"]
    assert record["steps"] == SHORT.steps and np.isfinite(record["loss"]["last_tenth"])
    assert [each["step"] for each in record["validation"]["at"]] == [0, 3, 5]


def test_faster_rcnn_sees_slices_as_large_as_they_are_in_training_and_after(small_networks: Any) -> None:
    network = small_faster_rcnn()
    for mode in (True, False):
        assert network.train(mode).transform([torch.zeros(3, 64, 96)])[0].tensors.shape == (1, 3, 64, 96)


def test_kernels_are_kept_in_half_precision(trained: tuple[Path, dict[str, Trained]]) -> None:
    for one in trained[1].values():
        assert {tensor.dtype for tensor in one.tensors.values() if tensor.ndim > 1} == {np.dtype(np.float16)}


def liver_example(number: int, with_lesions: bool) -> Example:
    """A liver with a dark and a bright ball, or with none."""
    images, liver, instances = make_liver(seed=number)
    if not with_lesions:
        rng = np.random.default_rng(number)
        for phase, image in images.items():
            healthy = np.where(instances.array > 0, LEVELS[phase] + rng.normal(0, 6, image.shape), image.array)
            images[phase] = image.like(healthy.astype(np.int16))
        instances = instances.like(np.zeros_like(instances.array))
    # Arterial alone, so that both detectors look where the ball is bright.
    scene = Scene.of({Phase.ARTERIAL: images[Phase.ARTERIAL]}, liver)
    truth = np.zeros(scene.searched.shape, np.uint16)
    for lesion in (1, 2):
        if (instances.array == lesion).any():
            truth[scene.bring(instances.array[scene.block] == lesion)] = lesion
    return Example(scene, truth)


@pytest.fixture(scope="module")
def livers(tmp_path_factory: pytest.TempPathFactory) -> list[Lesson]:
    """Of four with lesions and two without."""

    def examples(number: int) -> Sequence[Example]:
        return [liver_example(number, number < 5)]

    return lessons_of(tmp_path_factory.mktemp("scenes"), range(1, 7), examples, silent)


@pytest.mark.parametrize(("name", "steps"), [("faster-rcnn", 90), ("retinanet", 100)])
def test_a_small_network_learns_to_find_a_bright_ball_and_nothing_where_there_is_none(
    name: str, steps: int, livers: list[Lesson], tmp_path: Path, small_networks: Any
) -> None:
    teacher = TEACHERS[name]()
    plan = Plan(steps=steps, learning_rate=3e-3, weight_decay=0, ema=0.9, clip=5, validate_every=steps, seed=1,
                precision="float32")  # fmt: skip
    network = train(BoxJob(teacher, 1, livers, []), plan, tmp_path / name, "cpu").network
    there, empty = liver_example(100, True), liver_example(101, False)
    found = teacher.detector.boxes(network, shown_of(there.scene, block := searched_block(there.scene)), silent)
    (box,) = [corners for number, corners in boxes_in(there.truth[block]) if number == 2]
    middle, radius = (np.array(box[:3]) + box[3:]) / 2, BRIGHT[1] / 2
    near = [
        score for corners, score in found if np.abs((np.array(corners[:3]) + corners[3:]) / 2 - middle).max() < radius
    ]
    none = teacher.detector.boxes(network, shown_of(empty.scene, searched_block(empty.scene)), silent)
    seen, imagined = max(near, default=0.0), max((score for _, score in none), default=0.0)
    assert seen > 0.3 > imagined


def test_a_sample_has_its_boxes_where_its_image_shows_the_lesions(livers: list[Lesson]) -> None:
    rng = np.random.default_rng(0)
    whole: Sample = TEACHERS["retinanet"]().sample(livers[0], rng)
    levels = []
    for corners in whole.boxes.round().int().tolist():
        i, j, k = ((low + high) // 2 for low, high in zip(corners[:3], corners[3:], strict=True))
        levels.append(whole.image[list(Phase).index(Phase.ARTERIAL), i - 1 : i + 2, j - 1 : j + 2, k].mean())
    assert min(levels) < -0.3 and max(levels) > 0.4
    some = [TEACHERS["faster-rcnn"]().sample(livers[0], rng) for _ in range(20)]
    assert any(len(sample.boxes) == 0 for sample in some)
    for sample in some:
        for x0, y0, x1, y1 in sample.boxes.int().tolist():
            inside = sample.image[1, (y0 + y1) // 2, (x0 + x1) // 2]
            assert abs(inside - 0.5) > 0.08


def test_a_scene_without_lesions_teaches_as_well(livers: list[Lesson], small_networks: Any) -> None:
    for name in NAMES:
        teacher = TEACHERS[name]()
        job = BoxJob(teacher, 1, livers[4:], [])
        drawn = job.draw(0, 0, 1)
        assert all(len(sample.boxes) == 0 for sample in drawn)
        (loss,) = job.losses(job.network().train(), drawn)
        assert torch.isfinite(loss) and loss > 0


def test_what_is_altered_stays_empty_outside_and_keeps_its_order_inside() -> None:
    rng = np.random.default_rng(4)
    image = np.zeros((12, 12, 12), np.float32)
    image[3:9, 3:9, 3:9] = 0.1
    image[5:7, 5:7, 5:7] = 0.9
    for _ in range(5):
        new = altered(image, 100.0, rng)
        assert not new[image == 0].any()
        assert new[image == np.float32(0.9)].mean() > new[image == np.float32(0.1)].mean() + 0.4


def test_lessons_are_made_once_and_told_apart_by_what_they_hold(livers: list[Lesson]) -> None:
    def never(number: int) -> Sequence[Example]:
        raise AssertionError("the scenes are there already")

    assert lessons_of(livers[0].path.parent, range(1, 7), never, silent) == livers
    assert len({lesson.digest for lesson in livers}) == 6
    assert livers[0].phases == (Phase.ARTERIAL,) and set(np.unique(livers[0].truth())) == {0, 1, 2}
