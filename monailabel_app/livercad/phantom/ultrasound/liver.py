"""The liver around a lesion: abdominal wall, parenchyma, vessels, diaphragm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.taxonomy import LesionType
from livercad.phantom.ultrasound.lesions import LIVER_ATTENUATION

CIRRHOTIC = {
    LesionType.CYST: 0.1,
    LesionType.HEMANGIOMA: 0.1,
    LesionType.HCC: 0.85,
    LesionType.METASTASIS: 0.2,
    None: 0.3,
}
"""How often a lesion lies in a cirrhotic liver: most carcinomas do, 80 to 90 % (EASL guidelines on hepatocellular
carcinoma, J Hepatol 2018;69:182-236); others seldom. A liver without a lesion is as often cirrhotic as those of Table I
of Yamakawa 2020 together, so that its parenchyma does not tell that it has none."""
FATTY = 0.25
"""Share of livers with steatosis, brighter and of more attenuation."""


@dataclass(frozen=True)
class Vessel:
    """A vessel cut across or along: an ellipse.

    Parameters
    ----------
    x_mm, y_mm : float
        Middle, from the lesion's, or from where a lesion would lie.
    half_length_mm, half_width_mm : float
        Half axes.
    turn : float
        Radians of the long axis.
    is_portal : bool
        Whether its wall is bright.
    """

    x_mm: float
    y_mm: float
    half_length_mm: float
    half_width_mm: float
    turn: float
    is_portal: bool


@dataclass(frozen=True)
class Liver:
    """A patient's liver.

    Parameters
    ----------
    is_cirrhotic : bool
        Coarse parenchyma.
    coarse_db, grain_mm : float
        Deviation of the parenchyma's echoes and the size of its grains.
    uneven_db : float
        Deviation over centimetres.
    attenuation : float
        dB/cm/MHz.
    fat_db : float
        Brighter than normal.
    wall_mm : float
        Thickness of the abdominal wall.
    diaphragm_mm : float
        From the lesion's middle to the diaphragm.
    diaphragm_turn : float
        Radians of the way there from straight down.
    diaphragm_radius_mm : float
        Of its curve where it is farthest.
    vessels : tuple of Vessel
        Around the lesion.
    seed : int
        Of its patterns.
    """

    is_cirrhotic: bool
    coarse_db: float
    grain_mm: float
    uneven_db: float
    attenuation: float
    fat_db: float
    wall_mm: float
    diaphragm_mm: float
    diaphragm_turn: float
    diaphragm_radius_mm: float
    vessels: tuple[Vessel, ...]
    seed: int


def draw_liver(kind: LesionType | None, radius_mm: float, rng: np.random.Generator) -> Liver:
    """Draw a liver, mostly for a lesion.

    Parameters
    ----------
    kind : LesionType or None
        What it holds, which tells how often it is cirrhotic; None for no lesion.
    radius_mm : float
        Of the lesion: vessels and diaphragm keep away from it. 0 for none.
    rng : Generator
        Chance.

    Returns
    -------
    Liver
        The same in all views.
    """
    cirrhotic, fatty = bool(rng.random() < CIRRHOTIC[kind]), bool(rng.random() < FATTY)
    return Liver(
        is_cirrhotic=cirrhotic,
        # The two overlap: parenchyma that looks coarse is an unsure sign of cirrhosis.
        coarse_db=float(rng.uniform(0.8, 1.9) if cirrhotic else rng.uniform(0.2, 1.1)),
        grain_mm=float(rng.uniform(1.8, 3.0)),
        uneven_db=float(rng.uniform(0.3, 1.0)),
        attenuation=float(LIVER_ATTENUATION + rng.normal(0, 0.03) + (rng.uniform(0.05, 0.2) if fatty else 0)),
        fat_db=float(rng.uniform(1, 4) if fatty else 0),
        wall_mm=float(rng.uniform(10, 22)),
        diaphragm_mm=radius_mm + float(rng.uniform(12, 55)),
        diaphragm_turn=float(rng.normal(0, 0.5)),
        diaphragm_radius_mm=float(rng.uniform(60, 160)),
        vessels=tuple(_vessel(radius_mm, rng) for _ in range(rng.integers(4, 11))),
        seed=int(rng.integers(2**31)),
    )


def _vessel(radius_mm: float, rng: np.random.Generator) -> Vessel:
    width = float(rng.uniform(1.0, 4.5))
    length = width * float(rng.choice((1.2, rng.uniform(2, 7))))
    away, where = radius_mm + length + 4 + float(rng.exponential(25)), float(rng.uniform(0, 2 * np.pi))
    x, y = float(away * np.cos(where)), float(away * np.sin(where))
    return Vessel(x, y, length, width, float(rng.uniform(0, np.pi)), bool(rng.random() < 0.4))
