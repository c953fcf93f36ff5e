"""Modal dialogs: nothing waits for a person. Tests give the answers beforehand and read what would have been shown.

>>> dialogs.answer(qt.QMessageBox.Cancel, "unsaved corrections")
>>> panel.nextButton.click()
>>> dialogs.shown[-1].text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6 import QtWidgets

from standin.pythonqt import closed, generated


class UnansweredDialogError(AssertionError):
    """A dialog asked something for which the test had no answer."""


@dataclass(frozen=True)
class Shown:
    """A dialog that was shown: its class or the static function that shows it, and its words."""

    kind: str
    title: str
    text: str
    details: str = ""


@dataclass
class Dialogs:
    """Answers that wait for their dialogs, and the dialogs that were shown."""

    shown: list[Shown] = field(default_factory=list)
    _answers: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, value: Any, containing: str = "") -> None:
        """Answer the next dialog whose title or text contains some words.

        `value` is what the dialog returns, or a function that gets the dialog (for a static function: its arguments),
        works in it and returns that.
        """
        self._answers.append((containing, value))

    def run(self, shown: Shown, *arguments: Any) -> Any:
        """Record a dialog and find its answer; raises `UnansweredDialogError` where there is none."""
        self.shown.append(shown)
        for index, (containing, value) in enumerate(self._answers):
            if containing in f"{shown.title}\n{shown.text}":
                del self._answers[index]
                return value(*arguments) if isinstance(value, Callable) else value  # type: ignore[arg-type]
        raise UnansweredDialogError(f"no answer for {shown}")

    def check_all_answers_used(self) -> None:
        """Raise AssertionError where a dialog that a test expected was never shown."""
        assert not self._answers, f"these dialogs were expected and not shown: {self._answers}"

    def clear(self) -> None:
        """Forget everything."""
        self.shown.clear()
        self._answers.clear()


dialogs = Dialogs()


class _Modal:
    """What a dialog's event loop is replaced by."""

    def exec_(self) -> Any:
        """Show the dialog: record it and take the answer."""
        text = getattr(self, "text", "") or getattr(self, "labelText", "")
        answer = dialogs.run(Shown(type(self).__name__, self.windowTitle, str(text)), self)  # type: ignore[attr-defined]
        self.done(int(answer))  # type: ignore[attr-defined]
        return answer

    exec = exec_


def _static(kind: str) -> staticmethod:
    """Make a static function as QFileDialog.getOpenFileName, which returns its answer alone, as PythonQt's does."""

    def show(parent: Any = None, title: str = "", text: str = "", *more: Any) -> Any:
        return dialogs.run(Shown(kind, title, str(text)), parent, title, text, *more)

    return staticmethod(show)


def _modal(wrapped: type, *functions: str) -> type:
    namespace = {name: _static(f"{wrapped.__name__}.{name}") for name in functions}
    return closed(type(generated(wrapped))(wrapped.__name__, (_Modal, generated(wrapped)), namespace))


class _MessageBox(_Modal):
    """One button needs no answer."""

    def exec_(self) -> Any:
        """Show the box: where there is only one button, it is pressed."""
        details = self.detailedText  # type: ignore[attr-defined]
        action = QtWidgets.QMessageBox.ButtonRole.ActionRole  # "Show Details…"
        buttons = [each for each in self.buttons() if self.buttonRole(each) != action]  # type: ignore[attr-defined]
        shown = Shown("QMessageBox", self.windowTitle, self.text, details)  # type: ignore[attr-defined]
        if len(buttons) <= 1:
            dialogs.shown.append(shown)
            return self.standardButton(buttons[0]) if buttons else QtWidgets.QMessageBox.StandardButton.Ok  # type: ignore[attr-defined]
        return dialogs.run(shown, self)

    exec = exec_


def _message_box() -> type:
    base = generated(QtWidgets.QMessageBox)
    functions = {name: _static(f"QMessageBox.{name}") for name in ("question",)}
    functions |= {name: _told(f"QMessageBox.{name}") for name in ("information", "warning", "critical", "about")}
    return closed(type(base)("QMessageBox", (_MessageBox, base), functions))


def _told(kind: str) -> staticmethod:
    def show(parent: Any = None, title: str = "", text: str = "", buttons: Any = None, *more: Any) -> Any:
        shown = Shown(kind, title, text)
        if buttons is None or buttons == QtWidgets.QMessageBox.StandardButton.Ok:
            dialogs.shown.append(shown)
            return QtWidgets.QMessageBox.StandardButton.Ok
        return dialogs.run(shown, parent, title, text, buttons, *more)

    return staticmethod(show)


WITH_DIALOGS: dict[str, type] = {
    "QDialog": _modal(QtWidgets.QDialog),
    "QMessageBox": _message_box(),
    "QFileDialog": _modal(
        QtWidgets.QFileDialog, "getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"
    ),
    "QInputDialog": _modal(QtWidgets.QInputDialog, "getText", "getMultiLineText", "getInt", "getDouble", "getItem"),
    "QColorDialog": _modal(QtWidgets.QColorDialog, "getColor"),
}
"""Classes of `qt` that would wait for a person. A progress dialog does not: it is shown without waiting."""
