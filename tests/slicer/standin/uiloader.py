"""QUiLoader that knows the stand-in's widgets and refuses what it does not know."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from PySide6 import QtCore, QtUiTools, QtWidgets

from standin.metainfo import class_info
from standin.properties import property_names
from standin.pythonqt import adopt, dropping_new_attributes, generated

_custom: dict[str, type] = {}


def register(cls: type) -> type:
    """Make a stand-in widget known to .ui files."""
    _custom[cls.__name__] = cls
    return cls


def registered() -> dict[str, type]:
    """All stand-in widgets by the names of their classes."""
    return dict(_custom)


class QUiLoader(QtUiTools.QUiLoader):
    """Loads .ui files.

    Raises RuntimeError on widget classes without a stand-in and on properties that a class has not: Qt itself makes a
    plain QWidget of the one and a dynamic property of the other, without a word.
    """

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._unknown: list[str] = []

    def createWidget(self, className: str, parent: QtWidgets.QWidget | None = None, name: str = "") -> Any:
        """Make one widget; Qt calls this."""
        cls = _custom.get(className)
        if cls is None and className.startswith("Q") and hasattr(QtWidgets, className):
            cls = generated(getattr(QtWidgets, className))
        if cls is None:
            self._unknown.append(className)
            cls = QtWidgets.QWidget
        widget = cls(parent) if parent is not None else cls()
        QtCore.QObject.setObjectName(widget, name)
        return widget

    def load(self, file: QtCore.QFile, parent: QtWidgets.QWidget | None = None) -> Any:
        """Load an open file and return its outermost widget."""
        path = QtCore.QFile.fileName(file)
        for cls in _custom.values():
            self.registerCustomWidget(cls)
        self._unknown.clear()
        with dropping_new_attributes():
            widget = adopt(super().load(file, parent))
        if self._unknown:
            raise RuntimeError(f"{path}: no stand-in for {', '.join(sorted(set(self._unknown)))}")
        if widget is None:
            raise RuntimeError(f"{path}: {self.errorString()}")
        root = ET.parse(path).getroot()
        named = {child.objectName: child for child in [widget, *widget.findChildren(QtCore.QObject)]}
        _refuse_unknown_properties(path, root, named)
        _connect(root, named)
        return widget


def _refuse_unknown_properties(path: str, root: ET.Element, named: dict[str, Any]) -> None:
    for element in root.iter("widget"):
        widget = named[element.get("name", "")]
        for about in element.findall("property"):
            name = about.get("name", "")
            if about.get("stdset") != "0" and name not in property_names(type(widget)):
                raise RuntimeError(f"{path}: {type(widget).__name__} {element.get('name')!r} has no property {name!r}")


def _connect(root: ET.Element, named: dict[str, Any]) -> None:
    """Make the connections whose signals are a stand-in's: Qt does not find them by their names in C++."""
    for about in root.iter("connection"):
        sender, receiver = named[about.findtext("sender", "")], named[about.findtext("receiver", "")]
        signal, slot = about.findtext("signal", ""), about.findtext("slot", "")
        qt_knows_both = signal in class_info(type(sender)).methods and slot in class_info(type(receiver)).methods
        if not qt_knows_both:
            sender.connect(signal, getattr(receiver, slot.partition("(")[0]))
