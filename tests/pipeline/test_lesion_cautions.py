from __future__ import annotations

from dataclasses import replace

import pytest

from livercad.core.findings import Caution
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Classification, Lesion, PhaseMeasurement, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.pipeline.lesion_cautions import lesion_cautions

ORIGIN = (0.0, 0.0, 0.0)
LESION = Lesion(
    number=4,
    score=0.9,
    volume_ml=3.0,
    box=Box(ORIGIN, (18.0, 18.0, 18.0), Frame.RAS),
    center=(9.0, 9.0, 9.0),
    diameter=Line(ORIGIN, (18.0, 0.0, 0.0)),
    short_diameter=Line(ORIGIN, (0.0, 18.0, 0.0)),
    diameter_mm=18.0,
    short_diameter_mm=18.0,
    mean_hu=48.0,
    sd_hu=9.0,
    liver_fraction=0.002,
    surface_distance_mm=5.0,
)


def called(label: LesionClass, sign: Sign, present: bool | None) -> Lesion:
    probabilities = {str(kind): 1.0 if kind is label else 0.0 for kind in LesionClass}
    said = Classification(label, probabilities, float(label.is_malignant), False, "", (Phase.PORTAL,))
    return replace(LESION, classification=said, signs=(SignFound(sign, present, 48.0, 20.0, "HU", (), ""),))


@pytest.mark.parametrize(
    ("label", "sign", "present", "warned"),
    [
        (LesionClass.CYST, Sign.WATER_DENSITY, False, True),
        (LesionClass.CYST, Sign.WATER_DENSITY, True, False),
        (LesionClass.CYST, Sign.WATER_DENSITY, None, False),
        (LesionClass.CYST, Sign.ARTERIAL_HYPERENHANCEMENT, False, False),
        (LesionClass.HCC, Sign.ARTERIAL_HYPERENHANCEMENT, False, True),
        (LesionClass.METASTASIS, Sign.WATER_DENSITY, False, False),
    ],
)
def test_a_class_whose_own_sign_is_absent_is_warned_of(
    label: LesionClass, sign: Sign, present: bool | None, warned: bool
) -> None:
    warnings = lesion_cautions((called(label, sign, present),))
    assert [warning.code for warning in warnings] == [Caution.CLASS_CONTRADICTED] * warned
    name = "HCC" if label is LesionClass.HCC else label.value
    assert all(f"Lesion 4 looks like {name} to" in warning.message for warning in warnings)


def point(phase: Phase, lesion: float, rim: float | None = None, core: float | None = None) -> PhaseMeasurement:
    rim, core = (lesion if part is None else part for part in (rim, core))
    return PhaseMeasurement(phase, 100 + lesion, 12.0, 100.0, lesion, 100 + rim, 100 + core)


@pytest.mark.parametrize(
    ("visible_in", "arterial", "warned"),
    [
        ((Phase.ARTERIAL, Phase.UNENHANCED), point(Phase.ARTERIAL, -7.1), True),
        ((Phase.ARTERIAL, Phase.UNENHANCED), point(Phase.ARTERIAL, 12.0), False),
        ((Phase.ARTERIAL, Phase.UNENHANCED), point(Phase.ARTERIAL, 1.0, rim=20.0, core=-18.0), False),
        ((Phase.ARTERIAL, Phase.PORTAL), point(Phase.ARTERIAL, -7.1), False),
        ((Phase.UNENHANCED,), point(Phase.ARTERIAL, 40.0), True),
        ((), point(Phase.ARTERIAL, -7.1), False),
    ],
)
def test_a_lesion_like_liver_in_every_phase_that_it_was_found_in_is_warned_of(
    visible_in: tuple[Phase, ...], arterial: PhaseMeasurement, warned: bool
) -> None:
    curve = (point(Phase.UNENHANCED, -1.6), arterial, point(Phase.PORTAL, -15.3))
    warnings = lesion_cautions((replace(LESION, visible_in=visible_in, enhancement=curve),))
    assert [warning.code for warning in warnings] == [Caution.FAINT_LESION] * warned
    assert all(warning.message.endswith("found in: 4.") for warning in warnings)


def test_the_warning_names_what_is_absent() -> None:
    (warning,) = lesion_cautions((called(LesionClass.CYST, Sign.WATER_DENSITY, False),))
    assert "water density" in warning.message and "cyst" in warning.message
