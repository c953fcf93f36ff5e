"""A phantom in four phases, as the whole pipeline would hand it over; what models would say is made up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from scipy import ndimage

from livercad.classification.views import LesionView
from livercad.core.findings import Caution, Findings, FindingsWarning, ModelUsed, PhaseRead, Registration
from livercad.core.lesion import Classification, Lesion, PhaseMeasurement, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares, side_of
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume
from livercad.measure.lesions import measure_lesions
from livercad.measure.liver import measure_liver
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.pipeline.analysis import Analysis, PhaseImage

SHIFT_MM = np.array((4.0, -3.0, 14.0))
"""By how much the other phases lay away from the portal phase before registration (R, A, S)."""
LESIONS = ((LesionType.HCC, 44.0), (LesionType.METASTASIS, 28.0), (LesionType.CYST, 20.0))
ORDER = ("hcc", "metastasis", "other_malignant", "hemangioma", "other_benign", "cyst")
CLASSES = {
    1: (0.874, 0.051, 0.022, 0.031, 0.018, 0.004),
    2: (0.1, 0.41, 0.04, 0.07, 0.37, 0.01),
    3: (0.0, 0.0, 0.0, 0.001, 0.001, 0.998),
}
"""Probabilities by lesion, in this order."""
LIRADS = "LI-RADS v2018, major features; 10 HU is our choice"


@cache
def multiphase() -> Analysis:
    """Four phases; an HCC that is malignant, a metastasis that is unsure, a cyst that is benign."""
    grid = {"shape": (96, 96, 44), "spacing": (4.0, 4.0, 5.0), "orientation": "LPS"}
    study = make_ct_study(7, phases=tuple(Phase), lesions=LESIONS, breathing_mm=0, slice_mm={}, **grid)  # type: ignore[arg-type]
    ct = study.images[Phase.PORTAL]
    scores = {lesion.lesion: 1.0 - 0.05 * lesion.lesion for lesion in study.lesions}
    found = measure_lesions(ct, study.liver, study.instances, scores)
    lesions = tuple(_explained(study, lesion) for lesion in found)
    findings = Findings(
        case="phantom-007",
        phases=tuple(_read(study, phase) for phase in (Phase.PORTAL, Phase.UNENHANCED, Phase.DELAYED, Phase.ARTERIAL)),
        liver=measure_liver(ct, study.liver, study.instances),
        lesions=lesions,
        warnings=(FindingsWarning(Caution.POOR_REGISTRATION, "The delayed phase lies poorly over the portal phase."),),
        models=(ModelUsed("liver-leuven", "2020.10.11", "ab" * 32, "openvino bf16"),),
        livercad_version="0.2.0",
        timings_s={"read": 1.5, "liver": 9.0, "lesions": 12.0, "registration": 14.0, "total": 24.1},
    )
    images = tuple(_image(study, read.phase) for read in findings.phases if read.phase)
    views = {lesion.number: _view(study, lesion) for lesion in lesions}
    return Analysis(findings, ct, study.liver, study.instances, images, views)


def _moved(volume: Volume) -> Volume:
    """The volume as it lay before registration: shifted, and every second slice only."""
    thick = volume.array[:, :, ::2]
    affine = volume.affine.copy()
    affine[:3, 2] *= 2
    affine[:3, 3] += SHIFT_MM
    return Volume(thick, affine)


def _image(study: CTStudy, phase: Phase) -> PhaseImage:
    image = study.images[phase]
    if phase is Phase.PORTAL:
        return PhaseImage(phase, image, study.liver, image, study.liver)
    return PhaseImage(phase, _moved(image), _moved(study.liver), image, study.liver)


def _read(study: CTStudy, phase: Phase) -> PhaseRead:
    is_reference, is_poor = phase is Phase.PORTAL, phase is Phase.DELAYED
    image = study.images[phase] if is_reference else _moved(study.images[phase])
    rest = [other for other in Phase if other is not phase]
    sure = 0.58 if is_poor else 0.97
    quality = Registration("rigid + B-spline", 0.811, 0.702 if is_poor else 0.957, 0.41, 0.63, 14.6, 21.3, is_poor)
    aorta = {Phase.UNENHANCED: 42.0, Phase.ARTERIAL: 312.0, Phase.PORTAL: 158.0, Phase.DELAYED: 104.0}
    return PhaseRead(
        phase=phase,
        told_by="name" if is_reference else "image",
        source=f"studies/phantom-007/volume-{list(Phase).index(phase)}.nii.gz",
        shape=image.shape,
        spacing_mm=image.spacing,
        is_reference=is_reference,
        probabilities={phase: sure} | {other: (1 - sure) / len(rest) for other in rest},
        is_unsure=is_poor,
        organ_hu={"kidney_cortex": 140.0, "muscle": 60.0, "aorta": aorta[phase]}
        | ({} if is_poor else {"spleen": 110.4}),
        registration=None if is_reference else quality,
    )


def _explained(study: CTStudy, lesion: Lesion) -> Lesion:
    probabilities = dict(zip(ORDER, CLASSES[lesion.number], strict=True))
    label = LesionClass(max(probabilities, key=lambda name: probabilities[name]))
    unsure = probabilities[label] < 0.5
    return replace(
        lesion,
        visible_in=(Phase.PORTAL,) if lesion.number == 3 else (Phase.PORTAL, Phase.ARTERIAL, Phase.DELAYED),
        enhancement=tuple(_measured(study, lesion.number, phase) for phase in Phase),
        signs=SIGNS,
        classification=Classification(
            label=label,
            probabilities=probabilities,
            malignancy=sum(share for name, share in probabilities.items() if LesionClass(name).is_malignant),
            is_unsure=unsure,
            reason="The calibrated confidence of 41 % is below 50 %." if unsure else "",
            phases=tuple(Phase),
            attention={"arterial": 0.46, "portal": 0.21, "delayed": 0.24, "unenhanced": 0.09},
        ),
    )


SIGNS = (
    SignFound(Sign.ARTERIAL_HYPERENHANCEMENT, True, 31.2, 10.0, "HU", (Phase.ARTERIAL,), LIRADS),
    SignFound(Sign.PORTAL_WASHOUT, False, 92.6, 107.0, "%", (Phase.ARTERIAL, Phase.PORTAL), "Liu 2013"),
    SignFound(Sign.RIM_ENHANCEMENT, False, 0.12, 0.5, "", (Phase.ARTERIAL,), "our choice"),
    SignFound(Sign.DELAYED_WASHOUT, None, None, None, "%", (Phase.ARTERIAL, Phase.DELAYED), "Liu 2013"),
    SignFound(Sign.WATER_DENSITY, False, 41.0, 20.0, "HU", (Phase.UNENHANCED,), "Gore 2017"),
)
"""One present, some absent, one not measurable."""


def _measured(study: CTStudy, number: int, phase: Phase) -> PhaseMeasurement:
    hu, lesion = study.images[phase].array, study.instances.array == number
    core = ndimage.binary_erosion(lesion)
    around = ndimage.binary_dilation(lesion, iterations=3) & (study.liver.array > 0) & (study.instances.array == 0)
    mean, liver = float(hu[lesion].mean()), float(hu[around].mean())
    rim_hu, core_hu = float(hu[lesion & ~core].mean()), float(hu[core].mean())
    return PhaseMeasurement(phase, mean, float(hu[lesion].std()), liver, mean - liver, rim_hu, core_hu)


def _view(study: CTStudy, lesion: Lesion) -> LesionView:
    side, pixels = side_of(lesion.diameter_mm), 64
    crops = {phase: axial_squares(image, lesion.center, side, pixels) for phase, image in study.images.items()}
    row, column = np.indices((pixels, pixels)) - pixels / 2
    blob = np.exp(-((row / 9) ** 2 + ((column + 5) / 12) ** 2)).astype(np.float32)
    return LesionView(crops, dict.fromkeys(crops, blob), lesion.center, side)
