"""Which version of a model is in use, and how it changes."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from livercad.errors import InputError, ModelError
from livercad.models.champions import POINTER, champion, crown, once_in_use, pointer, roll_back, stamps
from livercad.models.install import install_all, installed_weights
from livercad.models.registry import find
from livercad.models.version import BASE, ModelVersion, base, challenger, check_weights, version_text

KILLS = 25


@pytest.fixture
def installed(fakes):
    install_all(source=fakes.wheel)
    return fakes


def trained(folder: Path, number: int, name: str = "one") -> ModelVersion:
    """A version whose weights are the base's, moved a little."""
    path = folder / f"trained-{number}.safetensors"
    save_file({key: tensor + np.float32(number) for key, tensor in load_file(installed_weights(name)).items()}, path)
    return ModelVersion(name, number, version_text(name, number), path, check_weights(name, path))


def test_without_a_promotion_the_base_is_champion(installed):
    assert champion("one") == base("one")
    assert (champion("one").number, champion("one").version) == (BASE, "1")
    assert champion("one").sha256 == find("one").weights.sha256
    assert pointer("one").former == () and stamps() == ()


def test_a_crowned_version_is_champion_of_its_model_only_and_its_source_may_go(installed, tmp_path):
    version = trained(tmp_path, 3)
    crowned = crown(version, "ann", "better")
    version.path.unlink()
    assert champion("one") == crowned
    assert (crowned.number, crowned.version, crowned.sha256) == (3, "1+3", version.sha256)
    assert crowned.used("torch").version == "1+3" and crowned.used("torch").sha256 == version.sha256
    assert champion("two") == base("two")
    reign = pointer("one").champion
    assert (reign.by, reign.reason) == ("ann", "better") and reign.since is not None


def test_rolling_back_goes_back_one_by_one_to_the_base(installed, tmp_path):
    first, second = (crown(trained(tmp_path, number), "ann", "better") for number in (1, 2))
    assert champion("one") == second
    assert roll_back("one", "bob") == first == champion("one")
    assert "from version 2" in pointer("one").champion.reason and pointer("one").champion.by == "bob"
    assert roll_back("one", "bob") == base("one") == champion("one")
    with pytest.raises(ModelError, match="no former champion"):
        roll_back("one", "bob")


def test_who_names_the_version_to_take_back_goes_back_once_however_often_it_is_asked(installed, tmp_path):
    first, _ = (crown(trained(tmp_path, number), "ann", "better") for number in (1, 2))
    assert roll_back("one", "bob", leaving=2) == first
    with pytest.raises(InputError, match="found version 1 in use by now; expected version 2, which was to be taken"):
        roll_back("one", "bob", leaving=2)
    assert champion("one") == first
    (tmp_path / "models" / "one" / POINTER).write_text("{")
    assert roll_back("one", "bob", leaving=2) == base("one")


def test_weights_that_were_in_use_are_found_whichever_are_now(installed, tmp_path):
    first, second = (crown(trained(tmp_path, number), "ann", "better") for number in (1, 2))
    assert once_in_use("one", 1, first.sha256) == first
    assert once_in_use("one", BASE, base("one").sha256) == base("one")
    with pytest.raises(ModelError, match=r"one 1\+3 .*found missing .*begin again with the weights in use now"):
        once_in_use("one", 3, "0" * 64)
    with pytest.raises(ModelError, match="found another base's"):
        once_in_use("one", BASE, first.sha256)
    first.path.write_bytes(second.path.read_bytes())
    with pytest.raises(ModelError, match="found damaged"):
        once_in_use("one", 1, first.sha256)


def test_every_change_changes_the_stamps(installed, tmp_path):
    seen = [stamps()]
    for number in (1, 2):
        crown(trained(tmp_path, number), "ann", "better")
        seen.append(stamps())
    roll_back("one", "ann")
    assert len({*seen, stamps()}) == 4


@pytest.mark.parametrize("harm", ["missing", "damaged", "another's"])
def test_a_champion_that_is_not_whole_is_refused_with_the_way_back(installed, tmp_path, harm):
    first, second = (crown(trained(tmp_path, number), "ann", "better") for number in (1, 2))
    if harm == "missing":
        second.path.unlink()
    else:
        second.path.write_bytes(b"rubbish" if harm == "damaged" else first.path.read_bytes())
    with pytest.raises(ModelError, match=r"weights of one 1\+2: found (missing|damaged).*livercad models rollback one"):
        champion("one")
    assert roll_back("one", "ann") == first == champion("one")


def test_rolling_back_passes_over_versions_whose_weights_are_gone(installed, tmp_path):
    first, _ = (crown(trained(tmp_path, number), "ann", "better") for number in (1, 2))
    first.path.unlink()
    assert roll_back("one", "ann") == base("one")


def test_a_pointer_that_cannot_be_read_is_told_and_rolled_back_to_the_base(installed, tmp_path):
    crown(trained(tmp_path, 1), "ann", "better")
    (installed.folder / "one" / POINTER).write_text("{")
    for refused in (lambda: champion("one"), lambda: crown(trained(tmp_path, 2), "ann", "better")):
        with pytest.raises(ModelError, match="livercad models rollback one"):
            refused()
    assert roll_back("one", "ann") == base("one") == champion("one")


def test_a_model_that_the_registry_does_not_know_has_no_champion(installed):
    with pytest.raises(ModelError, match="one of one, two"):
        champion("../one")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensors: tensors.pop(next(iter(tensors))), "parameters in place of"),
        (lambda tensors: tensors.update(other=tensors.pop(next(iter(tensors)))), "other tensors"),
        (lambda tensors: next(iter(tensors.values())).fill(np.nan), "not finite"),
    ],
    ids=["a tensor less", "another name", "not a number"],
)
def test_what_cannot_be_the_models_weights_is_no_challenger(installed, tmp_path, change, said):
    tensors = dict(load_file(installed_weights("one")))
    change(tensors)
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match=said):
        challenger("one", tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="no safetensors file that can be read"):
        challenger("one", tmp_path / "x.safetensors")


def test_weights_that_changed_after_they_were_named_are_not_crowned(installed, tmp_path):
    version = trained(tmp_path, 1)
    version.path.write_bytes(trained(tmp_path, 2).path.read_bytes())
    with pytest.raises(ModelError, match=r"damaged weights; expected those of one 1\+1"):
        crown(version, "ann", "better")
    assert champion("one") == base("one")


def test_promotions_at_the_same_time_come_one_after_the_other(installed, tmp_path):
    versions = [trained(tmp_path, number) for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda version: crown(version, "ann", "better"), versions))
    present = pointer("one")
    numbers = [reign.number for reign in (*present.former, present.champion)]
    assert numbers[0] == BASE and sorted(numbers) == list(range(9))


def _swap_for_ever(versions: list[ModelVersion], begun: Event) -> None:
    for version in itertools.cycle(versions):
        crown(version, "ann", "better")
        begun.set()
        roll_back("one", "ann")


def test_a_kill_at_any_moment_leaves_a_champion_whose_weights_are_whole(installed, tmp_path):
    """The copies are removed between kills, so that they are caught in the middle of being written as well."""
    versions = [trained(tmp_path, number) for number in (1, 2)]
    known = {base("one").sha256, *(version.sha256 for version in versions)}
    rng, context, seen = random.Random(0), multiprocessing.get_context("fork"), set()
    for _ in range(KILLS):
        process = context.Process(target=_swap_for_ever, args=(versions, begun := context.Event()))
        process.start()
        assert begun.wait(60)
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        process.join()
        seen.add(champion("one").sha256)
        while champion("one").number != BASE:
            roll_back("one", "ann")
        for copy in (installed.folder / "one" / "champions").glob("*"):
            copy.unlink()
    assert seen <= known and len(seen) > 1
