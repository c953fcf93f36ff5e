"""What a phantom is made of, and how dense each tissue is before and after contrast medium.

Sources of the HU without contrast (round numbers from the ranges given there; the SD is the spread from patient to
patient): J. T. Bushberg et al., "The Essential Physics of Medical Imaging", 3rd ed., 2012, ch. 10. Contrast medium
comes by `livercad.phantom.contrast`; flows and volumes of organs are round numbers that give the enhancement of
K. T. Bae, Radiology 2010;256:32-61, and in the liver the 50 HU of J. P. Heiken et al., Radiology 1995;195:353-357.

What the lesions do, in words of the sources; how strongly is our choice:

* hepatocellular carcinoma: brighter than liver in the arterial phase and darker afterwards, with a capsule (major
  features of LI-RADS v2018; "early enhancement and delayed washout", Yasaka 2018, "Reference Standard");
* hemangioma: nodules at the border follow the blood pool (doi 10.2214/AJR.09.3324), the centre fills slowly; small
  ones fill at once;
* metastasis: less contrast than liver, a brighter rim (R. L. Baron, AJR 1994;163:323-331); those of neuroendocrine
  tumours are hypervascular;
* cholangiocarcinoma: a thin rim, and a fibrous centre that enhances late (Y. Itai et al., AJR 1986;146:729-733);
* focal nodular hyperplasia: bright in the arterial phase, like liver afterwards, a central scar that enhances late;
* hypervascular nodule: "early enhancement and isoattenuation on delayed phase images" (Yasaka 2018);
* dysplastic nodule: "hypoattenuation during the arterial phase and isoattenuation or low attenuation during the
  delayed phase" (Yasaka 2018);
* cyst: "water attenuation and no apparent contrast enhancement" (Yasaka 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.phantom.contrast import Circulation, Curve, Injection, Supply, Timing


class Tissue(IntEnum):
    """Voxel values of a phantom's tissue map."""

    AIR = 0
    TABLE = 1
    SKIN = 2
    FAT = 3
    MUSCLE = 4
    FASCIA = 5
    BONE_CORTEX = 6
    BONE_MARROW = 7
    DISC = 8
    CARTILAGE = 9
    SPINAL_CANAL = 10
    VISCERAL_FAT = 11
    LUNG = 12
    LUNG_VESSEL = 13
    MYOCARDIUM = 14
    HEART_BLOOD = 15
    AORTA = 16
    CAVA = 17
    PORTAL_VEIN = 18
    HEPATIC_VEIN = 19
    LIVER = 20
    GALLBLADDER_WALL = 21
    BILE = 22
    SPLEEN = 23
    KIDNEY_CORTEX = 24
    KIDNEY_MEDULLA = 25
    KIDNEY_PELVIS = 26
    PANCREAS = 27
    GUT_WALL = 28
    STOMACH_CONTENT = 29
    BOWEL_FLUID = 30
    STOOL = 31
    GAS = 32
    CYST = 33
    HEMANGIOMA_NODULE = 34
    HEMANGIOMA_CENTER = 35
    HCC = 36
    HCC_CAPSULE = 37
    NECROSIS = 38
    METASTASIS_RIM = 39
    METASTASIS_CENTER = 40
    METASTASIS_HYPERVASCULAR = 41
    CHOLANGIOCARCINOMA_RIM = 42
    CHOLANGIOCARCINOMA_CENTER = 43
    FNH = 44
    FNH_SCAR = 45
    HYPERVASCULAR_NODULE = 46
    DYSPLASTIC_NODULE = 47


LESION_TISSUES = tuple(tissue for tissue in Tissue if tissue >= Tissue.CYST)
"""The tissues that only lesions are made of."""
INTRAHEPATIC = (Tissue.LIVER, Tissue.PORTAL_VEIN, Tissue.HEPATIC_VEIN, *LESION_TISSUES)
"""The tissues that lie inside the liver's outline; the portal trunk outside it carries the same tissue as inside."""

BLOOD: dict[Tissue, str] = {
    Tissue.LUNG_VESSEL: "lungs",
    Tissue.HEART_BLOOD: "heart",
    Tissue.AORTA: "aorta",
    Tissue.CAVA: "cava",
    Tissue.PORTAL_VEIN: "portal_vein",
    Tissue.HEPATIC_VEIN: "hepatic_vein",
}
"""Vessels, and the curve of `Circulation` that each follows. One blood, one hematocrit: they share their spread."""


@dataclass(frozen=True)
class Attenuation:
    """How dense a tissue is.

    Parameters
    ----------
    unenhanced : float
        Mean HU without contrast medium.
    sd : float
        Its spread from patient to patient, or from lesion to lesion, in HU.
    texture : float
        SD of the tissue's own unevenness inside one patient, in HU.
    supply : Supply or None
        How contrast medium comes; None where it does not, or where the tissue is a vessel.
    """

    unenhanced: float
    sd: float = 0.0
    texture: float = 0.0
    supply: Supply | None = None


ATTENUATION: dict[Tissue, Attenuation] = {
    Tissue.AIR: Attenuation(-1000),
    Tissue.TABLE: Attenuation(60, 60),
    Tissue.SKIN: Attenuation(35, 10),
    Tissue.FAT: Attenuation(-106, 5, 5),
    Tissue.MUSCLE: Attenuation(52, 5, 8, Supply(5, 0, 0.17)),
    Tissue.FASCIA: Attenuation(-35, 10, 15),  # fat between muscles, thinner than a voxel
    Tissue.BONE_CORTEX: Attenuation(620, 80, 110),
    Tissue.BONE_MARROW: Attenuation(165, 35, 45, Supply(8, 0, 0.15)),
    Tissue.DISC: Attenuation(85, 8, 8),
    Tissue.CARTILAGE: Attenuation(95, 20, 15),
    Tissue.SPINAL_CANAL: Attenuation(22, 5, 6, Supply(5, 0, 0.1)),
    Tissue.VISCERAL_FAT: Attenuation(-102, 5, 8),
    Tissue.LUNG: Attenuation(-850, 25, 20),
    Tissue.LUNG_VESSEL: Attenuation(10, 10),
    Tissue.MYOCARDIUM: Attenuation(42, 4, 5, Supply(90, 0, 0.5)),
    Tissue.HEART_BLOOD: Attenuation(42, 4, 5),
    Tissue.AORTA: Attenuation(42, 4, 2),
    Tissue.CAVA: Attenuation(42, 4, 5),
    Tissue.PORTAL_VEIN: Attenuation(42, 4, 2),
    Tissue.HEPATIC_VEIN: Attenuation(42, 4, 2),
    Tissue.LIVER: Attenuation(57, 7, 3, Supply(20, 90, 0.42)),
    Tissue.GALLBLADDER_WALL: Attenuation(30, 5, 0, Supply(30, 0, 0.35)),
    Tissue.BILE: Attenuation(8, 5, 2),
    Tissue.SPLEEN: Attenuation(47, 4, 2, Supply(120, 0, 0.55)),
    Tissue.KIDNEY_CORTEX: Attenuation(32, 4, 4, Supply(300, 0, 1.05)),
    Tissue.KIDNEY_MEDULLA: Attenuation(30, 4, 5, Supply(60, 0, 1.6)),
    Tissue.KIDNEY_PELVIS: Attenuation(5, 5),
    Tissue.PANCREAS: Attenuation(40, 5, 7, Supply(110, 0, 0.42)),
    Tissue.GUT_WALL: Attenuation(40, 5, 8, Supply(45, 0, 0.45)),
    Tissue.STOMACH_CONTENT: Attenuation(18, 12, 10),
    Tissue.BOWEL_FLUID: Attenuation(22, 10, 16),
    Tissue.STOOL: Attenuation(5, 30, 75),
    Tissue.GAS: Attenuation(-960, 15),
    Tissue.CYST: Attenuation(6, 5, 1),
    Tissue.HEMANGIOMA_NODULE: Attenuation(44, 6, 10, Supply(220, 0, 0.92)),
    Tissue.HEMANGIOMA_CENTER: Attenuation(43, 6, 6, Supply(26, 0, 0.92)),
    Tissue.HCC: Attenuation(49, 6, 8, Supply(92, 5, 0.27)),
    Tissue.HCC_CAPSULE: Attenuation(50, 4, 3, Supply(25, 0, 0.75)),
    Tissue.NECROSIS: Attenuation(28, 6, 5, Supply(1, 0, 0.15)),
    Tissue.METASTASIS_RIM: Attenuation(44, 5, 5, Supply(35, 0, 0.36)),
    Tissue.METASTASIS_CENTER: Attenuation(42, 6, 6, Supply(12, 10, 0.27)),
    Tissue.METASTASIS_HYPERVASCULAR: Attenuation(46, 6, 8, Supply(75, 3, 0.33)),
    Tissue.CHOLANGIOCARCINOMA_RIM: Attenuation(45, 5, 5, Supply(32, 0, 0.45)),
    Tissue.CHOLANGIOCARCINOMA_CENTER: Attenuation(41, 6, 6, Supply(16, 0, 0.75)),
    Tissue.FNH: Attenuation(51, 5, 5, Supply(98, 10, 0.43)),
    Tissue.FNH_SCAR: Attenuation(42, 4, 3, Supply(12, 0, 0.8)),
    Tissue.HYPERVASCULAR_NODULE: Attenuation(52, 5, 4, Supply(88, 12, 0.42)),
    Tissue.DYSPLASTIC_NODULE: Attenuation(50, 5, 4, Supply(6, 46, 0.40)),
}
"""Density and supply by tissue; the module's text gives the sources."""

PELVIS_HU = 7500.0
"""Enhancement of the kidney's pelvis if it held all that was filtered `PELVIS_DELAY_S` before. Our choice, so that it
is bright in the delayed phase and dark before."""
PELVIS_DELAY_S = 75.0
UPTAKE_SD, VOLUME_SD = 0.18, 0.08
"""Spread (of the logarithm) of an organ's flow and of the volume that the medium spreads in. Our choice."""
LESION_UPTAKE_SD, LESION_VOLUME_SD = 0.35, 0.13
"""Likewise for lesions, which differ more."""
FATTY_SHARE, FATTY_HU = 0.2, (5.0, 30.0)
"""Share of patients with a fatty liver, and how much (HU) that takes from it. Prevalence: about a quarter of adults
(Z. M. Younossi et al., Hepatology 2016;64:73-84)."""


class Enhancement:
    """One patient's, or one lesion's, HU by tissue and phase: the table, moved by what makes them differ.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the patient or the lesion.
    patient : Enhancement, optional
        Whose lesion it is: the same blood at the same times, but tissues of its own.

    Attributes
    ----------
    circulation : Circulation
        The contrast medium in the patient's vessels.
    timing : Timing
        When the phases are taken.
    """

    def __init__(self, rng: np.random.Generator, patient: Enhancement | None = None) -> None:
        count = len(Tissue)
        flow_sd, volume_sd = (UPTAKE_SD, VOLUME_SD) if patient is None else (LESION_UPTAKE_SD, LESION_VOLUME_SD)
        base, flow, volume = np.clip(rng.standard_normal((3, count)), -2, 2)
        base[list(BLOOD)] = base[Tissue.AORTA]
        self._base = np.array(
            [ATTENUATION[tissue].unenhanced + ATTENUATION[tissue].sd * base[tissue] for tissue in Tissue]
        )
        self._flow, self._volume = np.exp(flow_sd * flow), np.exp(volume_sd * volume)
        self.circulation: Circulation = patient.circulation if patient else Circulation(draw_injection(rng))
        self.timing: Timing = patient.timing if patient else draw_timing(rng)
        if patient is None and rng.uniform() < FATTY_SHARE:
            self._base[Tissue.LIVER] -= rng.uniform(*FATTY_HU)

    def hu(self, phase: Phase) -> npt.NDArray[np.float32]:
        """Mean HU of the tissues.

        Parameters
        ----------
        phase : Phase
            When the volume is taken.

        Returns
        -------
        ndarray, shape (number of tissues,)
            HU, indexed by `Tissue`.
        """
        time_s = self.circulation.time_of(phase, self.timing)
        if time_s is None:
            return self._base.astype(np.float32)
        taken_up = [np.interp(time_s, self.circulation.times_s, self._curve(tissue)) for tissue in Tissue]
        return (self._base + taken_up).astype(np.float32)

    def _curve(self, tissue: Tissue) -> Curve:
        """Enhancement in HU over the circulation's times."""
        circulation, supply = self.circulation, ATTENUATION[tissue].supply
        if tissue in BLOOD:
            curve: Curve = getattr(circulation, BLOOD[tissue])
            return curve
        if tissue is Tissue.KIDNEY_PELVIS:
            earlier = np.clip(circulation.times_s - PELVIS_DELAY_S, 0, None)
            return PELVIS_HU * np.interp(earlier, circulation.times_s, circulation.excreted)
        if supply is None:
            return np.zeros_like(circulation.times_s)
        flow, volume = self._flow[tissue], self._volume[tissue]
        return circulation.uptake(Supply(supply.arterial * flow, supply.portal * flow, supply.volume * volume))


def draw_injection(rng: np.random.Generator) -> Injection:
    """Draw a patient and his injection: 2 ml / kg, at most 100 ml, within 30 s (Yasaka 2018, "CT Imaging")."""
    weight = float(np.clip(rng.normal(65, 12), 42, 110))
    return Injection(
        weight_kg=weight,
        output_l_min=float(np.clip(rng.normal(6.0, 0.9), 4.0, 8.5)),
        iodine_mg_ml=350.0 if weight < 60 else 370.0,
        volume_ml=min(2 * weight, 100.0) * rng.uniform(0.85, 1.0),
        duration_s=30.0,
        gfr_ml_min=float(np.clip(rng.normal(90, 20), 40, 140)),
    )


def draw_timing(rng: np.random.Generator) -> Timing:
    """Draw when the phases are taken: around the protocol, as breath-holds and scanners allow. The spread is ours."""
    return Timing(
        arterial_delay_s=float(np.clip(rng.normal(15, 2.5), 8, 24)),
        portal_s=float(np.clip(rng.normal(72, 6), 58, 92)),
        delayed_s=float(np.clip(rng.normal(180, 12), 150, 240)),
    )


TEXTURE = np.array([ATTENUATION[tissue].texture for tissue in Tissue], np.float32)
"""SD of the unevenness inside a tissue in HU, indexed by `Tissue`."""
