"""Cases from and to the server, in worker threads: no Qt, no scene."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.ultrasound import MODALITY as ULTRASOUND
from livercad.core.volume import Volume
from LiverCADLib.cases import CaseImage, CaseSummary, totalSize
from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.imageFiles import readVolume, writeVolume
from LiverCADLib.pictureLoading import loadPictures
from LiverCADLib.translation import _

ANALYSIS = "liver_cad"
"""Model whose run registers the phases of a case, and finds, measures and classifies its lesions."""


@dataclass(frozen=True)
class LoadedCase:
    """A case with all its voxels, ready for the scene.

    Parameters
    ----------
    case : str
        Its name on the server.
    images : tuple of CaseImage
        What the server says of its images.
    volumes : dict of str to livercad.core.volume.Volume
        By the image's name.
    version : int
        Version of the latest submission; 0 without one.
    """

    case: str
    images: tuple[CaseImage, ...]
    volumes: dict[str, Volume]
    version: int


@dataclass(frozen=True)
class Registration:
    """How an image lies to the reference.

    Parameters
    ----------
    name : str
        The image.
    displacement : ndarray, shape (I, J, K, 3)
        R, A, S in mm: what the reference has at x, the image has at x + displacement(x).
    affine : ndarray, shape (4, 4)
        Indices of the displacements to RAS mm.
    volume : livercad.core.volume.Volume
        The image on the reference's grid, in HU, as the analysis saw it.
    """

    name: str
    displacement: np.ndarray
    affine: np.ndarray
    volume: Volume


def imagesOf(answer):
    """The images in an answer of the server, as a tuple of CaseImage."""
    return tuple(CaseImage.fromServer(image) for image in answer)


def listCases(task, client):
    """The server's cases, as a list of CaseSummary; there may be many thousands."""
    return [CaseSummary.fromServer(case) for case in client.cases()]


def loadCase(task, client, case):
    """Fetch all images of a case: volumes from the disk where the server is this computer, else by download.

    Parameters
    ----------
    task : Task
        Learns how much has come.
    client : Client
        The server.
    case : str
        Its name.

    Returns
    -------
    LoadedCase or LoadedPictures
        With every image's voxels, or of an ultrasound case its pixels.
    """
    details = client.case(case)
    if details.get("modality") == ULTRASOUND:
        return loadPictures(task, client, case, details)
    images = imagesOf(details["images"])
    total, come, volumes = max(totalSize(images), 1), 0, {}
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        for image in images:
            part = task.part(come / total, (come + image.size) / total)
            path = localFile(client, image) or client.downloadImage(case, image.name, Path(folder), part)
            task.report((come + image.size) / total, _("Reading {image}").format(image=image.name))
            volumes[image.name] = readVolume(path)
            come += image.size
    return LoadedCase(case, images, volumes, int(details.get("version") or 0))


def loadNext(task, client, strategy, annotator, skipped=""):
    """Fetch the case that the server chooses.

    Parameters
    ----------
    task : Task
        Learns how much has come.
    client : Client
        The server.
    strategy : str
        The server's name of how to choose.
    annotator : str
        Who asks.
    skipped : str
        Case that is put back for others; empty for none.

    Returns
    -------
    loaded : LoadedCase, LoadedPictures or None
        None where no other case is left.
    said : str
        Why it is this one, or why there is none, as a sentence; empty where the server says nothing.
    """
    answer = client.nextCase(strategy, annotator, skipped)
    case = answer.get("id")
    if not case:
        return None, str(answer.get("reason") or _("No case is left: each has a label."))
    if case == skipped:
        return None, _("No other case is left than {case}.").format(case=case)
    return loadCase(task, client, case), str(answer.get("why") or "")


def localFile(client, image):
    """The server's own file of an image where this computer has it with the same size; else None."""
    if not client.isLocal or not image.path:
        return None
    path = Path(image.path)
    try:
        return path if path.stat().st_size == image.size else None
    except OSError:
        return None


def uploadCase(task, client, case, volumes):
    """Send volumes as a new case.

    Parameters
    ----------
    task : Task
        Learns how far it is.
    client : Client
        The server.
    case : str
        Name for it; ConflictError when it is taken.
    volumes : dict of Phase to livercad.core.volume.Volume
        In HU.

    Returns
    -------
    case : str
        The server's name of it.
    images : tuple of CaseImage
        As the server now has them, in the order of `volumes`.
    """
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        files = {}
        for number, (phase, volume) in enumerate(volumes.items()):
            task.report(0.3 * number / len(volumes), _("Packing {phase}").format(phase=phase.value))
            files[phase] = Path(folder) / f"{phase.value}.nii.gz"
            writeVolume(volume, files[phase])
        phases = {file.name: phase.value for phase, file in files.items()}
        name = client.uploadCase(case, list(files.values()), phases, task.part(0.3, 1.0))
    images = {image.phase: image for image in imagesOf(client.case(name)["images"])}
    return name, tuple(images[phase] for phase in volumes)


def loadRegistrations(task, client, case, names):
    """Fetch how images are registered; the server analyses the case first where it has not.

    Parameters
    ----------
    task : Task
        Learns how far it is.
    client : Client
        The server.
    case : str
        Its name.
    names : sequence of str
        The images.

    Returns
    -------
    list of Registration
        One for each image.
    """
    try:
        return fetchRegistrations(task, client, case, names)
    except ConflictError:
        client.infer(ANALYSIS, case, task.part(0.0, 0.8))
        return fetchRegistrations(task.part(0.8, 1.0), client, case, names)


def fetchRegistrations(task, client, case, names):
    """Fetch how images are registered, as `loadRegistrations`; ConflictError where the case is not analysed."""
    registrations = []
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        for number, name in enumerate(names):
            part = task.part(number / len(names), (number + 1) / len(names))
            target = Path(folder) / f"{number}.npz"
            with np.load(client.downloadTransform(case, name, target, part.part(0.0, 0.5)), allow_pickle=False) as file:
                displacement, affine = file["displacement_mm"], file["affine"]
            volume = readVolume(client.downloadImage(case, name, Path(folder), part.part(0.5, 1.0), registered=True))
            registrations.append(Registration(name, displacement, affine, volume))
    return registrations
