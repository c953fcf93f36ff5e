"""A pipeline without weights: the real Analyzer around predictors that threshold a simple synthetic abdomen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from livercad.classification.doubts import ClassDoubt
from livercad.classification.views import LesionView
from livercad.core.crops import PHASES, PIXELS, crops_of, side_mm
from livercad.core.findings import ModelUsed, Registration
from livercad.core.lesion import Classification, Lesion
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound, split_lesions
from livercad.errors import ImageContentError
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.registration.align import Aligned
from livercad.registration.carrying import carry
from livercad.registration.mapping import IDENTITY
from livercad.settings import Settings

LIVER_HU, LESION_HU = 110, 40
BODY_HU = {Phase.UNENHANCED: -50, Phase.ARTERIAL: -40, Phase.PORTAL: -20, Phase.DELAYED: -30}
"""What tells the phases of the synthetic abdomen; liver and lesions look the same in all."""
AFFINE = np.array([[-4.0, 0, 0, 120], [0, -4.0, 0, 110], [0, 0, 5.0, -80], [0, 0, 0, 1]])


def synthetic_abdomen(seed: int = 0, shape: tuple[int, int, int] = (64, 64, 40), phase: Phase = Phase.PORTAL) -> Volume:
    """A body with an ellipsoid liver that holds two round lesions, in HU (int16), axes left, posterior, superior."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    hu = np.full(shape, -1000, dtype=np.int16)
    hu[(grid[0] / 0.9) ** 2 + (grid[1] / 0.8) ** 2 < 1] = BODY_HU[phase]
    center = np.array([-0.3, 0.0, 0.0]) + rng.uniform(-0.05, 0.05, 3)
    liver = sum(((grid[a] - center[a]) / r) ** 2 for a, r in enumerate((0.45, 0.5, 0.6))) < 1
    hu[liver] = LIVER_HU
    for sign in (-1, 1):
        lesion_center = center + np.array([0.0, 0.2 * sign, 0.15 * sign])
        radius = rng.uniform(0.1, 0.16)
        hu[sum((grid[a] - lesion_center[a]) ** 2 for a in range(3)) < radius**2] = LESION_HU
    return Volume(hu, AFFINE)


def write_case(
    folder: Path,
    name: str,
    seed: int = 0,
    shape: tuple[int, int, int] = (64, 64, 40),
    phase: Phase = Phase.PORTAL,
) -> Path:
    """Write a synthetic abdomen as ``folder/name.nii.gz``."""
    folder.mkdir(parents=True, exist_ok=True)
    volume = synthetic_abdomen(seed, shape, phase)
    path = folder / f"{name}.nii.gz"
    nib.save(nib.Nifti1Image(volume.array, volume.affine), path)
    return path


class FakeLiverFinder:
    """What has the synthetic liver's HU, its holes filled."""

    model = ModelUsed(name="fake-liver", version="1", sha256="0" * 64, runtime="numpy")

    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        progress(0, 1, "liver")
        mask = ndimage.binary_fill_holes(ct.array == LIVER_HU)
        if not mask.any():
            raise ImageContentError("the image", found="no liver", expected="an abdomen", todo="Check the study.")
        progress(1, 1, "liver")
        return ct.like(mask.astype(np.uint8))


class FakeLesionFinder:
    """What has the synthetic lesions' HU, inside the liver."""

    model = ModelUsed(name="fake-lesions", version="1", sha256="1" * 64, runtime="numpy")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        progress(0, 1, "lesions")
        probability = 0.9 * ((ct.array == LESION_HU) & (liver.array > 0))
        progress(1, 1, "lesions")
        certain = ct.like(probability.astype(np.float32))
        return split_lesions(certain, certain, self.settings)

    def uncertainty(self, ct: Volume, liver: Volume, progress: Progress = silent) -> float:
        """The more of the liver is lesion, the more unsure."""
        progress(1, 1, "lesions")
        return float(((ct.array == LESION_HU) & (liver.array > 0)).sum() / liver.array.sum())


@dataclass(frozen=True)
class FakeGuess:
    """What the fake recogniser says of an image."""

    probabilities: dict[Phase, float]
    is_unsure: bool
    organ_hu: dict[str, float]


class FakePhaseRecognizer:
    """Knows a phase by the HU of the synthetic body, and is unsure where there is none of them."""

    model = ModelUsed(name="fake-phases", version="1", sha256="2" * 64, runtime="numpy")

    def __call__(self, ct: Volume, liver: Volume | None, progress: Progress = silent) -> FakeGuess:
        progress(1, 1, "phase")
        voxels = {phase: int((ct.array == hu).sum()) for phase, hu in BODY_HU.items()}
        if not any(voxels.values()):
            return FakeGuess(dict(zip(Phase, (0.1, 0.3, 0.35, 0.25), strict=True)), True, {})
        told = max(voxels, key=lambda phase: voxels[phase])
        return FakeGuess({phase: 0.94 if phase is told else 0.02 for phase in Phase}, False, {"aorta": 150.0})

    def liver_features(self, ct: Volume, liver: Volume) -> np.ndarray:
        return np.array([liver.array.sum(), ct.array[liver.array > 0].mean()], np.float32)


@dataclass(frozen=True)
class FakeClassified:
    """What the fake classifier says of a lesion."""

    classification: Classification
    view: LesionView


class FakeClassifier:
    """Takes lesions above 30 mm for metastases and all others for hemangiomas."""

    model = ModelUsed(name="fake-classes", version="1", sha256="3" * 64, runtime="numpy")

    def __call__(
        self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion], progress: Progress = silent
    ) -> dict[int, FakeClassified]:
        progress(1, 1, "classes")
        return {lesion.number: self._one(images, lesion) for lesion in lesions}

    def doubts(self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion]) -> dict[int, ClassDoubt]:
        features = np.ones(3, np.float32)
        return {each.number: ClassDoubt(1 / each.diameter_mm, 0.0, each.volume_ml * features) for each in lesions}

    def _one(self, images: Mapping[Phase, Volume], lesion: Lesion) -> FakeClassified:
        label = LesionClass.METASTASIS if lesion.diameter_mm > 30 else LesionClass.HEMANGIOMA
        probabilities = {each.value: 0.9 if each is label else 0.02 for each in LesionClass}
        malignancy = sum(probabilities[each] for each in LesionClass if each.is_malignant)
        phases = tuple(phase for phase in Phase if phase in images)
        attention = {phase.value: 1 / len(phases) for phase in phases}
        classification = Classification(label, probabilities, malignancy, False, "", phases, attention)
        cut, _ = crops_of(images, lesion.center, lesion.diameter_mm)
        crops = {phase: cut[PHASES.index(phase)] for phase in phases}
        saliency = {phase: np.linspace(0, 1, PIXELS**2, dtype=np.float32).reshape(PIXELS, PIXELS) for phase in phases}
        return FakeClassified(classification, LesionView(crops, saliency, lesion.center, side_mm(lesion.diameter_mm)))


def align_where_they_lie(
    moving: Volume, moving_liver: Volume, fixed: Volume, fixed_liver: Volume, progress: Progress = silent
) -> Aligned:
    """Bring a phase to the reference's grid without moving it, which saves the seconds of a real registration."""
    progress(1, 1, "registration")
    image = fixed.like(carry(moving, IDENTITY, fixed, "nearest", -1024).astype(np.int16))
    liver = fixed.like(carry(moving_liver, IDENTITY, fixed, "nearest", 0).astype(np.uint8))
    overlap = 2 * (liver.array * fixed_liver.array).sum() / (liver.array.sum() + fixed_liver.array.sum())
    return Aligned(image, liver, Registration("none", overlap, overlap, 1.0, 1.0, 0.0, 0.0, is_poor=False), IDENTITY)


def fake_analyzer(settings: Settings | None = None) -> Analyzer:
    """An Analyzer that needs no weights and takes milliseconds; it neither recognises phases nor classifies."""
    settings = settings or Settings()
    return Analyzer(FakeLiverFinder(), FakeLesionFinder(settings), settings, align=align_where_they_lie)


def full_analyzer(settings: Settings | None = None) -> Analyzer:
    """The same with all that an Analyzer can have."""
    settings = settings or Settings()
    return Analyzer(
        FakeLiverFinder(),
        FakeLesionFinder(settings),
        settings,
        FakePhaseRecognizer(),
        FakeClassifier(),
        align_where_they_lie,
    )
