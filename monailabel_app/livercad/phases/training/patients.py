"""Patients and examinations as they differ in hospitals: wider than the phantom's own protocol.

A classifier that has only seen one protocol tells its minute, not its phase. So timing, dose, circulation, tube voltage
and disease are drawn over all that is usual (K. T. Bae, "Intravenous contrast medium administration and scan timing at
CT: considerations and approaches", Radiology 2010;256:32-61); how wide is our choice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.phantom.contrast import Circulation, Injection, Timing
from livercad.phantom.tissues import Enhancement, Tissue

FloatArray = npt.NDArray[np.float32]

ARTERIAL_DELAY_S, PORTAL_S, DELAYED_S = (2.0, 26.0), (55.0, 100.0), (135.0, 400.0)
"""Early to late arterial after the trigger; portal inflow done to hepatic veins full; two to nearly seven minutes."""
DOSE_MG_KG = (370.0, 660.0)
IODINE_SCALE = (0.8, 1.3)
"""HU of the same iodine: from 140 to 80 kVp, where less is usually given."""
POOR_BOLUS_PROBABILITY, POOR_BOLUS = 0.06, (0.4, 0.7)
FATTY_PROBABILITY, FATTY_HU = 0.3, (5.0, 50.0)
DENSE_PROBABILITY, DENSE_HU = 0.08, (5.0, 25.0)
"""Iron and amiodarone."""
SICK_LIVER_PROBABILITY, SICK_LIVER_UPTAKE = 0.3, (0.55, 0.95)
"""Cirrhosis takes up less, and later."""
PELVIS_UPTAKE = (0.8, 5.0)
"""Patients who drink little have a far denser renal pelvis than the phantom's, up to a thousand HU and more."""
SICK_KIDNEY_PROBABILITY = 0.12
"""No medium in the renal pelvis, even late."""
EARLIER_INJECTION_PROBABILITY, EARLIER_PELVIS_HU = 0.05, (40.0, 600.0)
"""A test bolus, or another examination before, has left medium in the pelvis in every phase."""
LIVER_UPTAKE = (0.8, 1.7)
"""Livers of patients take up from 0.3 to 0.7 of what the aorta shows in the portal phase; the model's about 0.35."""
UPTAKE_SD, TISSUE_SD_HU, OFFSET_SD_HU = 0.15, 5.0, 4.0
MIXED_VEINS = (Tissue.CAVA, Tissue.HEPATIC_VEIN, Tissue.HEART_BLOOD)
"""Where blood of different organs meets, so that one value stands for what in truth is layered and streaked."""
MIXED_UPTAKE = (0.15, 1.1)


def draw_patient(rng: np.random.Generator) -> dict[Phase, FloatArray]:
    """Draw a patient in all phases.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the patient, the injection, the times and the scanner's voltage.

    Returns
    -------
    dict of Phase to ndarray, shape (number of tissues,)
        Mean HU, indexed by `Tissue`.
    """
    pelvis = rng.spawn(1)[0].uniform(*PELVIS_UPTAKE)
    patient = Enhancement(rng)
    patient.circulation, patient.timing = Circulation(_draw_injection(rng)), _draw_timing(rng)
    unenhanced = patient.hu(Phase.UNENHANCED)
    scale = rng.uniform(*(POOR_BOLUS if rng.random() < POOR_BOLUS_PROBABILITY else IODINE_SCALE))
    uptake_of = scale * np.exp(rng.normal(0, UPTAKE_SD, len(Tissue)))
    uptake_of[Tissue.LIVER] *= rng.uniform(*LIVER_UPTAKE)
    if rng.random() < SICK_LIVER_PROBABILITY:
        uptake_of[Tissue.LIVER] *= rng.uniform(*SICK_LIVER_UPTAKE)
    base = unenhanced + rng.normal(0, OFFSET_SD_HU)
    if rng.random() < FATTY_PROBABILITY:
        base[Tissue.LIVER] -= rng.uniform(*FATTY_HU)
    if rng.random() < DENSE_PROBABILITY:
        base[Tissue.LIVER] += rng.uniform(*DENSE_HU)
    sick_kidney, earlier = rng.random() < SICK_KIDNEY_PROBABILITY, rng.random() < EARLIER_INJECTION_PROBABILITY
    drawn = {}
    for phase in Phase:
        uptake = uptake_of * (patient.hu(phase) - unenhanced)
        if phase in (Phase.ARTERIAL, Phase.PORTAL):
            uptake[list(MIXED_VEINS)] *= rng.uniform(*MIXED_UPTAKE, len(MIXED_VEINS))
        uptake[Tissue.KIDNEY_PELVIS] *= pelvis
        if sick_kidney:
            uptake[Tissue.KIDNEY_PELVIS] *= rng.uniform(0, 0.1)
        if earlier:
            uptake[Tissue.KIDNEY_PELVIS] += rng.uniform(*EARLIER_PELVIS_HU)
        drawn[phase] = (base + uptake + rng.normal(0, TISSUE_SD_HU, len(Tissue))).astype(np.float32)
    return drawn


def _draw_injection(rng: np.random.Generator) -> Injection:
    weight = float(np.clip(rng.normal(72, 16), 40, 130))
    concentration = rng.uniform(300, 400)
    return Injection(
        weight_kg=weight,
        output_l_min=rng.uniform(3.5, 8.5),
        iodine_mg_ml=concentration,
        volume_ml=min(weight * rng.uniform(*DOSE_MG_KG) / concentration, 180.0),
        duration_s=rng.uniform(18, 45),
        gfr_ml_min=rng.uniform(30, 140),
    )


def _draw_timing(rng: np.random.Generator) -> Timing:
    return Timing(rng.uniform(*ARTERIAL_DELAY_S), rng.uniform(*PORTAL_S), rng.uniform(*DELAYED_S))
