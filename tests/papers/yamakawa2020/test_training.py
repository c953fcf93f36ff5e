"""One fold's training: what it shows, what it keeps, and how it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livercad.errors import InputError
from livercad.learning.checkpoint import CHECKPOINT
from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.yamakawa2020 import training as module
from livercad.papers.yamakawa2020.crops import make_all_crops
from livercad.papers.yamakawa2020.dataset import read_dataset
from livercad.papers.yamakawa2020.plan import MULTI_SCALE, Plan, plans_of
from livercad.papers.yamakawa2020.settings import PAPER, CropSet, Settings
from livercad.papers.yamakawa2020.training import run_training
from livercad.papers.yamakawa2020.versions import minibatches
from tumour_discs import small_settings


def plans(discs: Path, folder: Path, settings: Settings) -> list[Plan]:
    dataset = read_dataset(discs)
    wanted = (*settings.centred, *settings.shifted)
    crops = make_all_crops(dataset, wanted, settings.crops, folder / "cache", 1)
    return plans_of(dataset, dataset.folds(3, 0), crops, folder / "trainings", settings)


def test_every_image_is_shown_in_different_versions_in_minibatches_of_half_the_training_set() -> None:
    images = np.array([3, 5, 8, 9, 11, 20])
    settings = PAPER.training.model_copy(update={"versions": 4})
    parts = list(minibatches(images, 5, settings, np.random.default_rng(0)))
    assert [len(numbers) for numbers, _ in parts] == [12, 12]
    shown = [pair for part in parts for pair in zip(*part, strict=True)]
    assert Counter(int(number) for number, _ in shown) == dict.fromkeys(images.tolist(), 4)
    assert len(set(shown)) == 24 and {int(version) for _, version in shown} <= set(range(10))
    again = list(minibatches(images, 5, settings, np.random.default_rng(1)))
    assert any((one != other).any() for one, other in zip(parts[0], again[0], strict=True))


def test_a_stopped_training_goes_on_to_the_same_network(
    discs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, halted = (plans(discs, tmp_path / name, small_settings())[0] for name in ("whole", "halted"))
    run_training(whole)
    through = module._train

    def stopping(plan: Plan, crops: np.ndarray, start: int) -> module.Chosen:
        if start == 2:
            raise KeyboardInterrupt
        return through(plan, crops, start)

    monkeypatch.setattr(module, "_train", stopping)
    with pytest.raises(KeyboardInterrupt):
        run_training(halted)
    assert halted.result() is None and (halted.folder / halted.name / CHECKPOINT).is_file()
    starts: list[int] = []

    def counting(plan: Plan, crops: np.ndarray, start: int) -> module.Chosen:
        starts.append(start)
        return through(plan, crops, start)

    monkeypatch.setattr(module, "_train", counting)
    run_training(halted)
    assert starts == [2]
    assert halted.key == whole.key
    one, other = whole.result(), halted.result()
    assert one and other and one.model_copy(update={"seconds": other.seconds}) == other
    assert halted.weights_path.read_bytes() == whole.weights_path.read_bytes()
    assert not (halted.folder / halted.name / CHECKPOINT).exists()


def with_noise(plan: Plan, images: tuple[int, ...], angles: slice, folder: Path) -> Plan:
    """The same training of other regions of some images, at some angles."""
    crops = np.load(plan.crops[0])
    crops[list(images), angles] = np.random.default_rng(0).integers(256, size=crops[list(images), angles].shape)
    folder.mkdir()
    np.save(folder / "crops.npy", crops)
    return replace(plan, crops=(folder / "crops.npy",), folder=folder)


def test_what_validates_and_tests_is_seen_as_it_is_and_never_learnt_from(discs: Path, tmp_path: Path) -> None:
    short = small_settings().changed({"training": {"starts": 1, "epochs": (2,)}})
    plan = plans(discs, tmp_path, short)[0]
    training, validation, test = plan.sides
    others = (*validation, *test)
    turned = with_noise(plan, others, slice(1, None), tmp_path / "turned")  # the first angle is 0
    unknown = with_noise(plan, others, slice(None), tmp_path / "unknown")
    learnt = with_noise(plan, training, slice(1, None), tmp_path / "learnt")
    told, weights = [], []
    for each in (plan, turned, unknown, learnt):
        run_training(each)
        result = each.result()
        assert result
        told.append((result.curve.validation, result.validation_images, result.probabilities))
        weights.append(each.weights_path.read_bytes())
    assert told[1] == told[0] != told[2]
    assert weights[0] == weights[1] == weights[2] != weights[3]


def test_every_minibatch_is_learnt_with_dropout_and_its_own_normalisation(
    discs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans(discs, tmp_path, small_settings())[0]
    learning: list[bool] = []

    def watched(own: Plan) -> YamakawaNetwork:
        network = through(own)
        network.register_forward_pre_hook(lambda module, _: learning.append(module.training))
        return network

    through = module.new_network
    monkeypatch.setattr(module, "new_network", watched)
    run_training(plan)
    # Two starts of three epochs of two minibatches; validation and test in between.
    assert sum(learning) == 2 * 3 * 2 and learning[:3] == [True, True, False]


def test_starts_begin_with_other_weights_but_with_the_same_at_every_ratio(
    discs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = small_settings().changed({"training": {"epochs": (1,)}})
    first: dict[str, list[float]] = {}

    def noted(own: Plan) -> YamakawaNetwork:
        network = through(own)
        first.setdefault(own.name, []).append(float(network.convolutions[0].weight.detach().sum()))
        return network

    through = module.new_network
    monkeypatch.setattr(module, "new_network", noted)
    for plan in plans(discs, tmp_path, short):
        if plan.network_name in ("0.3", "0.6") and plan.fold < 2:
            run_training(plan)
    begun = {name: weights[:2] for name, weights in first.items()}
    assert begun["0.3-fold-01"] == begun["0.6-fold-01"] and begun["0.3-fold-02"] == begun["0.6-fold-02"]
    assert len({*begun["0.3-fold-01"], *begun["0.3-fold-02"]}) == 4


def test_the_best_network_by_validation_is_kept(discs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plans(discs, tmp_path, small_settings())[0]
    told = iter([0.5, 0.6, 0.5, 0.9])  # after epochs 2 and 3 of two starts

    def fixed(probabilities: np.ndarray, cases: np.ndarray, truth: np.ndarray) -> module.Accuracy:
        epoch = next(epochs)
        return module.Accuracy(0.7 if epoch == 1 else 0.6, next(told) if epoch > 1 else 1.0)

    epochs = iter([1, 2, 3, 1, 2, 3])
    monkeypatch.setattr(module, "accuracy_of", fixed)
    run_training(plan)
    result = plan.result()
    # Epoch 1 is better in cases, but none of those that count; among equals in cases, images decide.
    assert result and (result.start, result.epoch, result.validation_images) == (2, 3, 0.9)
    assert len(result.probabilities) == len(plan.sides[2])


def test_trainings_depend_on_what_their_networks_see_and_on_nothing_else(discs: Path, tmp_path: Path) -> None:
    settings = small_settings()
    before = plans(discs, tmp_path, settings)
    names = [plan.name for plan in before]
    assert len(set(names)) == len(names) == 3 * (3 + 1 + 1)
    scales = before[names.index(f"{MULTI_SCALE}-fold-01")]
    assert [path.name.split("-")[1] for path in scales.crops] == ["0.3", "0.6", "1"]
    copy = plans(discs, tmp_path / "made again", settings)
    assert [plan.key for plan in copy] == [plan.key for plan in before]
    other = plans(discs, tmp_path / "c", settings.changed({"crops": {"angles": (-5.0, 5.0)}}))
    assert not {plan.key for plan in other} & {plan.key for plan in before}
    more = plans(discs, tmp_path / "made again", settings.changed({"study": {"scales": (0.3, 0.6)}}))
    changed = {one.network_name for one, two in zip(before, more, strict=True) if one.key != two.key}
    assert changed == {MULTI_SCALE}
    first = before[0]
    others = [{"sides": (*first.sides[:2], (0,))}, {"labels": first.labels[::-1]}, {"cases": first.cases[1:]}]
    assert len({first.key, *(replace(first, **other).key for other in (*others, {"seed": 9}, {"device": "cuda"}))}) == 6


def test_arrays_of_other_settings_are_made_anew_and_the_old_ones_removed(discs: Path, tmp_path: Path) -> None:
    dataset, settings = read_dataset(discs), small_settings()
    crops = [CropSet(0.6), CropSet(0.6, 0.15)]
    first = make_all_crops(dataset, crops, settings.crops, tmp_path, 1)
    stamp = first[crops[0]].path.stat().st_mtime_ns
    assert make_all_crops(dataset, crops, settings.crops, tmp_path, 1) == first
    assert first[crops[0]].path.stat().st_mtime_ns == stamp
    finer = settings.crops.model_copy(update={"pixels": 20})
    second = make_all_crops(dataset, crops, finer, tmp_path, 1)
    assert np.load(second[crops[1]].path).shape == (18, 5, 20, 20)
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_a_training_that_diverges_stops_with_what_to_do_and_leaves_nothing(discs: Path, tmp_path: Path) -> None:
    plan = plans(discs, tmp_path, small_settings().changed({"training": {"learning_rate": 1e30}}))[0]
    with pytest.raises(InputError, match=r"epoch \d of 3: found .*: it has diverged.*training\.learning_rate"):
        run_training(plan)
    assert not list(plan.folder.rglob("*.*"))
