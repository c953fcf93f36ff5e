"""The shipped models on real CT: what the project promises of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.models.install import State, state_of
from livercad.models.registry import load_registry
from livercad.pipeline.analyzer import Analyzer
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from livercad.studies.study import Series, Study


@pytest.fixture(scope="module")
def analyzer(real_data: Path) -> Analyzer:
    if any(state_of(entry) is not State.INSTALLED for entry in load_registry().values()):
        pytest.skip("the models are not installed: run `livercad models install`")
    return Analyzer.load(Settings())


@pytest.fixture
def crop_scores(real_data: Path) -> list[list[str]]:
    """The table that scripts/evaluate_crop.py prints of the crop of LiTS 117, rows and cells."""
    files = [real_data / "ct/lits117_crop" / name for name in ("img_117.mrc.gz", "lab_117.mrc.gz")]
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root / "monailabel_app")}
    command = [sys.executable, root / "scripts" / "evaluate_crop.py", *files, "--spacing", "1.5"]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]


def study(path: Path) -> Study:
    return Study(path.parent.name, (Series((path,), Phase.PORTAL, "name"),))


def mask(path: Path) -> np.ndarray:
    return np.asanyarray(nib.load(path).dataobj) > 0


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_the_liver_of_an_expert_labelled_ct_is_found(analyzer: Analyzer, real_data: Path) -> None:
    analysis = analyzer(study(real_data / "ct/ircadb01/ct.nii.gz"))
    assert dice(analysis.liver.array > 0, mask(real_data / "ct/ircadb01/liver.nii.gz")) >= 0.94


def test_a_huge_tumour_is_one_lesion_and_part_of_the_liver(analyzer: Analyzer, real_data: Path) -> None:
    folder = real_data / "ct/hcc009_baseline"
    analysis = analyzer(study(folder / "ct_portal.nii.gz"))
    tumour = mask(folder / "tumor.nii.gz")
    liver = mask(folder / "liver.nii.gz") | tumour
    # Near the dome the reference fits another breath-hold.
    assert dice(analysis.liver.array[..., :49] > 0, liver[..., :49]) >= 0.92
    assert dice(analysis.lesions.array == 1, tumour) >= 0.60
    assert [lesion.volume_ml > 1 for lesion in analysis.findings.lesions].count(True) == 1


def test_three_phases_with_meaningless_names_are_recognised_and_laid_over_each_other(
    analyzer: Analyzer, real_data: Path, tmp_path: Path
) -> None:
    names = {"a1": "noncontrast", "x7": "portal", "q": "arterial"}
    (tmp_path / "patient").mkdir()
    for name, phase in names.items():
        source = (real_data / f"ct/hcc009_baseline/ct_{phase}.nii.gz").resolve()
        (tmp_path / "patient" / f"{name}.nii.gz").symlink_to(source)
    analysis = analyzer(find_studies(tmp_path).studies[0])
    read = {Path(phase.source).name[:-7]: phase for phase in analysis.findings.phases}
    assert {name: phase.phase for name, phase in read.items()} == {
        "a1": Phase.UNENHANCED,
        "x7": Phase.PORTAL,
        "q": Phase.ARTERIAL,
    }
    assert read["x7"].is_reference
    for name in ("a1", "q"):
        registration = read[name].registration
        assert registration is not None and not registration.is_poor
        assert registration.liver_overlap_after > max(0.9, registration.liver_overlap_before)
        assert registration.similarity_after > registration.similarity_before
    (huge,) = [lesion for lesion in analysis.findings.lesions if lesion.volume_ml > 1]
    assert {Phase.ARTERIAL, Phase.PORTAL} <= set(huge.visible_in)
    # Little contrast medium in the arterial phase, and less than the liver's in the portal phase.
    curve = {point.phase: point for point in huge.enhancement}
    assert curve[Phase.UNENHANCED].lesion_hu < curve[Phase.ARTERIAL].lesion_hu < curve[Phase.PORTAL].lesion_hu
    assert curve[Phase.PORTAL].contrast_hu < -20
    assert huge.classification is not None and huge.classification.is_malignant


def test_a_healthy_liver_has_no_lesion(analyzer: Analyzer, real_data: Path) -> None:
    assert analyzer(study(real_data / "ct/chaos_ct03/ct.nii.gz")).findings.lesions == ()


def test_lesions_of_a_crop_are_found_in_its_true_liver(analyzer: Analyzer, crop_scores: list[list[str]]) -> None:
    (liver, _, listed, dice_of_all, kept, dice_of_kept), _ = crop_scores
    assert liver == "true"
    assert float(dice_of_all) >= 0.75 and float(dice_of_kept) >= 0.75
    assert int(kept) < int(listed)
