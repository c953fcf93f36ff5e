"""The phases of a contrast-enhanced CT of the liver, and the windows to look at them with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """When, after the contrast medium was given, a volume was taken."""

    UNENHANCED = "unenhanced"
    ARTERIAL = "arterial"
    PORTAL = "portal"
    DELAYED = "delayed"


REFERENCE_ORDER = (Phase.PORTAL, Phase.DELAYED, Phase.ARTERIAL, Phase.UNENHANCED)
"""Which phase a study is read in first: liver and lesions differ most in the portal phase."""


@dataclass(frozen=True)
class Window:
    """A grey-scale window.

    Parameters
    ----------
    level_hu, width_hu : float
        Centre and width in HU.
    """

    level_hu: float
    width_hu: float

    @property
    def range_hu(self) -> tuple[float, float]:
        """The HU shown as black and as white."""
        return self.level_hu - self.width_hu / 2, self.level_hu + self.width_hu / 2


UNENHANCED_WINDOW = Window(40.0, 250.0)
"""Yasaka 2018, section "Image Processing": level 40, width 250 HU for unenhanced images."""
ENHANCED_WINDOW = Window(45.0, 290.0)
"""Yasaka 2018, section "Image Processing": level 45, width 290 HU for enhanced images."""


def window_of(phase: Phase | None) -> Window:
    """The window to show a phase with.

    Parameters
    ----------
    phase : Phase or None
        None where it is unknown, which is shown as an enhanced phase.

    Returns
    -------
    Window
        Level and width in HU.
    """
    return UNENHANCED_WINDOW if phase is Phase.UNENHANCED else ENHANCED_WINDOW
