"""What the server says of liver and lesions, fetched in worker threads: no Qt, no scene."""

import tempfile
from pathlib import Path

import numpy as np

from livercad.core.annotation import Annotation, Verdict
from livercad.core.findings import Findings
from LiverCADLib.caseLoading import ANALYSIS
from LiverCADLib.clientErrors import ServerFaultError
from LiverCADLib.imageFiles import readVolume, writeVolume
from LiverCADLib.scene.analysis import AnalysisAnswer
from LiverCADLib.scene.masks import Mask, mapsOf, masksOf
from LiverCADLib.scene.submission import AnnotatedCase
from LiverCADLib.translation import _

LIVER, DESCRIPTION = "liver", "lesion_classification"
"""Models by what they are asked for, beside the one that finds lesions."""


def findLesions(task, client, case, grid):
    """Let the server find the liver and its lesions, and measure and classify them.

    Parameters
    ----------
    task : Task
        Learns of the server's progress.
    client : Client
        The server.
    case : str
        Its name there.
    grid : Grid
        Of the reference image in the scene.

    Returns
    -------
    AnalysisAnswer
        Everything that was found.
    """
    params, image, name = client.infer(ANALYSIS, case, task.part(0.0, 0.9))
    liver = findLiver(task.part(0.9, 1.0), client, case, grid)  # of the same analysis: answered at once
    instances = grid.toScene(_mapIn(image, name)).astype(np.uint16, copy=False)
    return AnalysisAnswer(Findings.from_dict(params["findings"]), liver, masksOf(instances))


def findLiver(task, client, case, grid):
    """Let the server find the liver; returns its Mask, with its lesions, or None where there is none."""
    _params, image, name = client.infer(LIVER, case, task)
    return Mask.of(grid.toScene(_mapIn(image, name)))


def describe(task, client, case, grid, lesions):
    """Let the server measure and classify lesions that were marked or corrected.

    Parameters
    ----------
    task, client, case, grid
        As of `findLesions`.
    lesions : dict of int to Mask
        By number.

    Returns
    -------
    Findings
        Its lesions have these numbers.
    """
    task.report(0.0, _("Packing the lesions"))
    instances = mapsOf(grid.shape, None, lesions)[1]
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        path = Path(folder) / "lesions.nii.gz"
        writeVolume(grid.toServer(instances), path)
        params, _image, _name = client.infer(DESCRIPTION, case, task.part(0.05, 1.0), label=path)
    return Findings.from_dict(params["findings"])


def fetchSubmission(task, client, case, grid):
    """Fetch the latest submission of a case.

    Parameters
    ----------
    task, client, case, grid
        As of `findLesions`.

    Returns
    -------
    AnnotatedCase or None
        None where nobody has submitted anything.
    """
    told = client.submission(case)
    if told is None:
        return None
    version = int(told["version"])
    annotation = Annotation.from_dict(told["annotation"]) if told["annotation"] else None
    isAnyRejected = annotation and any(lesion.verdict is Verdict.REJECTED for lesion in annotation.lesions)
    kinds = ("label", "instances", "rejected") if isAnyRejected else ("label", "instances")
    maps = {}
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        for number, kind in enumerate(kinds):
            part = task.part(number / len(kinds), (number + 1) / len(kinds))
            file = client.downloadSubmission(case, kind, Path(folder) / f"{kind}.nii.gz", part, version)
            maps[kind] = readVolume(file) if file else None
    if maps["label"] is None:
        raise ServerFaultError(_("The server has no label map of its version {version}.").format(version=version))
    return AnnotatedCase.fromMaps(annotation, grid, version=version, **maps)


def _mapIn(image, name):
    """The volume in a file that the server has sent."""
    if not image:
        raise ServerFaultError(_("The server has sent no mask."))
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        path = Path(folder) / f"map{''.join(Path(name).suffixes[-2:])}"
        path.write_bytes(image)
        return readVolume(path)
