"""Detectors by name."""

from __future__ import annotations

from livercad.detectors.boxes import BoxDetector, FasterRCNN25D, RetinaNet3D
from livercad.detectors.rescored import Rescorer
from livercad.settings import Settings


def load_detector(settings: Settings) -> Rescorer | BoxDetector | None:
    """Load the detector that the settings name.

    Parameters
    ----------
    settings : Settings
        `detector`.

    Returns
    -------
    Rescorer, BoxDetector or None
        None for ``components``, where the lesion network's own list is taken as it is.

    Raises
    ------
    ModelError
        If it has no weights.
    """
    if settings.detector == "components":
        return None
    detectors: dict[str, type[Rescorer] | type[BoxDetector]] = {
        "rescored": Rescorer,
        FasterRCNN25D.name: FasterRCNN25D,
        RetinaNet3D.name: RetinaNet3D,
    }
    return detectors[settings.detector](settings)
