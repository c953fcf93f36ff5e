"""MONAI Label's own settings: nothing that reaches out, nothing that runs unasked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import livercad
from livercad.learning import tracking

SETTINGS: dict[str, Any] = {
    "MONAI_LABEL_AUTO_UPDATE_SCORING": False,  # else every start and every next sample starts processes of 10 s
    "MONAI_LABEL_TRACKING_ENABLED": False,  # MLflow refuses MONAI Label's file store, and is not needed
    "MONAI_LABEL_DATASTORE_AUTO_RELOAD": False,  # `StudyDatastore` looks for itself
    "MONAI_LABEL_INFER_CONCURRENCY": -1,  # the outer application limits inferences
    "MONAI_LABEL_AUTH_ENABLE": False,  # broken with PyJWT 2; `livercad.server.guard` asks for the token instead
}
QUIET = {
    **tracking.QUIET,
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def prepare() -> None:
    """Set them for this process and for those it starts.

    It has effect before and after MONAI Label was imported, so the app calls it as well when
    ``monailabel start_server`` was there first.
    """
    from monailabel.config import settings

    for name, value in SETTINGS.items():
        setattr(settings, name, value)
        os.environ[name] = str(value)
    os.environ.update(QUIET)
    if "mlflow" in sys.modules:  # plain `monailabel start_server` has imported it before
        from mlflow.telemetry import set_telemetry_client

        set_telemetry_client()
    # MONAI Label's background tasks need PYTHONPATH to be there, and have to find this package.
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    package_parent = str(Path(livercad.__file__).resolve().parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*paths, package_parent]))
