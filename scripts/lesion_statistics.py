"""What the region that normalisations take their statistics from does to the lesions found (docs/lesions.md).

    python scripts/lesion_statistics.py CT [--truth LESIONS]

Finds the liver, then its lesions with statistics from the liver's box grown by 0, 6, 12 or 24 mm, from whole windows,
and as the product does, with two of these. Minimum score 0, minimum volume as by default.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from livercad.networks.leuven_unet import LESION_HALO
from livercad.segmentation import lesions
from livercad.segmentation.liver import LiverPredictor
from livercad.settings import Settings
from livercad.studies.nifti import read_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series

REGIONS = {f"{mm} mm": (mm, mm, mm // 3) for mm in (0, 6, 12, 24)} | {"whole window": LESION_HALO}


def main() -> None:
    """Print one row a region."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ct", type=Path)
    parser.add_argument("--truth", type=Path, help="mask of the lesions on the same grid")
    arguments = parser.parse_args()
    ct = load_series(Series((arguments.ct,), None, "unknown"))
    liver = LiverPredictor(Settings())(ct)
    truth = None if arguments.truth is None else read_volume(arguments.truth).array > 0
    table = Table(title=str(arguments.ct))
    for column in ("statistics from", "lesions", "largest, ml", "all, ml", "Dice"):
        table.add_column(column, justify="right")
    default = (lesions.SENSITIVE, lesions.STRICT)
    rows = {name: (region, region, Settings(minimum_score=0)) for name, region in REGIONS.items()}
    for name, (sensitive, strict, settings) in (rows | {"both, as shipped": (*default, Settings())}).items():
        with patch.object(lesions, "SENSITIVE", sensitive), patch.object(lesions, "STRICT", strict):
            found = lesions.LesionPredictor(settings)(ct, liver).instances.array
        volumes = np.bincount(found.ravel(order="K"))[1:] * ct.voxel_volume_ml
        dice = "" if truth is None else f"{2 * (truth & (found > 0)).sum() / (truth.sum() + (found > 0).sum()):.3f}"
        largest = volumes.max() if volumes.size else 0.0
        table.add_row(name, str(volumes.size), f"{largest:.2f}", f"{volumes.sum():.2f}", dice)
    Console().print(table)


if __name__ == "__main__":
    main()
