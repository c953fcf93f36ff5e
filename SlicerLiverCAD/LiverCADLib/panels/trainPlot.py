"""A small plot of how a training goes."""

from dataclasses import dataclass
from itertools import pairwise

import qt

WIDTH, HEIGHT = 420, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 44, 24, 22
"""Margins for the numbers."""
LOSS_COLOR, METRIC_COLOR = "#2471A3", "#CA6F1E"
"""Told apart by people who are colour-blind, too."""


@dataclass(frozen=True)
class Axis:
    """Where values lie.

    Parameters
    ----------
    low, high : float
        Values at the two ends.
    start, end : float
        Pixels of the two ends.
    """

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values, start, end):
        """An axis that holds all values; with some room where they are all the same."""
        low, high = min(values), max(values)
        if low == high:
            low, high = low - 0.5, high + 0.5
        return cls(low, high, start, end)

    def pixel(self, value):
        """Pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def drawTraining(run, lossTitle):
    """Draw loss (left axis) and metric (right axis) over the steps.

    Parameters
    ----------
    run : training.Run
        With losses, metrics or neither.
    lossTitle : str
        What the loss is called.

    Returns
    -------
    qt.QPixmap
        `WIDTH` x `HEIGHT`; white where there is nothing yet.
    """
    pixmap = qt.QPixmap(WIDTH, HEIGHT)
    pixmap.fill(qt.QColor("white"))
    steps = [step for step, _value in (*run.losses, *run.metrics)]
    if not steps:
        return pixmap
    across = Axis.over(steps, LEFT, WIDTH - RIGHT)
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    _drawFrame(painter, across)
    if run.losses:
        _drawSeries(painter, run.losses, across, LOSS_COLOR, 2, qt.Qt.AlignRight)
        _drawText(painter, (LEFT, 2, 180, 18), qt.Qt.AlignLeft, lossTitle, LOSS_COLOR)
    if run.metrics:
        _drawSeries(painter, run.metrics, across, METRIC_COLOR, WIDTH - RIGHT + 4, qt.Qt.AlignLeft)
        _drawText(painter, (WIDTH - RIGHT - 180, 2, 180, 18), qt.Qt.AlignRight, run.metricName, METRIC_COLOR)
    painter.end()
    return pixmap


def _drawFrame(painter, across):
    _setPen(painter, "#D5D8DC")
    for y in (TOP, (TOP + HEIGHT - BOTTOM) // 2, HEIGHT - BOTTOM):
        painter.drawLine(LEFT, y, WIDTH - RIGHT, y)
    for value, box, align in (
        (across.low, (LEFT, HEIGHT - BOTTOM + 3, 80, 18), qt.Qt.AlignLeft),
        (across.high, (WIDTH - RIGHT - 80, HEIGHT - BOTTOM + 3, 80, 18), qt.Qt.AlignRight),
    ):
        _drawText(painter, box, align, f"{value:g}", "#566573")


def _drawSeries(painter, series, across, color, numbersAt, align):
    up = Axis.over([value for _step, value in series], HEIGHT - BOTTOM, TOP)
    for value, y in ((up.high, TOP), (up.low, HEIGHT - BOTTOM)):
        _drawText(painter, (numbersAt, y - 8, LEFT - 6, 16), align, f"{value:.3g}", color)
    _setPen(painter, color, 2)
    points = [(round(across.pixel(step)), round(up.pixel(value))) for step, value in series]
    for (x, y), (nextX, nextY) in pairwise(points):
        painter.drawLine(x, y, nextX, nextY)
    if len(points) == 1:
        painter.drawEllipse(points[0][0] - 2, points[0][1] - 2, 4, 4)


def _drawText(painter, box, align, text, color):
    _setPen(painter, color)
    painter.drawText(qt.QRect(*box), align, text)


def _setPen(painter, color, width=1):
    pen = qt.QPen(qt.QColor(color))
    pen.setWidth(width)
    painter.setPen(pen)
