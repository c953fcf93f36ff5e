"""What the networks learn from: draws that depend on their number only, masks that stay on their image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from liver_cases import LESION_HU, LIVER_HU, liver_cases
from livercad.learning.cases import LabelledCase
from livercad.networks.leuven_unet import lesion_unet
from livercad.segmentation.scaling import scale_ct
from livercad.segmentation.training import lesion_views, liver_views
from livercad.segmentation.training.augmentation import LESIONS as LESIONS_CHANGED
from livercad.segmentation.training.jobs import LESIONS, Amount, SegmentationJob
from livercad.segmentation.training.lesion_views import draw_lesions, lesion_arrays
from livercad.segmentation.training.liver_views import CROP, LOST, draw_liver, liver_arrays
from livercad.segmentation.training.weights import numbered
from livercad.settings import Settings

BETWEEN = float(scale_ct(np.float32((LESION_HU + LIVER_HU) / 2)))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCase]:
    return liver_cases(tmp_path_factory.mktemp("cases"), 2)


@pytest.fixture
def small_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesion_views, "CROP", (32, 32, 16))
    monkeypatch.setattr(lesion_views, "EDGE", (4, 4, 2))


@pytest.mark.parametrize("case", [0, 1])
def test_lesions_stay_on_their_image_however_it_is_turned_mirrored_and_scaled(
    cases: list[LabelledCase], case: int, small_crops: None
) -> None:
    arrays = lesion_arrays(cases[case])
    for seed in range(6):
        view = draw_lesions(arrays, 4, np.random.default_rng(seed), replace(LESIONS_CHANGED, share=0.0))
        assert view.images.shape == view.truths.shape == view.counts.shape == (4, 1, 32, 32, 16)
        true, rest = (view.images[view.counts & (view.truths.bool() == side)].mean() for side in (True, False))
        assert rest - true > 0.15, "lesions are 90 HU darker than the liver, some of it lost at their border"
        assert (view.images[view.counts] > -0.5).float().mean() > 0.97, "outside the liver nothing is learnt"


def test_every_other_crop_is_around_a_lesion(cases: list[LabelledCase], small_crops: None) -> None:
    view = draw_lesions(lesion_arrays(cases[0]), 6, np.random.default_rng(0))
    assert (view.truths[::2].flatten(1).sum(1) > 0).all()


def test_a_whole_is_large_enough_for_its_statistics(cases: list[LabelledCase]) -> None:
    for seed in range(4):
        view = draw_lesions(lesion_arrays(cases[0]), 1, np.random.default_rng(seed))
        assert all(n % 8 == 0 for n in view.whole.shape[2:])
        sides = zip(view.looked.window, view.looked.keep, view.whole.shape[2:], strict=True)
        assert all(keep <= side.start < side.stop <= n - keep for side, keep, n in sides)


def test_a_draw_depends_on_its_number_only(cases: list[LabelledCase], tmp_path: Path, small_crops: None) -> None:
    def job(cache: str) -> SegmentationJob:
        amount = Amount(crops=2, at_once=1)
        return SegmentationJob(LESIONS, cases, [], None, tmp_path, tmp_path / cache, Settings(), 3, amount)

    one, other = job("a"), job("b")
    one.draw(0, 0, 1)
    for_third = one.draw(3, 0, 1)
    assert torch.equal(for_third.images, other.draw(3, 0, 1).images)
    assert torch.equal(for_third.images, other.draw(1, 1, 2).images), "two processes share the draws of one"
    assert not torch.equal(for_third.images, other.draw(5, 0, 1).images)


def test_each_case_comes_once_before_any_comes_again(cases: list[LabelledCase], tmp_path: Path) -> None:
    job = SegmentationJob(LESIONS, cases, [], None, tmp_path, tmp_path / "cache", Settings())
    drawn: list[int] = []
    job.arrays = type("Seen", (), {"__getitem__": lambda self, place: drawn.append(place)})()  # type: ignore[assignment]
    object.__setattr__(job, "kind", type("Kind", (), {"draw": staticmethod(lambda *_: None)}))
    for step in range(8):
        job.draw(step, 0, 1)
    assert [set(drawn[first : first + 2]) for first in range(0, 8, 2)] == [{0, 1}] * 4


def test_updates_make_the_loss_smaller(cases: list[LabelledCase], tmp_path: Path, small_crops: None) -> None:
    amount = Amount(crops=2, at_once=2)
    job = SegmentationJob(LESIONS, cases[:1], [], None, tmp_path, tmp_path / "cache", Settings(), 0, amount)
    network, view = job.network().train(), job.draw(0, 0, 1)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-4)
    losses = []
    for _ in range(5):
        (loss,) = job.losses(network, view)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[2:]) < losses[0] - 0.02


def test_weights_come_back_by_their_numbers() -> None:
    network, other = lesion_unet(), lesion_unet()
    other.load_numbered({name: torch.from_numpy(array) for name, array in numbered(network).items()})
    for one, same in zip(network.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(one, same)


@pytest.mark.parametrize("case", [0, 1])
def test_livers_stay_on_their_image(cases: list[LabelledCase], case: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liver_views, "WINDOW", (55, 55, 55))
    view = draw_liver(liver_arrays(cases[case]), 3, np.random.default_rng(case))
    assert view.whole.shape == (1, 1, 81, 81, 81)
    inner = slice(LOST, -LOST)
    images = view.images[..., inner, inner, inner]
    assert images.shape == view.truths.shape == (3, 1, *np.subtract(CROP, 2 * LOST))
    inside, outside = (images[view.counts & (view.truths.bool() == side)] for side in (True, False))
    assert inside.median() < outside[outside > 0].median() - 0.05
