"""What several panels are made of."""

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


def styleOf(kind):
    """Style sheet of a text that is "good", "bad" or neither."""
    return f"color: {COLORS[kind]}" if kind else ""


def quietly(widget, change, value):
    """Set a value of a widget that tells nobody of it: ``quietly(box, box.setChecked, True)``."""
    wasBlocked = widget.blockSignals(True)
    change(value)
    widget.blockSignals(wasBlocked)
