"""A contact sheet as a picture: made and written in a worker thread, which takes long for many lesions. No Qt.

Words come as pictures, since Qt alone has fonts, and only in the GUI thread (`panels.drawing.pictureOfText`).
"""

import os

import numpy as np
import SimpleITK as sitk

from LiverCADLib.imageFiles import ImageFileError
from LiverCADLib.scene.contactSheet import BACKGROUND, BAR, CAPTION, PICTURE
from LiverCADLib.translation import _


def writeSheet(task, sheet, words, path):
    """Write a contact sheet as PNG; a cancelled or failed write leaves no file, and a file that was there as it was.

    Parameters
    ----------
    task : Task
        Learns how far it is.
    sheet : LiverCADLib.scene.contactSheet.Sheet
        What stands where.
    words : sequence of (ndarray of uint8, shape (rows, columns, 3); int)
        Pictures of its texts, in their order, and how far the baseline lies below the first row.
    path : Path
        Ends in .png.

    Raises
    ------
    ImageFileError
        If it cannot be written.
    """
    image = sitk.GetImageFromArray(paint(task, sheet, words), isVector=True)
    task.report(0.5, _("Writing {name}").format(name=path.name))
    part = path.with_name(f".{path.stem}.part.png")
    try:
        sitk.WriteImage(image, str(part), useCompression=True, compressionLevel=6)
        task.check()
        os.replace(part, path)
    except (RuntimeError, OSError) as error:
        sentence = _("{path} could not be written. Choose a folder that you may write to.")
        raise ImageFileError(sentence.format(path=path)) from error
    finally:
        part.unlink(missing_ok=True)


def paint(task, sheet, words):
    """Put everything where it stands; parameters as of `writeSheet`.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        As large as `sheet.size`.
    """
    width, height = sheet.size
    canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
    for index, entry in enumerate(sheet.entries):
        task.report(0.5 * index / len(sheet.entries))
        x, y = sheet.place(index)
        canvas[y + BAR : y + CAPTION - BAR, x : x + 4] = entry.color
        for phase, picture in entry.pictures.items():
            left, top = x + sheet.pictureX(phase), y + CAPTION
            canvas[top : top + PICTURE, left : left + PICTURE] = enlarged(picture, PICTURE)
    for text, (picture, ascent) in zip(sheet.texts(), words, strict=True):
        top = text.y - ascent
        rows, columns, _channels = picture.shape
        canvas[top : top + rows, text.x : text.x + columns] = picture
    return canvas


def enlarged(picture, side):
    """A square picture with another side, linear between the middles of its pixels.

    Parameters
    ----------
    picture : ndarray of uint8, shape (n, n, 3)
        The picture.
    side : int
        Pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        Its border is that of the picture.
    """
    count = len(picture)
    places = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
    weights = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(count)))
    return np.rint(np.einsum("ri,ijc,kj->rkc", weights, picture, weights, optimize=True)).astype(np.uint8)
