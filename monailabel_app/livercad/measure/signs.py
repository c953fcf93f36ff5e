"""Signs: what reading rules ask for, each with its number, its threshold and where they come from.

The words are those of the reference standard of Yasaka 2018 and of the major features of LI-RADS v2018, which give no
numbers. Numbers come from the literature where there are any; "our choice" says where there are none. No LI-RADS
category follows from them: an enhancing capsule needs finer slices and a trained eye, threshold growth an earlier
examination, and LI-RADS itself a patient at risk.

References
----------
Gore RM et al. Management of incidental liver lesions on CT: a white paper of the ACR Incidental Findings Committee.
J Am Coll Radiol 2017;14:1429-1437.
Liu YI et al. Quantitatively defining washout in hepatocellular carcinoma. AJR Am J Roentgenol 2013;200:84-89.
Nino-Murcia M et al. Focal liver lesions: pattern-based classification scheme for enhancement at arterial phase CT.
Radiology 2000;215:746-751.
Yasaka K et al. Deep learning with convolutional neural network for differentiation of liver masses at dynamic
contrast-enhanced CT. Radiology 2018;286:887-896.
American College of Radiology. CT/MRI LI-RADS v2018, major features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scipy import ndimage

from livercad.core.lesion import PhaseMeasurement, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure import readings
from livercad.measure.patterns import arterial_pattern
from livercad.measure.readings import BLOOD_SHARE, Evidence, Reading


@dataclass(frozen=True)
class _Rule:
    """One sign: the phases that it needs, unless `read` `chooses`; `read` gives None where it cannot be told."""

    sign: Sign
    unit: str
    phases: tuple[Phase, ...]
    source: str
    read: Callable[[Evidence], Reading | None]
    chooses: bool = False


def find_signs(
    images: Mapping[Phase, Volume],
    instances: Volume,
    enhancement: Mapping[int, tuple[PhaseMeasurement, ...]],
    aorta_hu: Mapping[Phase, float],
) -> dict[int, tuple[SignFound, ...]]:
    """Look for every sign in every lesion.

    Parameters
    ----------
    images : mapping of Phase to Volume
        In HU, as `livercad.measure.enhancement.measure_enhancement` takes them.
    instances : Volume
        Lesion instances on their grid.
    enhancement : mapping of int to tuple of PhaseMeasurement
        What `measure_enhancement` gave.
    aorta_hu : mapping of Phase to float
        Median HU of the aorta off its edge, as far as known; without the arterial phase's, two signs stay unknown.

    Returns
    -------
    dict of int to tuple of SignFound
        By lesion number; all signs, in the order of `livercad.core.lesion.Sign`.
    """
    boxes = ndimage.find_objects(instances.array) if enhancement else []
    aorta = aorta_hu.get(Phase.ARTERIAL)
    signs = {}
    for number, curve in enhancement.items():
        at = {point.phase: point for point in curve}
        pattern = None
        if Phase.ARTERIAL in at:
            blood = None if aorta is None else BLOOD_SHARE * aorta
            shown = {phase: images[phase] for phase in at}
            pattern = arterial_pattern(shown, instances, number, boxes[number - 1], blood)
        signs[number] = tuple(_apply(rule, Evidence(at, aorta, pattern)) for rule in _RULES)
    return signs


def _apply(rule: _Rule, evidence: Evidence) -> SignFound:
    readable = rule.chooses or all(phase in evidence.at for phase in rule.phases)
    reading = rule.read(evidence) if readable else None
    if reading is None:
        return SignFound(rule.sign, None, None, None, rule.unit, rule.phases, rule.source)
    phases = reading.phases or rule.phases
    return SignFound(rule.sign, reading.present, reading.value, reading.threshold, rule.unit, phases, rule.source)


_YASAKA = "Yasaka 2018, Reference Standard"
_LIRADS = "LI-RADS v2018, major features"
_ARTERIAL, _DELAYED = (Phase.ARTERIAL,), (Phase.DELAYED,)
_RULES = (
    _Rule(
        Sign.ARTERIAL_HYPERENHANCEMENT,
        "HU",
        _ARTERIAL,
        f"{_LIRADS} (nonrim, in whole or in part); {_YASAKA} (early enhancement); threshold and part: our choice",
        readings.arterial_hyperenhancement,
    ),
    _Rule(
        Sign.ARTERIAL_HYPOATTENUATION,
        "HU",
        _ARTERIAL,
        f"{_YASAKA} (category C, hypovascular); threshold: our choice",
        readings.arterial_hypoattenuation,
    ),
    _Rule(
        Sign.AORTA_LIKE_ENHANCEMENT,
        "",
        _ARTERIAL,
        f"{_YASAKA} (category D, uniform, close to the aorta: lesion and core); threshold: our choice",
        readings.aorta_like_enhancement,
    ),
    _Rule(
        Sign.PORTAL_WASHOUT,
        "%",
        (Phase.ARTERIAL, Phase.PORTAL),
        f"{_LIRADS} (of what was bright in the arterial phase); threshold: Liu 2013, there for the delayed phase",
        readings.washout(Phase.PORTAL),
    ),
    _Rule(
        Sign.DELAYED_WASHOUT,
        "%",
        (Phase.ARTERIAL, Phase.DELAYED),
        f"{_YASAKA} (category A); {_LIRADS} (of what was bright in the arterial phase); threshold: Liu 2013",
        readings.washout(Phase.DELAYED),
    ),
    _Rule(
        Sign.DELAYED_HYPOATTENUATION,
        "%",
        _DELAYED,
        f"{_YASAKA} (category C, hypovascular); threshold: as washout",
        readings.delayed_hypoattenuation,
    ),
    _Rule(
        Sign.DELAYED_ISOATTENUATION,
        "%",
        _DELAYED,
        f"{_YASAKA} (category C); threshold: as washout, both ways",
        readings.delayed_isoattenuation,
    ),
    _Rule(
        Sign.DELAYED_HYPERATTENUATION,
        "%",
        _DELAYED,
        f"{_YASAKA} (category D); threshold: as washout, the other way",
        readings.delayed_hyperattenuation,
    ),
    _Rule(
        Sign.RIM_ENHANCEMENT,
        "HU",
        _ARTERIAL,
        "Nino-Murcia 2000 (ring, not puddles); LI-RADS v2018 (targetoid); threshold, 10 HU or what a third of liver in "
        "the rim would make: our choice",
        readings.rim_enhancement,
    ),
    _Rule(
        Sign.PERIPHERAL_NODULAR_ENHANCEMENT,
        "",
        _ARTERIAL,
        f"{_YASAKA} (category D); Nino-Murcia 2000 (peripheral puddles, not a ring); thresholds: our choice",
        readings.peripheral_nodules,
    ),
    _Rule(
        Sign.CENTRIPETAL_FILLING,
        "HU",
        (Phase.ARTERIAL, Phase.DELAYED),
        f"{_YASAKA} (category D; the delayed phase, else the portal); a brighter rim before; threshold: our choice",
        readings.centripetal_filling,
        chooses=True,
    ),
    _Rule(
        Sign.WATER_DENSITY,
        "HU",
        (Phase.UNENHANCED,),
        f"{_YASAKA} (category E); threshold: Gore 2017 (unenhanced, else portal), and no less than −20 HU: our choice",
        readings.water_density,
        chooses=True,
    ),
    _Rule(
        Sign.NO_ENHANCEMENT,
        "HU",
        (Phase.UNENHANCED,),
        f"{_YASAKA} (category E); threshold: Gore 2017",
        readings.no_enhancement,
        chooses=True,
    ),
)
