"""Ultrasound cases from the server, and what its models say of them, in worker threads: no Qt, no scene."""

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.circle import Circle
from livercad.core.ultrasound import Opinion, UltrasoundFindings
from LiverCADLib.clientErrors import ClientError, RefusedError, ServerFaultError
from LiverCADLib.imageFiles import ImageFileError
from LiverCADLib.pictureFiles import readGrey, writeGrey
from LiverCADLib.pictures import Picture, plainCircle
from LiverCADLib.translation import _

WHOLE = 0
"""Stands for the number of a lesion where a model has looked at the image as a whole."""


@dataclass(frozen=True)
class LoadedPictures:
    """An ultrasound case with the pixels of its images, ready for the scene.

    Parameters
    ----------
    case : str
        Its name on the server.
    pictures : tuple of Picture
        What the server says of its images.
    pixels : dict of str to ndarray of uint8, shape (rows, columns)
        By the image's name.
    leftOut : tuple of str
        Which images cannot be read and why, in the server's words.
    """

    case: str
    pictures: tuple[Picture, ...]
    pixels: dict[str, np.ndarray]
    leftOut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a model is asked about.

    Parameters
    ----------
    image : str
        Name of the image.
    number : int
        Of the lesion; `WHOLE` where none is marked.
    circle : livercad.core.circle.Circle or None
        Around the lesion.
    pixels : ndarray of uint8, shape (rows, columns), or None
        Sent along where the server does not have the image.
    """

    image: str
    number: int = WHOLE
    circle: Circle | None = None
    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Told:
    """What a model says about a lesion, or about an image as a whole.

    Parameters
    ----------
    asked : Asked
        The question; its number is `WHOLE` where the model has looked at the image as a whole.
    opinion : livercad.core.ultrasound.Opinion or None
        None where it gives none, as for an image without a lesion.
    saliency : ndarray of uint8, shape (rows, columns), or None
        What spoke for the more probable class, the strongest 255; None where the server sends none.
    findings : livercad.core.ultrasound.UltrasoundFindings
        The whole answer: warnings, models, disclaimer.
    model, trainedOn : str
        For people: which model, and its data; empty where the server does not tell.
    problems : tuple of str
        Why something could not be asked about.
    """

    asked: Asked
    opinion: Opinion | None
    saliency: np.ndarray | None
    findings: UltrasoundFindings
    model: str = ""
    trainedOn: str = ""
    problems: tuple[str, ...] = ()


def loadPictures(task, client, case, details):
    """Fetch the images of an ultrasound case; one that cannot be read is left out, and stops no other.

    Parameters
    ----------
    task : Task
        Learns how much has come.
    client : Client
        The server.
    case : str
        Its name.
    details : dict
        The server's answer on the case.

    Returns
    -------
    LoadedPictures
        With every image that can be read.

    Raises
    ------
    RefusedError
        If none can.
    """
    told, pixels = tuple(Picture.fromServer(image) for image in details["images"]), {}
    leftOut = list(map(str, details.get("unusable") or ()))
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        for n, picture in enumerate(told):
            part = task.part(n / len(told), (n + 1) / len(told))
            try:
                path = client.downloadPicture(case, picture.name, Path(folder) / f"{n}.png", part)
                pixels[picture.name] = _checked(readGrey(path), picture.name, (picture.rows, picture.columns))
            except ImageFileError:
                leftOut.append(_("{image}: what the server sends is no picture.").format(image=picture.name))
            except ClientError as error:
                if not _isOfImage(error):
                    raise
                reason = str(error)
                leftOut.append(reason if picture.name in reason else f"{picture.name}: {reason}")
    pictures = tuple(picture for picture in told if picture.name in pixels)
    if not pictures:
        sentence = _("No image of {case} can be read. {reasons}")
        raise RefusedError(sentence.format(case=case, reasons=" ".join(leftOut)))
    return LoadedPictures(case, pictures, pixels, tuple(leftOut))


def classify(task, client, model, case, questions):
    """Ask a model about lesions, one after another: each answer comes with its own saliency.

    A server that cannot send a picture of each answer sends that about the lesion. For that about the image as a whole
    it is asked once more, without lesions.

    Parameters
    ----------
    task : Task
        Learns of the server's progress.
    client : Client
        The server.
    model : str
        Its name there.
    case : str
        The server's name of the case; empty where the pixels are sent.
    questions : sequence of Asked
        Lesions of one image stand together.

    Returns
    -------
    list of Told
        About lesions, one a question; about the image as a whole, where the model looks at that, too or only.
    """
    answers, onlyWhole = [], set()
    count = len(questions) + len({asked.image for asked in questions})
    for n, asked in enumerate(questions):
        if asked.image in onlyWhole:
            continue
        told = _ask(task.part(n / count, (n + 1) / count), client, model, case, asked)
        if all(each.asked.number == WHOLE and not each.problems for each in told):
            onlyWhole.add(asked.image)
        answers += told
    wholes = {each.asked.image: each for each in answers if each.asked.number == WHOLE}
    for n, told in enumerate(wholes.values(), start=len(questions)):
        if told.opinion and told.saliency is None:
            answers += _ask(task.part(n / count, (n + 1) / count), client, model, case, told.asked)
    return answers


def _ask(task, client, model, case, asked):
    """What is Told about a lesion, and about its image as a whole, which the server tells first."""
    params = {"circles": [plainCircle(asked.circle)] if asked.circle else [], "each_saliency": True}
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        if asked.pixels is None:
            params, picture, _name = client.infer(model, case, task, {"image_name": asked.image, **params})
        else:
            path = Path(folder) / "image.png"
            writeGrey(asked.pixels, path)
            params, picture, _name = client.infer(model, "", task, params, file=path)
    findings = UltrasoundFindings.from_dict(params["findings"])
    whole = Asked(asked.image, WHOLE, None, asked.pixels)
    model, problems = params.get("model") or {}, tuple(map(str, params.get("problems") or ()))
    about = str(model.get("title") or ""), str(model.get("trained_on") or "")
    rest = (findings, *about, problems)
    if not findings.opinions:
        return [Told(asked, None, None, *rest)]
    each = [base64.b64decode(text) for text in params.get("each_saliency") or ()]
    if not each:  # the picture is about the last one: the lesion where there is one
        each = [b""] * (len(findings.opinions) - 1) + [picture]
    maps = [_saliencyOf(picture, asked.image, findings.images[0].shape) for picture in each]
    told = zip(findings.opinions, maps, strict=True)
    return [Told(asked if opinion.circle else whole, opinion, shown, *rest) for opinion, shown in told]


def _saliencyOf(picture, image, shape):
    """Read a picture of the server's; None where it sends none."""
    if not picture:
        return None
    with tempfile.TemporaryDirectory(prefix="LiverCAD-") as folder:
        path = Path(folder) / "saliency.png"
        path.write_bytes(picture)
        return _checked(readGrey(path), image, shape)


def _isOfImage(error):
    """Whether an error is about the image that was asked for, and not about the server or the way to it."""
    return error.isForGood or (isinstance(error, ServerFaultError) and error.status in (0, 500))


def _checked(pixels, image, shape):
    if pixels.shape != tuple(shape):
        sentence = _("The server says that {image} has {told} pixels, and sends {sent}.")
        told, sent = ("{} × {}".format(*reversed(size)) for size in (shape, pixels.shape))
        raise ServerFaultError(sentence.format(image=image, told=told, sent=sent))
    return pixels
