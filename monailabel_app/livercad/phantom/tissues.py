"""What a phantom is made of, and how dense each tissue is in each contrast phase.

Sources of the HU values (round numbers from the ranges given there; the SD is the spread from patient to patient):

* tissues without contrast: J. T. Bushberg et al., "The Essential Physics of Medical Imaging", 3rd ed., 2012, ch. 10;
* vessels and parenchymal organs by phase: K. T. Bae, "Intravenous contrast medium administration and scan timing at CT:
  considerations and approaches", Radiology 2010;256:32-61; the liver's 50 HU of enhancement in the portal phase:
  J. P. Heiken et al., Radiology 1995;195:353-357;
* hemangioma: nodules follow the blood pool without quite reaching it, doi 10.2214/AJR.09.3324 (AJR 2010);
* HCC brighter than liver in the arterial phase and darker afterwards, with a capsule: the major features of LI-RADS
  v2018; metastasis with less contrast than liver and a brighter rim, cyst without any: R. L. Baron, "Understanding and
  optimizing use of contrast material for CT of the liver", AJR 1994;163:323-331. How much brighter or darker is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase


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


LESION_TISSUES = tuple(tissue for tissue in Tissue if tissue >= Tissue.CYST)
"""The tissues that only lesions are made of."""
INTRAHEPATIC = (Tissue.LIVER, Tissue.PORTAL_VEIN, Tissue.HEPATIC_VEIN, *LESION_TISSUES)
"""The tissues that lie inside the liver's outline; the portal trunk outside it carries the same tissue as inside."""

BLOOD = (
    Tissue.LUNG_VESSEL,
    Tissue.HEART_BLOOD,
    Tissue.AORTA,
    Tissue.CAVA,
    Tissue.PORTAL_VEIN,
    Tissue.HEPATIC_VEIN,
)
"""One blood, one hematocrit: these share their spread."""


@dataclass(frozen=True)
class Attenuation:
    """How dense a tissue is.

    Parameters
    ----------
    unenhanced, arterial, portal, delayed : float
        Mean HU by phase (arterial: late arterial, 35 s; portal: 70 s; delayed: 180 s).
    sd : float
        Spread of the unenhanced mean from patient to patient, in HU.
    texture : float
        SD of the tissue's own unevenness inside one patient, in HU.
    """

    unenhanced: float
    arterial: float
    portal: float
    delayed: float
    sd: float = 0.0
    texture: float = 0.0

    def in_phase(self, phase: Phase) -> float:
        """Mean HU in one phase."""
        return {
            Phase.UNENHANCED: self.unenhanced,
            Phase.ARTERIAL: self.arterial,
            Phase.PORTAL: self.portal,
            Phase.DELAYED: self.delayed,
        }[phase]


def _same(hu: float, sd: float = 0.0, texture: float = 0.0) -> Attenuation:
    return Attenuation(hu, hu, hu, hu, sd, texture)


ATTENUATION: dict[Tissue, Attenuation] = {
    Tissue.AIR: _same(-1000),
    Tissue.TABLE: _same(60, 60),
    Tissue.SKIN: _same(35, 10),
    Tissue.FAT: _same(-106, 5, 5),
    Tissue.MUSCLE: Attenuation(52, 56, 62, 62, 5, 8),
    Tissue.FASCIA: _same(-35, 10, 15),  # fat between muscles, thinner than a voxel
    Tissue.BONE_CORTEX: _same(620, 80, 110),
    Tissue.BONE_MARROW: Attenuation(165, 168, 180, 175, 35, 45),
    Tissue.DISC: Attenuation(85, 85, 88, 90, 8, 8),
    Tissue.CARTILAGE: _same(95, 20, 15),
    Tissue.SPINAL_CANAL: Attenuation(22, 25, 30, 30, 5, 6),
    Tissue.VISCERAL_FAT: _same(-102, 5, 8),
    Tissue.LUNG: _same(-850, 25, 20),
    Tissue.LUNG_VESSEL: Attenuation(10, 180, 110, 80, 10),
    Tissue.MYOCARDIUM: Attenuation(42, 95, 110, 95, 4, 5),
    Tissue.HEART_BLOOD: Attenuation(42, 290, 155, 115, 4, 5),
    Tissue.AORTA: Attenuation(42, 310, 152, 115, 4, 2),
    Tissue.CAVA: Attenuation(42, 90, 145, 115, 4, 5),
    Tissue.PORTAL_VEIN: Attenuation(42, 90, 162, 118, 4, 2),
    Tissue.HEPATIC_VEIN: Attenuation(42, 48, 150, 116, 4, 2),
    Tissue.LIVER: Attenuation(57, 70, 110, 92, 7, 3),
    Tissue.GALLBLADDER_WALL: Attenuation(30, 45, 70, 65, 5),
    Tissue.BILE: _same(8, 5, 2),
    Tissue.SPLEEN: Attenuation(47, 110, 122, 100, 4, 2),
    Tissue.KIDNEY_CORTEX: Attenuation(32, 165, 190, 160, 4, 4),
    Tissue.KIDNEY_MEDULLA: Attenuation(30, 60, 165, 165, 4, 5),
    Tissue.KIDNEY_PELVIS: Attenuation(5, 5, 25, 320, 5),
    Tissue.PANCREAS: Attenuation(40, 105, 98, 80, 5, 7),
    Tissue.GUT_WALL: Attenuation(40, 75, 92, 80, 5, 8),
    Tissue.STOMACH_CONTENT: _same(18, 12, 10),
    Tissue.BOWEL_FLUID: Attenuation(22, 28, 38, 40, 10, 16),
    Tissue.STOOL: _same(5, 30, 75),
    Tissue.GAS: _same(-960, 15),
    Tissue.CYST: _same(6, 5, 1),
    Tissue.HEMANGIOMA_NODULE: Attenuation(40, 170, 142, 118, 5, 10),
    Tissue.HEMANGIOMA_CENTER: Attenuation(38, 48, 68, 104, 4, 6),
    Tissue.HCC: Attenuation(48, 102, 90, 73, 5, 8),
    Tissue.HCC_CAPSULE: Attenuation(50, 75, 122, 112, 4, 3),
    Tissue.NECROSIS: Attenuation(28, 30, 36, 36, 6, 5),
    Tissue.METASTASIS_RIM: Attenuation(44, 78, 82, 72, 5, 5),
    Tissue.METASTASIS_CENTER: Attenuation(38, 46, 58, 62, 6, 6),
}
"""Mean HU by tissue and phase; the module's text gives the sources."""

UPTAKE_SD = 0.12
"""Relative spread of contrast enhancement between patients (body weight, cardiac output: Bae 2010, figures 4 to 8)."""


class Enhancement:
    """One patient's, or one lesion's, HU by tissue and phase: the table's means, moved by what makes patients differ.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the patient.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._base = np.clip(rng.standard_normal(len(Tissue)), -2, 2)
        self._base[list(BLOOD)] = self._base[Tissue.AORTA]
        self._uptake = float(np.clip(rng.normal(1.0, UPTAKE_SD), 1 - 2 * UPTAKE_SD, 1 + 2 * UPTAKE_SD))

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
        table = [ATTENUATION[tissue] for tissue in Tissue]
        unenhanced = np.array([entry.unenhanced for entry in table])
        spread = np.array([entry.sd for entry in table]) * self._base
        taken_up = np.array([entry.in_phase(phase) for entry in table]) - unenhanced
        return (unenhanced + spread + self._uptake * taken_up).astype(np.float32)


TEXTURE = np.array([ATTENUATION[tissue].texture for tissue in Tissue], np.float32)
"""SD of the unevenness inside a tissue in HU, indexed by `Tissue`."""
