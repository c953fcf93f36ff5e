"""The one LiverCAD app of this process, its token, and the check of names that a request gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import Request
from monailabel.config import settings as monailabel_settings
from monailabel.interfaces.utils.app import app_instance

from livercad.settings import server_token

if TYPE_CHECKING:
    from livercad.server.app import LiverCADApp

KINDS = {"strategy": "strategy", "method": "scoring method"}
"""What the parameters in the paths of MONAI Label's own routes name."""


def livercad_app() -> LiverCADApp:
    """Return the app that MONAI Label has made from the app folder's ``main.py``."""
    return cast("LiverCADApp", app_instance())


def expected_token() -> str | None:
    """Return the token that requests need: ``LIVERCAD_TOKEN``, else ``--conf token TOKEN``, else None."""
    return server_token() or monailabel_settings.MONAI_LABEL_APP_CONF.get("token") or None


def check_names(request: Request) -> None:
    """Refuse strategies and scoring methods that are not there.

    Parameters
    ----------
    request : Request
        Its path parameters are looked at.

    Raises
    ------
    UnknownNameError
        With the names that are there.
    """
    for parameter, name in request.path_params.items():
        if parameter in KINDS:
            livercad_app().check_task(KINDS[parameter], name)
