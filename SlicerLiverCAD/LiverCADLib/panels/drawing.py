"""Pictures that are drawn with Qt: pixmaps from arrays, the enhancement curve, words."""

import numpy as np
import qt

from livercad.core.enhancement import HEIGHT, WIDTH
from livercad.core.taxonomy import LABEL_COLORS, Label
from LiverCADLib.scene.contactSheet import BACKGROUND, SOFT
from LiverCADLib.scene.phaseEvidence import phaseTitle
from LiverCADLib.scene.pixels import pngOf
from LiverCADLib.translation import _

GRID = (62, 66, 70)
LINE_COLORS = {"lesion": LABEL_COLORS[Label.LESION], "liver": LABEL_COLORS[Label.LIVER], "aorta": (120, 160, 210)}
"""Liver and lesion as their segments are shown."""


def pixmapOf(picture):
    """Make a pixmap of an array of uint8, shape (rows, columns, 3)."""
    pixmap = qt.QPixmap()
    pixmap.loadFromData(qt.QByteArray(pngOf(picture)))
    return pixmap


def curvePixmap(curve):
    """Draw an enhancement curve.

    Parameters
    ----------
    curve : livercad.core.enhancement.Curve
        Laid out as in the report.

    Returns
    -------
    qt.QPixmap
        `WIDTH` × `HEIGHT` pixels.
    """
    names = {"lesion": _("lesion"), "liver": _("liver"), "aorta": _("aorta")}
    pixmap, painter = _canvas(WIDTH, HEIGHT)
    _setFont(painter, 11)
    for y, text in curve.ticks:
        _setPen(painter, GRID)
        painter.drawLine(curve.left, round(y), curve.right, round(y))
        _write(painter, curve.left - 6, round(y) + 4, text, SOFT, 1.0)
    _write(painter, 4, curve.bottom + 17, _("HU"), SOFT)
    for x, phase in curve.phases:
        _write(painter, round(x), curve.bottom + 17, phaseTitle(phase), SOFT, 0.5)
    for line in curve.lines:
        color = LINE_COLORS[line.name]
        _write(painter, curve.right + 2, round(line.name_y) + 4, names[line.name], color)
        for x, text in line.beyond:
            _write(painter, round(x), curve.top - 1, f"\u2191 {text}", color, 0.5)
        painter.setClipRect(0, curve.top - 6, WIDTH, curve.bottom - curve.top + 12)
        _drawLine(painter, line, color)
        painter.setClipping(False)
    painter.end()
    return pixmap


def pictureOfText(text):
    """Draw a line of a contact sheet, as much of it as there is room for.

    Parameters
    ----------
    text : LiverCADLib.scene.contactSheet.SheetText
        What, and how.

    Returns
    -------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The words on the sheet's background.
    ascent : int
        How far the baseline lies below the first row.
    """
    pixmap, painter = _canvas(1, 1)
    _setFont(painter, text.size, text.isBold)
    metrics = painter.fontMetrics()
    words = metrics.elidedText(text.text, qt.Qt.ElideRight, text.room)
    width, height, ascent = max(metrics.horizontalAdvance(words), 1), metrics.height(), metrics.ascent()
    painter.end()
    pixmap, painter = _canvas(width, height)
    _setFont(painter, text.size, text.isBold)
    _write(painter, 0, ascent, words, text.color)
    painter.end()
    return _pixelsOf(pixmap, width, height), ascent


def _pixelsOf(pixmap, width, height):
    data = qt.QByteArray()
    buffer = qt.QBuffer(data)
    buffer.open(qt.QIODevice.WriteOnly)
    pixmap.save(buffer, "PPM")  # a short header, then all pixels
    buffer.close()
    return np.frombuffer(data.data(), np.uint8)[-3 * width * height :].reshape(height, width, 3)


def _canvas(width, height):
    pixmap = qt.QPixmap(width, height)
    pixmap.fill(qt.QColor(*BACKGROUND))
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    return pixmap, painter


def _drawLine(painter, line, color):
    _setPen(painter, color, 2)
    for start, end in zip(line.points, line.points[1:], strict=False):
        painter.drawLine(round(start.x), round(start.y), round(end.x), round(end.y))
    for point in line.points:
        x, y = round(point.x), round(point.y)
        if point.low is not None:
            _setPen(painter, color)
            low, high = round(point.low), round(point.high)
            painter.drawLine(x, low, x, high)
            painter.drawLine(x - 4, low, x + 4, low)
            painter.drawLine(x - 4, high, x + 4, high)
        if line.name == "lesion":
            painter.setBrush(qt.QBrush(qt.QColor(*color)))
            painter.drawEllipse(x - 4, y - 4, 8, 8)
        else:
            painter.fillRect(x - 3, y - 3, 7, 7, qt.QColor(*color))


def _setPen(painter, color, width=1):
    pen = qt.QPen(qt.QColor(*color))
    pen.setWidth(width)
    painter.setPen(pen)


def _setFont(painter, pixels, isBold=False):
    font = qt.QFont()
    font.setPixelSize(pixels)
    font.setBold(isBold)
    painter.setFont(font)


def _write(painter, x, y, text, color, alignment=0.0):
    """Write a text; alignment 0 starts at x, 0.5 has its middle there, 1 ends there."""
    _setPen(painter, color)
    painter.drawText(x - round(alignment * painter.fontMetrics().horizontalAdvance(text)), y, text)
