"""Cases in a model's grid, kept on disk."""

from __future__ import annotations

import dataclasses
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.transforms import RandScaleIntensityd

from learning.killing import killed_at_work
from learning.labelled import labelled_case
from livercad.core.taxonomy import LesionType
from livercad.learning.cache import GridCache, remove_old
from livercad.learning.cases import LabelledCase


class Make:
    """Makes arrays of a case, and counts how often."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, case: LabelledCase) -> dict[str, np.ndarray | int]:
        self.made.append(case.case)
        image, label = case.read_image(), case.read_label()
        return {"ct": image.array[None].astype(np.float32), "label": label.array[None], "lesions": len(case.types)}


@pytest.fixture
def cases(tmp_path: Path) -> list[LabelledCase]:
    return [labelled_case(tmp_path, f"case{seed}", seed) for seed in range(3)]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if not path.name.startswith("."))


def test_a_case_is_made_once_for_all_runs(cases: list[LabelledCase], tmp_path: Path) -> None:
    make = Make()
    for _ in range(2):
        cache = GridCache(cases, make, tmp_path / "cache", "grid 3 mm")
        for index, case in enumerate(cases):
            for _ in range(2):
                found = cache[index]
                assert np.array_equal(found["ct"][0], case.read_image().array)
                assert np.array_equal(found["label"][0], case.read_label().array)
                assert (found["ct"].dtype, found["label"].dtype, found["lesions"]) == (torch.float32, torch.uint8, 1)
            assert cache.is_made(index)
    assert make.made == ["case0", "case1", "case2"]


def test_another_transform_has_its_own_arrays(cases: list[LabelledCase], tmp_path: Path) -> None:
    make = Make()
    one, other = (GridCache(cases, make, tmp_path / "cache", f"grid {n}/../mm\n") for n in (1, 2))
    assert one[0] and other[0]
    assert make.made == ["case0", "case0"] and len(files(tmp_path / "cache")) == 2
    one.remove()
    assert not one.is_made(0) and other.is_made(0)
    assert one[0]


def test_what_a_changed_case_was_is_removed(cases: list[LabelledCase], tmp_path: Path) -> None:
    make = Make()
    assert GridCache(cases, make, tmp_path / "cache", "key")[0]["lesions"] == 1
    told = dataclasses.replace(cases[0], types={1: LesionType.HCC, 2: LesionType.CYST})
    assert GridCache([told], make, tmp_path / "cache", "key")[0]["lesions"] == 2
    assert len(files(tmp_path / "cache")) == 1
    labelled_case(tmp_path, "case0", 0, value=1)
    assert GridCache([told], make, tmp_path / "cache", "key")[0]["label"].max() == 1
    assert len(make.made) == 3


def flipped(data: bytes) -> bytes:
    """With one bit changed in the middle of the arrays."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [flipped, lambda data: data[: len(data) // 2], lambda data: data[:-1], lambda data: b"", lambda data: b"no array"],
    ids=["a bit", "half", "the end", "empty", "another file"],
)
def test_a_damaged_file_is_made_again(
    cases: list[LabelledCase], tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    make = Make()
    assert GridCache(cases, make, tmp_path / "cache", "key")[1]
    (file,) = files(tmp_path / "cache")
    file.write_bytes(damage(file.read_bytes()))
    found = GridCache(cases, make, tmp_path / "cache", "key")[1]
    assert np.array_equal(found["ct"][0], cases[1].read_image().array)
    assert make.made == ["case1", "case1"]
    assert GridCache(cases, make, tmp_path / "cache", "key")[1] and len(make.made) == 2


def test_changing_what_is_returned_changes_no_file(cases: list[LabelledCase], tmp_path: Path) -> None:
    cache = GridCache(cases, Make(), tmp_path / "cache", "key")
    cache[0]["ct"].fill_(7)
    assert np.array_equal(cache[0]["ct"][0], cases[0].read_image().array)


def test_random_transforms_are_drawn_anew(cases: list[LabelledCase], tmp_path: Path) -> None:
    make = Make()
    after = [RandScaleIntensityd("ct", factors=0.5, prob=1.0).set_random_state(0)]
    cache = GridCache(cases, make, tmp_path / "cache", "key", after)
    means = {float(cache[0]["ct"].mean()) for _ in range(4)}
    assert len(means) == 4 and make.made == ["case0"]


def test_only_what_is_looked_at_is_in_memory(cases: list[LabelledCase], tmp_path: Path) -> None:
    cache = GridCache(cases[:1], lambda case: {"ct": np.zeros((64 << 20), np.uint8)}, tmp_path / "cache", "key")
    assert cache[0]["ct"].shape[0] == 64 << 20
    again = GridCache(cases[:1], Make(), tmp_path / "cache", "key")
    assert again[0] is not None  # the check of the file is over
    before = _resident_bytes()
    tracemalloc.start()
    found = again[0]
    assert int(found["ct"][5 << 20]) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert _resident_bytes() - before < 16 << 20


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_what_was_not_used_for_the_longest_time_goes_first(cases: list[LabelledCase], tmp_path: Path) -> None:
    make, folder = Make(), tmp_path / "cache"
    cache = GridCache(cases, make, folder, "key")
    assert cache[0] and cache[1]
    size = files(folder)[0].stat().st_size
    for days, index in ((2, 0), (1, 1)):
        file = cache._file(cases[index])
        os.utime(file, (time.time() - days * 86400,) * 2)
    assert cache[0]  # used now
    small = GridCache(cases, make, folder, "key", most_bytes=int(2.5 * size))
    assert small[2]
    assert [small.is_made(index) for index in range(3)] == [True, False, True]
    assert GridCache(cases, make, folder, "key", most_bytes=1)[1]  # larger than all that may stay, and stays
    assert len(files(folder)) == 1


def test_what_a_killed_process_has_begun_is_removed_after_a_day(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    for name, days in ((".old.pt", 2), (".new.pt", 0)):
        file = tmp_path / "key" / name
        file.write_bytes(b"begun")
        os.utime(file, (time.time() - days * 86400,) * 2)
    remove_old(tmp_path, 1 << 30)
    assert [file.name for file in (tmp_path / "key").iterdir()] == [".new.pt"]


def test_a_full_disk_leaves_no_half_of_a_file(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(made: object, file: Path) -> None:
        file.write_bytes(b"begun")
        raise OSError(28, "No space left on device")

    cache = GridCache(cases, Make(), tmp_path / "cache", "key")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(torch, "save", save)
        cache[0]
    assert not list((tmp_path / "cache").glob("*/*"))
    assert cache[0]


def test_a_kill_at_any_moment_leaves_whole_files_only(cases: list[LabelledCase], tmp_path: Path) -> None:
    arrays = [np.full((40, 40, 40), seed, np.float32) for seed in range(3)]

    def make(case: LabelledCase) -> dict[str, np.ndarray]:
        return {"ct": arrays[int(case.case[-1])]}

    def work(done: Callable[[int], None]) -> None:
        torch.set_num_threads(1)
        for _ in range(1000):
            cache = GridCache(cases, make, tmp_path / "cache", "key")
            for index in range(3):
                assert (cache[index]["ct"].numpy() == index).all()
                done(index)
            cache.remove()

    for _ in killed_at_work(work, times=20, seed=4):
        cache = GridCache(cases, lambda case: {"ct": np.zeros(1)}, tmp_path / "cache", "key")
        for index in range(3):
            found = cache[index]["ct"].numpy()
            assert found.shape in ((1,), (40, 40, 40))
            assert found.shape == (1,) or (found == index).all()
        cache.remove()
