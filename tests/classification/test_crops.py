from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.classification.augmentation import Augmentation, augmented, network_view, seeded
from livercad.classification.examples import measured, squares_of
from livercad.classification.scaling import HIGHEST_HU, LOWEST_HU, to_network
from livercad.core.crops import PHASES, PIXELS, PLANES, crops_of, side_mm
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.measure.lesions import measure_lesions
from livercad.phantom.excerpts import Excerpt, PhantomPatient


@pytest.fixture(scope="module")
def excerpt() -> Excerpt:
    return PhantomPatient(9, 4).excerpt(0, LesionType.CYST, 30.0)


@pytest.fixture(scope="module")
def squares(excerpt: Excerpt) -> torch.Tensor:
    """The stored squares of one lesion, as a batch."""
    return torch.from_numpy(squares_of(excerpt.images, *measured(excerpt.lesion)))[None]


def test_what_is_learnt_from_is_what_is_seen_in_use(excerpt: Excerpt, squares: torch.Tensor) -> None:
    """Stored squares, cut to the network's view, against crops of the lesion as the analysis measures it."""
    learnt = network_view(torch.from_numpy(squares_of(excerpt.images, *measured(excerpt.lesion)))[None])[0].numpy()
    empty = excerpt.lesion.like(np.zeros(excerpt.lesion.shape, np.int16))
    (lesion,) = measure_lesions(
        empty, excerpt.liver, excerpt.lesion.like(excerpt.lesion.array.astype(np.uint16)), {1: 1.0}
    )
    used, present = crops_of(excerpt.images, lesion.center, lesion.diameter_mm)
    assert present.all()
    assert measured(excerpt.lesion) == (pytest.approx(lesion.center), pytest.approx(lesion.diameter_mm))
    assert lesion.diameter_mm > 1.02 * excerpt.diameter_mm  # no ball: the two must not be taken for each other
    assert np.corrcoef(to_network(learnt).ravel(), to_network(used).ravel())[0, 1] > 0.97
    assert np.median(np.abs(learnt - used)) < 3


def test_the_lesion_fills_the_middle_of_its_crop(excerpt: Excerpt) -> None:
    crops, _ = crops_of(excerpt.images, excerpt.center, excerpt.diameter_mm)
    portal = crops[PHASES.index(Phase.PORTAL), PLANES // 2]
    wide = PIXELS // 2
    assert portal[wide - 5 : wide + 5, wide - 5 : wide + 5].mean() < 30  # water
    assert np.median(portal[:, : PIXELS // 8]) > 60 or np.median(portal[:, -PIXELS // 8 :]) > 60  # liver beside it


def test_the_middle_plane_alone_is_that_of_the_three(excerpt: Excerpt) -> None:
    crops, present = crops_of(excerpt.images, excerpt.center, excerpt.diameter_mm)
    alone, seen = crops_of(excerpt.images, excerpt.center, excerpt.diameter_mm, planes=1)
    np.testing.assert_array_equal(alone[:, 0], crops[:, PLANES // 2])
    assert seen.tolist() == present.tolist()


def test_a_smaller_ratio_shows_more_around_the_lesion(excerpt: Excerpt) -> None:
    portal = excerpt.images[Phase.PORTAL]
    wide, _ = crops_of({Phase.PORTAL: portal}, excerpt.center, excerpt.diameter_mm, 0.3)
    square = axial_squares(portal, excerpt.center, excerpt.diameter_mm / 0.3, PIXELS)
    np.testing.assert_array_equal(wide[PHASES.index(Phase.PORTAL), PLANES // 2], square[0])


def test_a_small_lesion_is_not_blown_up() -> None:
    assert side_mm(5) == side_mm(14) == 24
    assert side_mm(60) == pytest.approx(100)


def test_a_phase_that_is_missing_or_does_not_reach_the_lesion_is_not_present(excerpt: Excerpt) -> None:
    arterial = excerpt.images[Phase.ARTERIAL]
    elsewhere = Volume(arterial.array, arterial.affine + np.eye(4)[:, [3, 3, 3, 0]] @ np.diag([0, 0, 0, 500.0]))
    images = {Phase.PORTAL: excerpt.images[Phase.PORTAL], Phase.ARTERIAL: elsewhere}
    _, present = crops_of(images, excerpt.center, excerpt.diameter_mm)
    assert present.tolist() == [phase is Phase.PORTAL for phase in PHASES]


def test_hu_are_scaled_to_one_and_clipped() -> None:
    scaled = to_network(np.array([-1024, LOWEST_HU, (LOWEST_HU + HIGHEST_HU) / 2, HIGHEST_HU, 3000], np.float32))
    np.testing.assert_allclose(scaled, [-1, -1, 0, 1, 1])


def test_augmentation_without_strength_turns_only(squares: torch.Tensor) -> None:
    still = Augmentation(zoom=0, shift=0, own_shift=0, offset_hu=0, gain=0, noise_hu=0, full_share=1)
    many = squares.repeat(6, 1, 1, 1, 1)
    crops, present = augmented(many, still, seeded(1))
    plain = network_view(many)
    middle = slice(PIXELS // 2 - 6, PIXELS // 2 + 6)
    assert present.all()
    difference = crops[..., middle, middle].mean((-1, -2)) - plain[..., middle, middle].mean((-1, -2))
    assert difference.abs().max() < 8
    assert (crops - plain).abs().mean() > 3


def test_the_same_seed_changes_examples_alike_and_every_number_of_phases_occurs(squares: torch.Tensor) -> None:
    many = squares.repeat(200, 1, 1, 1, 1)[..., ::7, ::7]
    first, present = augmented(many, Augmentation(), seeded(5))
    again, _ = augmented(many, Augmentation(), seeded(5))
    assert torch.equal(first, again)
    assert not torch.equal(first, augmented(many, Augmentation(), seeded(6))[0])
    assert set(present.sum(1).tolist()) == {1, 2, 3, 4}
