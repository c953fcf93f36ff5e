"""How lesions of the liver look on ultrasound, typical and not.

References
----------
What B-mode textbooks and criteria tell of the types. Cyst: no echoes, posterior enhancement, lateral shadow.
Hemangioma: bright, homogeneous, sometimes posterior enhancement. Hepatocellular carcinoma: halo, mosaic, septa, lateral
shadow. Metastasis: target or bull's-eye pattern. Yamakawa 2020 (sections 1 and 3.2) names posterior echo and lateral
shadow as what is seen around a tumour.

Duck FA. Physical properties of tissues. Academic Press 1990, chapter 4: attenuation of liver 0.4 to 0.7 dB/cm/MHz, of
watery fluids below 0.05; fibrous and necrotic tumours more than liver.

Strengths in dB and shares of atypical lesions are ours: chosen by eye beside real images, and so that the classes
overlap as those of Yamakawa 2020 do (Table II: cysts 98 %, hemangiomas 87 %, carcinomas 86 %, metastases 29 % right).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.taxonomy import LesionType

KINDS = (LesionType.CYST, LesionType.HEMANGIOMA, LesionType.HCC, LesionType.METASTASIS)
"""The types of Yamakawa 2020, in the order of its Table I."""
LIVER_ATTENUATION = 0.5
"""dB/cm/MHz (Duck 1990)."""


@dataclass(frozen=True)
class Look:
    """What a lesion does to echoes; levels in dB against normal liver.

    Parameters
    ----------
    kind : LesionType
        What it is.
    atypical : float
        From 0, as in a textbook, to 1, as another type's.
    echo_db : float
        Of its inside.
    coarse_db : float
        Deviation of the inside's echoes over some millimetres.
    mosaic_db, mosaic_share : float
        Deviation of its nodules' echoes, and their size as a share of its diameter; 0 for none.
    rim_db, rim_share : float
        Echoes of a rim inside its border, added to `echo_db`, and the rim's width as a share of the radius.
    halo_db, halo_mm : float
        Echoes of a dark ring around it against the liver, and its width.
    attenuation : float
        dB/cm/MHz inside: less than liver brightens, more darkens what lies behind.
    edge_shadow_db : float
        Lost by beams that graze its border: the lateral shadow.
    wall_db : float
        Of the surface towards and away from the probe, which reflects; -inf for none.
    softness_mm : float
        Over which inside goes over into liver.
    aspect : float
        Shorter over longer axis.
    bumps : tuple of float
        Relative height of waves 2, 3, … around its border.
    bump_phases : tuple of float
        Where they stand, radians.
    """

    kind: LesionType
    atypical: float
    echo_db: float
    coarse_db: float = 0.5
    mosaic_db: float = 0.0
    mosaic_share: float = 0.25
    rim_db: float = 0.0
    rim_share: float = 0.25
    halo_db: float = 0.0
    halo_mm: float = 1.5
    attenuation: float = LIVER_ATTENUATION
    edge_shadow_db: float = 0.0
    wall_db: float = -np.inf
    softness_mm: float = 0.5
    aspect: float = 0.9
    bumps: tuple[float, ...] = ()
    bump_phases: tuple[float, ...] = ()


def draw_look(kind: LesionType, rng: np.random.Generator) -> Look:
    """Draw the look of a lesion.

    Parameters
    ----------
    kind : LesionType
        One of `KINDS`.
    rng : Generator
        Chance.

    Returns
    -------
    Look
        Of one lesion, in all its views.
    """
    atypical = float(rng.beta(*_ATYPICAL[kind]))
    told = _DRAWN[kind](rng, atypical)
    height = _BUMPINESS[kind]
    bumps = tuple(float(height * rng.normal() / wave) for wave in range(2, 7))
    return Look(
        kind=kind,
        atypical=atypical,
        aspect=float(rng.uniform(0.84, 1.0)),
        bumps=bumps,
        bump_phases=tuple(rng.uniform(0, 2 * np.pi, len(bumps)).tolist()),
        **told,
    )


def _cyst(rng: np.random.Generator, atypical: float) -> dict[str, float]:
    return {
        "echo_db": float(rng.uniform(-40, -30)) + 22 * max(0.0, atypical - 0.5),
        "coarse_db": 0.5 + 4 * max(0.0, atypical - 0.5),
        "attenuation": float(rng.uniform(0.02, 0.12)),
        "edge_shadow_db": float(rng.uniform(3, 8)),
        "wall_db": float(rng.uniform(0, 6)),
        "softness_mm": 0.3,
    }


def _hemangioma(rng: np.random.Generator, atypical: float) -> dict[str, float]:
    typical = _typical(rng, atypical)
    return {
        "echo_db": float(rng.normal(6.5, 1.5)) if typical else _anyones(rng),
        "coarse_db": float(rng.uniform(0.5, 1.2) if typical else rng.uniform(0.5, 2)),
        "attenuation": float(rng.uniform(0.22, 0.4) if rng.random() < 0.85 else rng.uniform(0.42, 0.6)),
        "edge_shadow_db": float(rng.uniform(2, 4) if rng.random() < 0.05 else 0.0),
        "softness_mm": float(rng.uniform(0.3, 0.8)),
    }


def _hcc(rng: np.random.Generator, atypical: float) -> dict[str, float]:
    typical = _typical(rng, atypical)
    return {
        # Darker than liver, or bright with fat, as small ones often are: it is the mosaic that tells.
        "echo_db": float(rng.normal(1.5, 4)) if typical else _anyones(rng),
        "coarse_db": float(rng.uniform(0.5, 1.5) if typical else rng.uniform(0.5, 2)),
        "mosaic_db": float(rng.uniform(4, 6.5) if typical else rng.uniform(0, 1.5)),
        "mosaic_share": float(rng.uniform(0.1, 0.2)),
        "halo_db": float(rng.uniform(-9, -5) if rng.random() < (0.55 if typical else 0.35) else 0.0),
        "halo_mm": float(rng.uniform(1.0, 2.0)),
        "attenuation": float(rng.uniform(0.4, 0.6)),
        "edge_shadow_db": float(rng.uniform(3.5, 7) if rng.random() < 0.85 else 0.0),
        "softness_mm": float(rng.uniform(0.3, 0.8)),
    }


def _metastasis(rng: np.random.Generator, atypical: float) -> dict[str, float]:
    typical = _typical(rng, atypical)
    return {
        "echo_db": float(rng.normal(3, 2)) if typical else _anyones(rng),
        "coarse_db": float(rng.uniform(0.5, 2.0)),
        "mosaic_db": float(0.0 if typical else rng.uniform(0, 1.5)),
        "rim_db": float(rng.uniform(-11, -7) if typical else rng.uniform(-2, 0)),
        "rim_share": float(rng.uniform(0.22, 0.4)),
        "halo_db": float(rng.uniform(-9, -5) if rng.random() < 0.2 else 0.0),
        "attenuation": float(rng.uniform(*_ATTENUATIONS[rng.choice(3, p=(0.4, 0.4, 0.2))])),
        "edge_shadow_db": float(rng.uniform(3, 6.5) if rng.random() < 0.25 else 0.0),
        "softness_mm": float(rng.uniform(0.4, 1.5)),
    }


def _anyones(rng: np.random.Generator) -> float:
    """Echoes that all solid types may have, bright or dark, dB."""
    return float(rng.normal(5, 2) if rng.random() < 0.5 else rng.normal(-4, 2.5))


def _typical(rng: np.random.Generator, atypical: float) -> bool:
    """Whether the inside looks as it should: the more atypical a lesion, the seldomer."""
    return bool(rng.random() > atypical)


_DRAWN = {
    LesionType.CYST: _cyst,
    LesionType.HEMANGIOMA: _hemangioma,
    LesionType.HCC: _hcc,
    LesionType.METASTASIS: _metastasis,
}
_ATTENUATIONS = ((0.6, 0.8), (0.42, 0.6), (0.28, 0.42))
"""Of metastases, dB/cm/MHz: more than liver, as liver, less."""
_ATYPICAL = {
    LesionType.CYST: (1.2, 5.0),
    LesionType.HEMANGIOMA: (2.2, 1.5),
    LesionType.HCC: (2.2, 1.5),
    LesionType.METASTASIS: (2.6, 1.1),
}
"""Parameters of the beta distribution of how atypical a lesion is: means .19, .59, .59, .70."""
_BUMPINESS = {
    LesionType.CYST: 0.04,
    LesionType.HEMANGIOMA: 0.09,
    LesionType.HCC: 0.07,
    LesionType.METASTASIS: 0.09,
}
