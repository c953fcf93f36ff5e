"""The masks and findings of one case, on one grid or with the reason why not."""

from __future__ import annotations

import json
from pathlib import Path

from livercad.core.findings import Findings
from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.evaluation.cases import MaskFiles, Skipped
from livercad.studies.nifti import read_volume


def read_truth(files: MaskFiles) -> tuple[Volume | None, Volume | None]:
    """Read a case's truth.

    The true liver is taken with its lesions, as the predicted one is: where the truth has both masks they are united,
    because several public collections leave tumours out of the liver's outline.

    Parameters
    ----------
    files : MaskFiles
        Where the masks are.

    Returns
    -------
    liver, lesions : Volume or None
        None where there is no file.

    Raises
    ------
    InputError
        If a file cannot be read, or the two masks are on different grids.
    """
    liver = read_volume(files.liver) if files.liver else None
    lesions = read_volume(files.lesions) if files.lesions else None
    if liver is None or lesions is None:
        return liver, lesions
    difference = grid_difference(lesions, liver)
    if difference:
        raise InputError(
            files.lesions,
            found=difference,
            expected=f"the grid of {files.liver}",
            todo="Resample one of them (nearest neighbour) onto the other's grid.",
        )
    return liver.like((liver.array > 0) | (lesions.array > 0)), lesions


def read_findings(path: Path) -> Findings | None:
    """Read a result's findings.

    Parameters
    ----------
    path : Path
        A ``findings.json``.

    Returns
    -------
    Findings or None
        None where there is no such file: masks of other software are evaluated without scores.

    Raises
    ------
    InputError
        If the file is there but cannot be read.
    """
    if not path.is_file():
        return None
    try:
        return Findings.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError(
            path,
            found=f"what cannot be read ({error})",
            expected="findings as `livercad analyze` writes them",
            todo="Analyse this case again.",
        ) from error


def comparable(
    case: str, what: str, result: Path | None, truth: Volume | None
) -> tuple[Volume, Volume] | Skipped | None:
    """Bring a result's mask together with its truth.

    Parameters
    ----------
    case : str
        Whose.
    what : str
        ``liver`` or ``lesions``.
    result : Path or None
        The predicted mask's file, if there is one.
    truth : Volume or None
        The true mask, if there is one.

    Returns
    -------
    (Volume, Volume), Skipped or None
        Prediction and truth on one grid; why not; or None where neither side speaks of it.
    """
    if result is None or truth is None:
        if result is None and truth is None:
            return None
        return Skipped(case, what, f"the {'result' if result is None else 'truth'} has no {what} mask")
    try:
        predicted = read_volume(result)
    except InputError as error:
        return Skipped(case, what, str(error))
    difference = grid_difference(predicted, truth)
    if difference:
        return Skipped(case, what, f"the result is not on the truth's grid: {difference}")
    return predicted, truth
