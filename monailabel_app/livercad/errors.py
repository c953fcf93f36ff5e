"""The errors a user can meet. Each message names the thing, what was found, what was expected and what to do."""


class LiverCADError(Exception):
    """Base of every error that LiverCAD raises on purpose.

    Parameters
    ----------
    thing : object
        What the error is about: a file, a case, a model.
    found : str
        What was found there.
    expected : str
        What was expected instead.
    todo : str
        What the user can do about it.
    """

    def __init__(self, thing: object, *, found: str, expected: str, todo: str) -> None:
        super().__init__(f"{thing}: found {found}; expected {expected}. {todo}")
        self.thing, self.found, self.expected, self.todo = str(thing), found, expected, todo

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive pickling by default, and workers send their errors to the driver.
        return _rebuild, (type(self), self.thing, self.found, self.expected, self.todo)


def _rebuild(cls: type[LiverCADError], thing: str, found: str, expected: str, todo: str) -> LiverCADError:
    return cls(thing, found=found, expected=expected, todo=todo)


class InputError(LiverCADError):
    """A file, a folder or a table of the user's cannot be used as it is."""


class ModelError(LiverCADError):
    """A model's weights are missing, damaged, or not those that the registry names."""


class ImageContentError(LiverCADError):
    """The image could be read but shows something else than expected: no liver, a liver cut off."""


class Cancelled(Exception):
    """Raised inside long work when the user has asked it to stop."""
