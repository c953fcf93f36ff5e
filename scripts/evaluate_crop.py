"""Lesions in a crop of a CT that has labels but no geometry, such as LiTS 117 in liver-ct-segmentation-package 1.6.0.

    python scripts/evaluate_crop.py IMAGE.mrc.gz LABELS.mrc.gz --spacing 1.5

Axes as in that package: right to left, front to back, foot to head; labels 1 liver, 2 tumour. The spacing (mm, the same
along all axes) is not stored and has to be guessed from the anatomy. Lesions are found in the true liver and in
the liver that is found, by the lesion network alone and with the detector `rescored`, the crop taken for portal.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from rich.console import Console
from rich.table import Table

from livercad.core.phases import Phase
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors.rescored import Rescorer
from livercad.segmentation.lesions import LesionPredictor
from livercad.segmentation.liver import LiverPredictor
from livercad.settings import Settings


def read_crop(path: Path) -> np.ndarray[Any, Any]:
    """Read a gzipped MRC file, axes right to left, front to back, foot to head."""
    with tempfile.NamedTemporaryFile(suffix=".mrc") as file:
        file.write(gzip.decompress(path.read_bytes()))
        file.flush()
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(file.name)))


def dice(found: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> str:
    """Overlap of two masks."""
    return f"{2 * ((found > 0) & truth).sum() / ((found > 0).sum() + truth.sum()):.3f}"


def main() -> None:
    """Print one row a liver."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--spacing", type=float, required=True, help="voxel size in mm")
    arguments = parser.parse_args()
    labels = read_crop(arguments.labels)
    affine = np.diag([-arguments.spacing, -arguments.spacing, arguments.spacing, 1.0])
    ct = Volume(read_crop(arguments.image).astype(np.float32), affine)
    true_liver = ct.like((labels >= Label.LIVER).astype(np.uint8))
    own_liver = LiverPredictor(Settings())(ct)
    find_lesions = LesionPredictor(Settings())
    rescore = Rescorer(Settings())
    table = Table(title=f"{arguments.image.name} at {arguments.spacing} mm")
    for column in ("liver", "Dice of the liver", "lesions found", "Dice of the lesions", "rescored", "Dice"):
        table.add_column(column, justify="right")
    for name, liver in (("true", true_liver), ("found", own_liver)):
        found = find_lesions(ct, liver)
        phases = dict.fromkeys(found.scores, (Phase.PORTAL,))
        rescored = rescore({Phase.PORTAL: ct}, liver, Matched(found.instances, found.scores, phases))
        cells = [dice(liver.array, true_liver.array > 0)]
        for instances, scores in ((found.instances, found.scores), (rescored.instances, rescored.scores)):
            cells += [str(len(scores)), dice(instances.array, labels == Label.LESION)]
        table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
