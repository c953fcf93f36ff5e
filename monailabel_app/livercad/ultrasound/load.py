"""The model of ultrasound images in use: the user's own where one is installed, else the one trained on phantoms."""

from __future__ import annotations

import shutil
from pathlib import Path

from livercad import settings
from livercad.models.install import installed_weights
from livercad.studies.atomic import replacing
from livercad.ultrasound.predictor import UltrasoundLesionModel, read_model

NAME = "ultrasound_lesion"
SHIPPED = "ultrasound-lesion-phantom"
FILE = f"{NAME}.safetensors"


def installed_path() -> Path:
    """Where the user's own model is, once one is installed."""
    return settings.models_folder() / NAME / FILE


def install_model(path: Path) -> Path:
    """Make a trained model the one in use.

    Parameters
    ----------
    path : Path
        Of its file.

    Returns
    -------
    Path
        Where it is now.

    Raises
    ------
    ModelError
        If it is damaged or no such model; the one in use stays.
    """
    read_model(path)
    place = installed_path()
    with replacing(place) as temporary:
        shutil.copyfile(path, temporary)
    return place


def load_default(device: str = "auto") -> UltrasoundLesionModel:
    """Load the model in use.

    Parameters
    ----------
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    UltrasoundLesionModel
        The installed one, else the one that comes with LiverCAD.

    Raises
    ------
    ModelError
        If the installed one is damaged, the other is missing, or there is no such device.
    """
    own = installed_path()
    return UltrasoundLesionModel(own if own.is_file() else installed_weights(SHIPPED), device)
