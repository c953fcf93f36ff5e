"""Lesions, slices and images that are made in no time, and easy to tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.classification.recipe import CLASSES
from livercad.core.crops import PHASES, PLANES
from livercad.simulation.phantom_lesions import Lesions
from livercad.simulation.slices import PIXELS, SLICES, Slices, Studies

STORED = 84


@pytest.fixture(scope="session")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Lesions:
    """Lesions of three classes, one a density; two in every other case."""
    import torch

    from livercad.classification.augmentation import network_view
    from livercad.simulation.phantom_lesions import shown

    folder, rng = tmp_path_factory.mktemp("lesions"), np.random.default_rng(0)
    case_of, classes, kinds = [], [], {}
    for number in range(30):
        case = f"p{number:04d}-1" if number < 18 else f"t{number:04d}"
        for _ in range(1 + number % 2):
            case_of.append(case)
            classes.append(number % 3)
        kinds[case] = CLASSES[number % 3].value
    density = np.array(classes)[:, None, None, None, None] * 90 - 20
    noise = rng.normal(0, 15, (len(classes), len(PHASES), PLANES, STORED, STORED))
    squares = (density + noise).astype(np.int16)
    np.save(folder / "squares.npy", squares)
    np.save(folder / "views.npy", shown(network_view(torch.from_numpy(squares))).numpy().astype(np.float16))
    pool = tuple(case for case in kinds if case[0] == "p")
    return Lesions(folder, tuple(case_of), tuple(classes), kinds, pool, tuple(case for case in kinds if case[0] == "t"))


@pytest.fixture(scope="session")
def studies() -> Studies:
    """Round livers, most of them with a round dark lesion."""
    rng = np.random.default_rng(1)
    slices, kinds = {}, {}
    rows, columns = np.mgrid[:PIXELS, :PIXELS]
    liver = np.hypot(rows - 32, columns - 32) < 26
    for number in range(26):
        case = f"p{number:04d}" if number < 18 else f"t{number:04d}"
        lesions = np.zeros((SLICES, PIXELS, PIXELS), dtype=bool)
        if number % 3 or number >= 18:
            r, c = rng.uniform(20, 44, 2)
            lesions[1:4] = np.hypot(rows - r, columns - c) < rng.uniform(4, 8)
        images = np.where(liver, 110.0, -80.0) + rng.normal(0, 8, lesions.shape) - 90 * lesions
        slices[case] = Slices(images.astype(np.float32), np.broadcast_to(liver, lesions.shape), lesions & liver)
        kinds[case] = "lesion" if lesions.any() else "none"
    pool = tuple(case for case in slices if case[0] == "p")
    return Studies(
        slices, {case: case for case in slices}, kinds, pool, tuple(case for case in slices if case[0] == "t")
    )


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of images of two classes, stripes along and across, and one image twice."""
    folder, rng = tmp_path / "images-of-two-classes", np.random.default_rng(2)
    (folder / "images").mkdir(parents=True)
    lines = ["case,image,class"]
    for number in range(60):
        along = number % 3 == 0
        rows, columns = np.mgrid[:90, :120]
        wave = np.sin((rows if along else columns) / rng.uniform(4, 7) + rng.uniform(0, 6))
        array = np.clip(120 + 60 * wave + rng.normal(0, 25, wave.shape), 9, 255).astype(np.uint8)
        Image.fromarray(array).save(folder / "images" / f"case-{number:02d}.png")
        lines.append(f"case-{number:02d},images/case-{number:02d}.png,{'along' if along else 'across'}")
    Image.open(folder / "images" / "case-01.png").resize((240, 180)).save(folder / "images" / "twin.png")
    (folder / "annotations.csv").write_text("\n".join([*lines, "twin,images/twin.png,across"]) + "\n")
    return folder
