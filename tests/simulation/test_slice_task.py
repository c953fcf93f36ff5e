from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.learning.plan import Plan
from livercad.phantom.studies import reorient
from livercad.simulation.own_studies import own_studies
from livercad.simulation.pixels import FEATURES, pixels_of
from livercad.simulation.slice_task import SliceModel, SliceTask
from livercad.simulation.slices import ENDS, PIXELS, SIDE_MM, SLICES, Slices, Studies, slices_of
from livercad.studies.nifti import write_volume


@pytest.fixture(scope="module")
def task(studies: Studies) -> SliceTask:
    return SliceTask(studies, plan=Plan(steps=60, learning_rate=1e-2, clip=5.0))


@pytest.fixture(scope="module")
def model(task: SliceTask) -> SliceModel:
    return task.learn(task.truth(task.studies.pool), 0)


def test_dark_discs_are_learnt(task: SliceTask, model: SliceModel) -> None:
    assert model.score(task.split(0).test).value > 0.6


def test_cases_without_a_lesion_are_less_uncertain(task: SliceTask, model: SliceModel) -> None:
    known = model.look(task.studies.pool, 0)
    has = np.array([task.studies.slices[case].lesions.any() for case in task.studies.pool])
    assert known.uncertainty[has].mean() > known.uncertainty[~has].mean()
    assert np.isnan(known.classification).all() and np.isfinite(known.embeddings).all()


def test_without_test_cases_each_seed_draws_its_own_by_patient(task: SliceTask) -> None:
    patients = {case: f"patient-{n // 3}" for n, case in enumerate(task.studies.pool)}
    own = replace(task, studies=replace(task.studies, test=(), patients=patients))
    splits = [own.split(seed) for seed in range(2)]
    assert splits[0].test != splits[1].test
    for split in splits:
        assert not {patients[case] for case in split.pool} & {patients[case] for case in split.test}
        assert all(task.studies.slices[case].lesions.any() for case in split.test)


def test_cases_without_any_lesion_can_be_learnt_from(task: SliceTask) -> None:
    healthy = [case for case in task.studies.pool if not task.studies.slices[case].lesions.any()]
    assert task.learn(task.truth(healthy[:2]), 0).score(task.split(0).test).value == 0


def test_the_same_labels_and_seed_give_the_same_model(task: SliceTask) -> None:
    cases = task.studies.pool[:4]
    one, other = (task.learn(task.truth(cases), 3).look(cases, 1) for _ in range(2))
    assert np.array_equal(one.uncertainty, other.uncertainty) and np.array_equal(one.embeddings, other.embeddings)


def ball(spacing: tuple[float, float, float] = (4.0, 4.0, 5.0)) -> tuple[Volume, Volume]:
    """A round liver of 80 mm radius with a lesion of 20 mm off its middle, on a grid of some size."""
    shape = tuple(round(220 / each) for each in spacing)
    axes = np.meshgrid(*(np.arange(n) * each - 110 for n, each in zip(shape, spacing, strict=True)), indexing="ij")
    far = np.sqrt(sum(axis**2 for axis in axes))
    lesion = np.sqrt((axes[0] - 30) ** 2 + (axes[1] + 10) ** 2 + axes[2] ** 2) < 20
    label = np.where(lesion, Label.LESION, np.where(far < 80, Label.LIVER, Label.BACKGROUND)).astype(np.uint8)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -110
    image = np.where(label == Label.LESION, 40, np.where(label == Label.LIVER, 110, -80)).astype(np.int16)
    return Volume(image, affine), Volume(label, affine)


@pytest.mark.parametrize("axes", ["LPS", "SAR", "PIL"])
def test_slices_are_the_same_however_the_file_s_axes_lie(axes: str) -> None:
    image, label = ball()
    one, other = slices_of(image, label), slices_of(reorient(image, axes), reorient(label, axes))
    assert other.images == pytest.approx(one.images, abs=1e-2)
    assert np.array_equal(one.livers, other.livers) and np.array_equal(one.lesions, other.lesions)


def test_slices_have_the_liver_s_and_the_lesion_s_size() -> None:
    cut = slices_of(*ball((2.0, 2.0, 2.0)))
    pixel = (SIDE_MM / PIXELS) ** 2
    heights = np.linspace(-1, 1, SLICES) * 78 * (1 - 2 * ENDS)  # 78 mm: the outermost voxels' middles
    wanted = np.pi * (80**2 - heights**2)
    assert cut.livers.sum(axis=(1, 2)) * pixel == pytest.approx(wanted, rel=0.04)
    inside = np.pi * np.maximum(20**2 - heights**2, 0)
    assert cut.lesions.sum(axis=(1, 2)) * pixel == pytest.approx(inside, abs=170)


def test_what_lies_outside_the_liver_has_no_part_in_a_pixel() -> None:
    cut = slices_of(*ball())
    assert pixels_of(cut).shape == (cut.livers.sum(), FEATURES)
    other = Slices(np.where(cut.livers, cut.images, 900).astype(np.float32), cut.livers, cut.lesions)
    assert np.array_equal(pixels_of(cut), pixels_of(other))


def test_a_denser_patient_and_a_mirrored_one_look_the_same() -> None:
    cut = slices_of(*ball())
    denser = Slices(cut.images + 30, cut.livers, cut.lesions)
    assert pixels_of(denser) == pytest.approx(pixels_of(cut), abs=2e-2)
    mirrored = Slices(*(array[:, :, ::-1] for array in (cut.images, cut.livers, cut.lesions)))
    assert np.sort(pixels_of(mirrored), axis=0) == pytest.approx(np.sort(pixels_of(cut), axis=0), abs=2e-2)


def write_truth(folder: Path, count: int) -> None:
    for number in range(count):
        image, label = ball((10.0, 10.0, 10.0))
        case = f"case-{number:02d}"
        write_volume(image, folder / "studies" / case / "portal.nii.gz")
        write_volume(label.like((label.array > 0).astype(np.uint8)), folder / "truth" / case / "liver.nii.gz")
        lesions = (label.array == Label.LESION).astype(np.uint16)
        write_volume(label.like(lesions), folder / "truth" / case / "lesions.nii.gz")


def test_studies_with_their_truth_become_cases_of_the_pool(tmp_path: Path) -> None:
    write_truth(tmp_path, 20)
    found = own_studies(tmp_path, lambda done, total, what: None)
    assert len(found.pool) == 20 and found.test == ()
    assert set(found.kinds.values()) == {"lesion"}
    assert found.slices["case-07"].lesions.any()


def test_a_folder_with_too_few_studies_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    write_truth(tmp_path, 3)
    with pytest.raises(InputError, match=r"found 3 patients with outlined lesions; expected at least 20"):
        own_studies(tmp_path, lambda done, total, what: None)
