"""Phantom images under names that tell nothing, so that their phases have to be recognised."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livercad.core.phases import Phase
from livercad.evaluation.tables import to_csv
from livercad.evaluation.truth_tables import PHASES_TABLE
from livercad.studies.atomic import write_text


def write_phases(folder: Path, *, nameless: bool, seed: int = 0) -> None:
    """Write the phase of every phantom image into ``truth/phases.csv``.

    Parameters
    ----------
    folder : Path
        What `livercad.phantom.studies.write_ct_studies` wrote.
    nameless : bool
        Rename ``PHASE.nii.gz`` to ``image-N.nii.gz``, the phases of each case in random order.
    seed : int, default 0
        Of that order.
    """
    rows = []
    for number, case in enumerate(sorted((folder / "studies").iterdir())):
        there = [phase for phase in Phase if _image(case, phase.value).is_file()]
        order = np.random.default_rng((seed, number)).permutation(len(there)) + 1
        for phase, place in zip(there, order, strict=True):
            image = _image(case, phase.value)
            if nameless:
                image = image.rename(_image(case, f"image-{place}"))
            rows.append({"case": case.name, "image": image.name, "phase": phase.value})
    write_text(folder / "truth" / PHASES_TABLE, to_csv(rows, ("case", "image", "phase")))


def _image(case: Path, name: str) -> Path:
    return case / f"{name}.nii.gz"
