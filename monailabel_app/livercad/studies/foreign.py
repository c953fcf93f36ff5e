"""Sets of images that LiverCAD makes go into folders of their own: a table of somebody else's is never written over."""

from __future__ import annotations

from pathlib import Path

from livercad.errors import InputError


def refuse_foreign(table: Path, is_own: bool) -> None:
    """Raise an error where a table would be written over that is not of a set of phantoms.

    Parameters
    ----------
    table : Path
        That would be written.
    is_own : bool
        Whether the folder tells that LiverCAD has made what is there, or begun to.

    Raises
    ------
    InputError
        If the table is there and not LiverCAD's own.
    """
    if table.exists() and not is_own:
        raise InputError(
            table,
            found="a table that does not belong to a set of phantoms",
            expected="a folder with phantoms, or without such a table",
            todo="Name another folder, or move the table away; nothing has been written.",
        )
