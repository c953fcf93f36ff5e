"""CTK's widgets that are Qt's with a little more; the little more is what is here of it."""

from __future__ import annotations

import qt
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.stored import stored


@register
@closed
class ctkCheckBox(qt.QCheckBox):
    """A check box."""


@register
@closed
class ctkComboBox(qt.QComboBox):
    """A combo box with a text for no choice."""

    defaultText = stored(str, "")


@register
@closed
class ctkPushButton(qt.QPushButton):
    """A button whose text and icon can be aligned."""


@register
@closed
class ctkCheckablePushButton(ctkPushButton):
    """A button with a check box on it."""

    checkBoxControlsButton = stored(bool, True)
    checkBoxUserCheckable = stored(bool, True)


@register
@closed
class ctkSearchBox(qt.QLineEdit):
    """A line with a looking glass."""

    showSearchIcon = stored(bool, False)
    alwaysShowClearIcon = stored(bool, False)


@register
@closed
class ctkMessageBox(qt.QMessageBox):
    """A message that the user need not see again."""

    dontShowAgainVisible = stored(bool, False)
    dontShowAgain = stored(bool, False)
    dontShowAgainSettingsKey = stored(str, "")


@register
@closed
class ctkColorPickerButton(qt.QPushButton):
    """A button that shows a colour."""

    colorChanged = QtCore.Signal("QColor")
    SIGNALS = ("colorChanged(QColor)",)
    color = stored("QColor", None, notify="colorChanged")
    displayColorName = stored(bool, True)
