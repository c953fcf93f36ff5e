"""Make the phantom that Slicer's module Sample Data offers, and its picture; both are part of the extension.

usage: scripts/make_sample_data.py
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.phases import Phase, window_of
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.studies import make_ct_study
from livercad.studies.nifti import write_volume

RESOURCES = Path(__file__).resolve().parents[1] / "SlicerLiverCAD" / "Resources"
SEED = 1
"""Chosen for showing: the shipped models find all its lesions, which they do not in every phantom (docs/slicer.md)."""
PHASES = (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL)
SHAPE = (176, 136, 56)
SPACING_MM = (2.2, 2.2, 4.0)
LESIONS = (
    (LesionType.HCC, 42.0),
    (LesionType.HEMANGIOMA, 30.0),
    (LesionType.METASTASIS, 24.0),
    (LesionType.CYST, 18.0),
)
STEP_HU = 4
"""HU are rounded to this, which halves the files; the noise is several times as large."""
PICTURE = 128
"""Pixels along the side of the picture."""


def main() -> None:
    """Write LiverCADPhantom_PHASE.nii.gz and Icons/LiverCADPhantom.png."""
    study = make_ct_study(
        SEED, case="LiverCADPhantom", phases=PHASES, shape=SHAPE, spacing=SPACING_MM, lesions=LESIONS, orientation="LPS"
    )
    folder = RESOURCES / "SampleData"
    folder.mkdir(exist_ok=True)
    for phase, image in study.images.items():
        rounded = np.round(image.array / STEP_HU).astype(np.int16) * np.int16(STEP_HU)
        path = folder / f"LiverCADPhantom_{phase.value}.nii.gz"
        write_volume(image.like(rounded), path)
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 9, mtime=0))  # it is downloaded often
    picture_of(study.images[Phase.PORTAL], study.instances).save(RESOURCES / "Icons" / "LiverCADPhantom.png")
    for lesion in study.lesions:
        print(lesion)


def picture_of(image: Volume, instances: Volume) -> Image.Image:
    """Draw the slice through the largest lesion as radiologists see it: from below, the belly's front above."""
    plane = int(np.argmax((instances.array == 1).sum(axis=(0, 1))))
    low, high = window_of(Phase.PORTAL).range_hu
    grey: npt.NDArray[np.float64] = np.clip((image.array[:, :, plane] - low) / (high - low), 0, 1) * 255
    return Image.fromarray(grey.T.astype(np.uint8)).resize((PICTURE, PICTURE * grey.shape[1] // grey.shape[0]))


if __name__ == "__main__":
    main()
