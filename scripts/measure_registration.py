"""Measure on phantoms how exactly registration finds back how the liver lay in each breath-hold.

For each phantom the portal phase is the reference. Every other phase is laid over it, and the mapping that was found
is compared with the true one at points of the liver.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phantom.studies import make_ct_study
from livercad.registration.align import align

EVERY = 50
"""Of the liver's voxels, one in so many is looked at."""


def main() -> None:
    """Print a row for each phase of each phantom, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", "--count", type=int, default=5, help="how many phantoms")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--network", action="store_true", help="livers from the installed network instead of the truth")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    find_liver = network() if options.network else None
    print("case  phase       moved mm  error mm  95 %   largest  overlap        similarity     method            s")
    errors = []
    for number in range(options.count):
        study = make_ct_study((options.seed, number), phases=tuple(Phase))
        livers = study.livers if find_liver is None else {p: find_liver(ct) for p, ct in study.images.items()}
        points = liver_points(study.liver)
        for phase in study.breathing:
            begin = time.perf_counter()
            aligned = align(study.images[phase], livers[phase], study.images[Phase.PORTAL], livers[Phase.PORTAL])
            seconds = time.perf_counter() - begin
            truth = study.displaced(points, phase)
            error = np.linalg.norm(aligned.mapping(points) - truth, axis=1)
            moved = np.median(np.linalg.norm(truth - points, axis=1))
            errors.append(np.median(error))
            quality = aligned.quality
            print(
                f"{number:4}  {phase:10}  {moved:8.2f}  {np.median(error):8.2f}  {np.percentile(error, 95):5.2f}  "
                f"{error.max():7.2f}  {quality.liver_overlap_before:.3f} → {quality.liver_overlap_after:.3f}  "
                f"{quality.similarity_before:.3f} → {quality.similarity_after:.3f}  {quality.method:16}  {seconds:.1f}"
                + ("  poor" if quality.is_poor else ""),
                flush=True,
            )
    print(f"median of the median errors {np.median(errors):.2f} mm, largest {max(errors):.2f} mm")


def liver_points(liver: Volume) -> np.ndarray:
    """Some of the liver's voxel centres, RAS mm."""
    return transform_points(np.argwhere(liver.array)[::EVERY], liver.affine)


def network() -> Callable[[Volume], Volume]:
    """The installed liver network."""
    from livercad.segmentation.liver import LiverPredictor
    from livercad.settings import Settings

    return LiverPredictor(Settings())


if __name__ == "__main__":
    main()
