"""Circles to the server and from it, in worker threads: no Qt, no scene."""

from collections.abc import Sequence

from LiverCADLib.pictures import Picture
from LiverCADLib.translation import _


def submitCircles(task, client, case, pictures: Sequence[Picture], annotator, note, sent, isForced):
    """Send what is marked on images, one after another.

    Parameters
    ----------
    task : Task
        Learns how far it is.
    client : Client
        The server.
    case : str
        Its name there.
    pictures : sequence of Picture
        With their marks; an image without any is told to have no lesion.
    annotator, note : str
        Who, and words beside.
    sent : list of (Picture, int)
        Gets every image that the server has taken with its version there, so that these are known when a later one
        fails.
    isForced : bool
        Whether what somebody else has submitted meanwhile may be followed by this; else ConflictError.
    """
    for n, picture in enumerate(pictures):
        text = _("Sending the circles of {image}").format(image=picture.name)
        task.report(n / len(pictures), text)
        drawn = {"image": picture.name, "circles": [mark.toServer() for mark in picture.marks]}
        if picture.className and not picture.marks:
            drawn["class"] = picture.className
        if not isForced:
            drawn["based_on"] = picture.version
        answer = client.submitCircles(case, {**drawn, "annotator": annotator, "note": note})
        sent.append((picture, int(answer["version"])))


def fetchCircles(task, client, case):
    """Fetch what the server has of the images of a case, without pixels.

    Parameters
    ----------
    task : Task
        Nothing is told to it.
    client : Client
        The server.
    case : str
        Its name there.

    Returns
    -------
    list of (Picture, str)
        With who has drawn what is marked; empty where nobody has.
    """
    return [(Picture.fromServer(each), str(each.get("annotator") or "")) for each in client.case(case)["images"]]
