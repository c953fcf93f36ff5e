"""What several panels are made of."""

from functools import partial
from pathlib import Path

import qt

ICONS = Path(__file__).resolve().parents[2] / "Resources" / "Icons"
COLORS = {"good": "#1E8449", "bad": "#C0392B"}
"""Readable on light and on dark backgrounds."""


def iconOf(name):
    """Icon of our own, by the name of its file."""
    return qt.QIcon(str(ICONS / f"{name}.png"))


def row(*widgets):
    """Lay widgets out beside each other.

    Parameters
    ----------
    *widgets : tuple of (qt.QWidget, int)
        Widget and its stretch.

    Returns
    -------
    qt.QHBoxLayout
        Without margins.
    """
    layout = qt.QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    for widget, stretch in widgets:
        layout.addWidget(widget, stretch)
    return layout


def column():
    """Make a widget whose parts lie one beneath the other.

    Returns
    -------
    widget : qt.QWidget
        To be laid out.
    layout : qt.QVBoxLayout
        Of the widget, without margins.
    """
    widget = qt.QWidget()
    layout = qt.QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    return widget, layout


def pushButton(text, toolTip="", icon=""):
    """Make a button; `icon` is one of our own, by the name of its file."""
    button = qt.QPushButton(text)
    button.toolTip = toolTip
    if icon:
        button.icon = iconOf(icon)
    return button


def comboBox(titles=(), toolTip=""):
    """Make a box to choose one of several titles from."""
    box = qt.QComboBox()
    box.toolTip = toolTip
    for title in titles:
        box.addItem(title)
    return box


def wrappingLabel(text=""):
    """Make a label that is as high as its text needs."""
    label = qt.QLabel(text)
    label.wordWrap = True
    return label


def say(label, text, kind=""):
    """Show a text in a label, in the style of `styleOf`; without a text the label takes no room."""
    label.text = text
    label.styleSheet = styleOf(kind)
    label.setVisible(bool(text))


def messageLabel():
    """Make a label for sentences to the user.

    Returns
    -------
    label : qt.QLabel
        To be laid out.
    say : callable
        ``say(text, kind)`` shows a text in it, as of `say`.
    """
    label = wrappingLabel()
    return label, partial(say, label)


def timer(intervalMs, function):
    """Make a timer that calls a function again and again once it is started."""
    made = qt.QTimer()
    made.setInterval(intervalMs)
    made.timeout.connect(function)
    return made


def styleOf(kind):
    """Style sheet of a text that is "good", "bad" or neither."""
    return f"color: {COLORS[kind]}" if kind else ""


def quietly(widget, change, value):
    """Set a value of a widget that tells nobody of it: ``quietly(box, box.setChecked, True)``."""
    wasBlocked = widget.blockSignals(True)
    change(value)
    widget.blockSignals(wasBlocked)
