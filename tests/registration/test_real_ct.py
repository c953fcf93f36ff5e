"""A real patient whose phases lie some centimetres apart, one of them in slices of 10 mm."""

from __future__ import annotations

from pathlib import Path

import pytest

from livercad.models.install import State, state_of
from livercad.models.registry import find
from livercad.registration.align import align
from livercad.segmentation.liver import NAME, LiverPredictor
from livercad.settings import Settings
from livercad.studies.nifti import read_volume

pytestmark = pytest.mark.long


def test_unenhanced_and_arterial_phases_come_to_lie_on_the_portal_phase(real_data: Path) -> None:
    if state_of(find(NAME)) is not State.INSTALLED:
        pytest.skip("the liver model is not installed: run `livercad models install`")
    folder, find_liver = real_data / "ct/hcc009_baseline", LiverPredictor(Settings())
    portal, arterial, unenhanced = (
        read_volume(folder / f"ct_{name}.nii.gz") for name in ("portal", "arterial", "noncontrast")
    )
    liver = find_liver(portal)
    for moving, overlap, gain in ((arterial, 0.95, 0.03), (unenhanced, 0.90, 0.08)):
        aligned = align(moving, find_liver(moving), portal, liver)
        quality = aligned.quality
        assert not quality.is_poor
        assert quality.liver_overlap_after > max(overlap, quality.liver_overlap_before + gain)
        assert quality.similarity_after > quality.similarity_before + 0.25
        together = (aligned.liver.array > 0) & (liver.array > 0)
        dice = 2 * together.sum() / (aligned.liver.array.sum() + liver.array.sum())
        assert dice == pytest.approx(quality.liver_overlap_after, abs=0.01)
