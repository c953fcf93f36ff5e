"""Boxes of `livercad analyze`'s findings, and of the lesions in a truth's masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from livercad.core.findings import Findings
from livercad.core.geometry import Box, Frame, transform_points
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.boxes.model import BoxFrame, Corners, DetectedBox, ImageBoxes, TrueLesion
from livercad.evaluation.boxes.told import BoxSet
from livercad.evaluation.cases import CasePair, Skipped, is_phantom, pair_cases, truth_folder
from livercad.evaluation.csv_rows import DOCUMENTED, need_columns
from livercad.evaluation.lesions import measured
from livercad.evaluation.matching import instances_of
from livercad.evaluation.reading import read_findings
from livercad.progress import Progress, silent
from livercad.studies.csv_table import read_csv
from livercad.studies.nifti import read_volume

PATIENTS_TABLE = "patients.csv"
"""Beside the truth's case folders: columns case and patient."""


def boxes_of_findings(results: Path, truth: Path, progress: Progress = silent) -> BoxSet:
    """Read the boxes of every case that has findings and a true lesion mask.

    Parameters
    ----------
    results : Path
        What ``livercad analyze`` wrote.
    truth : Path
        Folder of case folders with ``lesions.nii.gz``, as `livercad.evaluation.cases` finds them. Its masks need not be
        on the results' grid.
    progress : Progress
        Counts cases.

    Returns
    -------
    BoxSet
        A scan a case, those without lesions among them.

    Raises
    ------
    InputError
        If nothing can be compared, or the table of patients is wrong.
    """
    pairs, skipped = pair_cases(results, truth)
    patients = _patients(truth_folder(truth) / PATIENTS_TABLE)
    images, left_out = [], list(skipped)
    sources: dict[str, str] = {}
    for done, pair in enumerate(pairs):
        progress(done, len(pairs), pair.case)
        read = _read(pair)
        if isinstance(read, Skipped):
            left_out.append(read)
            continue
        findings, instances = read
        images.append(boxes_of_case(pair.case, patients.get(pair.case, pair.case), findings, instances))
        sources[pair.case] = next((phase.source for phase in findings.phases if phase.is_reference), "")
    progress(len(pairs), len(pairs), "boxes read")
    if not any(image.true for image in images):
        reasons = "; ".join(f"{item.case}: {item.reason}" for item in left_out[:3])
        raise InputError(
            truth,
            found="no true lesion in any case that has findings" + (f" ({reasons})" if reasons else ""),
            expected="at least one, without which there is no sensitivity",
            todo="Check the folder, and mend what is named there.",
        )
    return BoxSet(
        images=tuple(images),
        predictions=results,
        truth=truth,
        patients_told=bool(patients),
        left_out=tuple(sorted(left_out, key=lambda item: item.case)),
        is_phantom=is_phantom(truth),
        sources=sources,
    )


def boxes_of_case(case: str, patient: str, findings: Findings, truth: Volume) -> ImageBoxes:
    """Boxes of one case.

    Parameters
    ----------
    case, patient : str
        Its name, and whose it is.
    findings : Findings
        What was found; the lesions' boxes and scores are taken.
    truth : Volume
        Instances of the true lesions, on any grid.

    Returns
    -------
    ImageBoxes
        In RAS mm, each detected box with the true lesion that its centre lies in.
    """
    detected = tuple(
        DetectedBox(
            corners_of_box(lesion.box),
            lesion.score,
            BoxFrame.RAS,
            lesion.classification.label.value if lesion.classification else "",
        )
        for lesion in findings.lesions
    )
    return ImageBoxes(case, patient, BoxFrame.RAS, with_centres(detected, truth), true_lesions(truth))


def true_lesions(instances: Volume) -> tuple[TrueLesion, ...]:
    """Boxes and diameters of the lesions in a mask.

    Parameters
    ----------
    instances : Volume
        0 and the numbers of the lesions, see `livercad.evaluation.matching.instances_of`.

    Returns
    -------
    tuple of TrueLesion
        In RAS mm, by number.
    """
    from scipy.ndimage import find_objects

    numbers = np.unique(instances.array[instances.array > 0]).astype(np.int64)
    blocks = find_objects(instances.array)
    lesions = []
    for lesion in measured(instances, numbers):
        sides = blocks[lesion.number - 1]
        low_i, low_j, low_k = (side.start - 0.5 for side in sides)
        high_i, high_j, high_k = (side.stop - 0.5 for side in sides)
        box = Box((low_i, low_j, low_k), (high_i, high_j, high_k), Frame.IJK).to(Frame.RAS, instances.affine)
        lesions.append(TrueLesion(corners_of_box(box), BoxFrame.RAS, lesion.diameter_mm, number=lesion.number))
    return tuple(lesions)


def with_centres(detected: tuple[DetectedBox, ...], instances: Volume) -> tuple[DetectedBox, ...]:
    """Write down which true lesion's mask holds the centre of each box.

    Parameters
    ----------
    detected : tuple of DetectedBox
        In RAS mm.
    instances : Volume
        0 and the numbers of the true lesions.

    Returns
    -------
    tuple of DetectedBox
        With `DetectedBox.in_lesion`, 0 where no mask holds it.
    """
    if not detected:
        return ()
    centres = np.array([box.centre for box in detected])
    voxels = np.rint(transform_points(centres, np.linalg.inv(instances.affine))).astype(np.int64)
    inside = ((voxels >= 0) & (voxels < instances.shape)).all(axis=1)
    held = np.zeros(len(detected), dtype=np.int64)
    held[inside] = instances.array[tuple(voxels[inside].T)]
    return tuple(replace(box, in_lesion=int(number)) for box, number in zip(detected, held, strict=True))


def corners_of_box(box: Box) -> Corners:
    """The corners of a box of the findings.

    Parameters
    ----------
    box : Box
        In RAS mm.

    Returns
    -------
    tuple of float, length 6
        Lower corner, then upper corner.

    Raises
    ------
    ValueError
        If the box is in another frame.
    """
    if box.frame is not Frame.RAS:
        raise ValueError(f"A scan's boxes are evaluated in RAS mm, not in {box.frame}.")
    return (*box.minimum, *box.maximum)


def _read(pair: CasePair) -> tuple[Findings, Volume] | Skipped:
    if pair.truth.lesions is None:
        return Skipped(pair.case, "lesions", "the truth has no lesions mask")
    try:
        findings = read_findings(pair.findings)
        if findings is None:
            return Skipped(pair.case, "case", f"{pair.findings} is not there, which tells the boxes and their scores")
        return findings, instances_of(read_volume(pair.truth.lesions))
    except InputError as error:
        return Skipped(pair.case, "case", str(error))


def _patients(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    todo = f"Correct the table ({DOCUMENTED}), or take it away."
    table = read_csv(path, todo)
    need_columns(table, path, ("case", "patient"), todo)
    told: dict[str, str] = {}
    for line, cells in table.rows:
        case, patient = cells["case"], cells["patient"]
        if not case or not patient:
            missing = "case" if not case else "patient"
            raise InputError(path, found=f"no {missing} in line {line}", expected="both cells", todo=todo)
        if told.setdefault(case, patient) != patient:
            found = f"{case} in line {line} for a second patient, {patient} beside {told[case]}"
            raise InputError(path, found=found, expected="one patient for a case", todo=todo)
    return told
