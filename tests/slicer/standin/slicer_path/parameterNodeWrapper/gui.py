"""Widgets bound to parameters, by the kinds of widgets and types that Slicer binds."""

from __future__ import annotations

import enum
import pathlib
from collections.abc import Callable
from typing import Any

import ctk
import qt
import slicer
import vtk
from slicer.parameterNodeWrapper.annotations import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange


class Binding:
    """One widget: the signal of its change, how it is read and how it is set."""

    def __init__(self, changed: Any, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self.changed, self.read, self.write = changed, read, write


class GuiConnection:
    """Widgets that follow parameters and set them."""

    def __init__(self, wrapper: Any, widgets: dict[str, Any]) -> None:
        self._wrapper = wrapper
        self._is_updating = False
        self._bindings = {name: bind(wrapper._flat[name].kind, widget) for name, widget in widgets.items()}
        self.update()
        self._slots = {name: self._slot(name) for name in self._bindings}
        for name, binding in self._bindings.items():
            if binding.changed is not None:
                binding.changed.connect(self._slots[name])
        self._tag = wrapper.AddObserver(vtk.vtkCommand.ModifiedEvent, self.update)

    def update(self, *_: Any) -> None:
        """Show the parameters in the widgets."""
        if self._is_updating:
            return
        self._is_updating = True
        try:
            for name, binding in self._bindings.items():
                value = self._wrapper.getValue(name)
                if binding.read() != value:
                    binding.write(value)
        finally:
            self._is_updating = False

    def end(self) -> None:
        """Let go of the widgets."""
        self._wrapper.RemoveObserver(self._tag)
        for name, binding in self._bindings.items():
            if binding.changed is not None:
                binding.changed.disconnect(self._slots[name])

    def _slot(self, name: str) -> Callable[[], None]:
        def take() -> None:
            if not self._is_updating:
                self._wrapper.setValue(name, self._bindings[name].read())

        return take


def bind(kind: Any, widget: Any) -> Binding:
    """Bind a widget to a parameter of a kind.

    Raises
    ------
    RuntimeError
        Slicer binds no such widget to such a parameter, or the stand-in does not.
    """
    for applies, make in _BINDINGS:
        if applies(kind, widget):
            return make(kind, widget)
    raise RuntimeError(f"Unable to create GUI connector from datatype {kind.type} to widget type {type(widget)}")


def _is_enum(kind: Any) -> bool:
    return isinstance(kind.type, type) and issubclass(kind.type, enum.Enum)


def _button(kind: Any, widget: Any) -> Binding:
    widget.checkable = True
    return Binding(widget.toggled, lambda: widget.checked, widget.setChecked)


def _line(kind: Any, widget: Any) -> Binding:
    return Binding(widget.textChanged, lambda: widget.text, widget.setText)


def _plain_text(kind: Any, widget: Any) -> Binding:
    return Binding(widget.textChanged, lambda: widget.plainText, widget.setPlainText)


def _label(kind: Any, widget: Any) -> Binding:
    return Binding(None, lambda: widget.text, lambda value: widget.setText(str(value)))


def _enum_combo(kind: Any, widget: Any) -> Binding:
    members = list(kind.type)
    widget.clear()
    widget.addItems([each.label() if hasattr(each, "label") else each.name for each in members])
    return Binding(
        widget.currentIndexChanged,
        lambda: members[widget.currentIndex] if widget.currentIndex >= 0 else None,
        lambda value: widget.setCurrentIndex(members.index(value)),
    )


def _choice_combo(kind: Any, widget: Any) -> Binding:
    choices = next((each.choices for each in kind.annotations if isinstance(each, Choice)), None)
    if choices is not None:
        widget.clear()
        widget.addItems(choices)
    return Binding(widget.currentTextChanged, lambda: widget.currentText, widget.setCurrentText)


def _number(kind: Any, widget: Any) -> Binding:
    for each in kind.annotations:
        if isinstance(each, WithinRange | Minimum):
            widget.minimum = kind.type(each.minimum)
        if isinstance(each, WithinRange | Maximum):
            widget.maximum = kind.type(each.maximum)
        if isinstance(each, Decimals):
            widget.decimals = each.value
        if isinstance(each, SingleStep):
            widget.singleStep = kind.type(each.value)
    return Binding(widget.valueChanged, lambda: kind.type(widget.value), widget.setValue)


def _path_line(kind: Any, widget: Any) -> Binding:
    return Binding(
        widget.currentPathChanged,
        lambda: kind.type(widget.currentPath),
        lambda value: widget.setCurrentPath(str(value)),
    )


def _folder_button(kind: Any, widget: Any) -> Binding:
    def write(value: Any) -> None:
        widget.directory = str(value)

    return Binding(widget.directoryChanged, lambda: kind.type(widget.directory), write)


def _node_selector(kind: Any, widget: Any) -> Binding:
    return Binding(widget.currentNodeChanged, widget.currentNode, widget.setCurrentNode)


_NUMBERS = (qt.QSpinBox, qt.QSlider, qt.QDoubleSpinBox, ctk.ctkSliderWidget, ctk.ctkDoubleSpinBox)
_BINDINGS: tuple[tuple[Callable[[Any, Any], bool], Callable[[Any, Any], Binding]], ...] = (
    (lambda kind, w: kind.type is bool and isinstance(w, qt.QAbstractButton), _button),
    (lambda kind, w: kind.type is str and isinstance(w, qt.QLineEdit), _line),
    (lambda kind, w: kind.type is str and isinstance(w, (qt.QTextEdit, qt.QPlainTextEdit)), _plain_text),
    (lambda kind, w: kind.type in (str, int, float) and isinstance(w, qt.QLabel), _label),
    (lambda kind, w: _is_enum(kind) and isinstance(w, qt.QComboBox), _enum_combo),
    (lambda kind, w: kind.type is str and isinstance(w, qt.QComboBox), _choice_combo),
    (lambda kind, w: kind.type in (int, float) and isinstance(w, _NUMBERS), _number),
    (lambda kind, w: kind.type in (str, pathlib.Path) and isinstance(w, ctk.ctkPathLineEdit), _path_line),
    (lambda kind, w: kind.type in (str, pathlib.Path) and isinstance(w, ctk.ctkDirectoryButton), _folder_button),
    (lambda kind, w: kind.is_node and isinstance(w, slicer.qMRMLNodeComboBox), _node_selector),
)
