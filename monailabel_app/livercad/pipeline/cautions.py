"""When a result is less reliable than it looks."""

from __future__ import annotations

from livercad.core.findings import Caution, FindingsWarning, LiverFinding, PhaseRead
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.pipeline.lesion_cautions import lesion_cautions

THICK_SLICES_MM = 5.0
"""RECIST 1.1 (Eisenhauer 2009, section 3.1.1) asks for slices of at most 5 mm for lesions of 10 mm."""

UNENHANCED_LIVER_HU = 76.0
"""Mean + 2 SD of 64 healthy livers without contrast medium, 58.3 ± 8.9 HU (Int J Legal Med 2019;133:1861-1867,
doi:10.1007/s00414-019-02016-1, abstract)."""


def cautions_of(
    ct: Volume, phase: PhaseRead, liver: LiverFinding, lesions: tuple[Lesion, ...]
) -> tuple[FindingsWarning, ...]:
    """Collect the reasons for caution.

    Parameters
    ----------
    ct : Volume
        The reference phase.
    phase : PhaseRead
        What is known of it.
    liver : LiverFinding
        The liver found.
    lesions : tuple of Lesion
        The lesions found.

    Returns
    -------
    tuple of FindingsWarning
        Empty when there is none.
    """
    warnings = []
    # Headers hold single precision: 5 mm along an oblique axis comes as 5.0000002.
    thickness = round(ct.slice_spacing, 2)
    if thickness > THICK_SLICES_MM:
        warnings.append(
            FindingsWarning(
                Caution.THICK_SLICES,
                f"Slices are {thickness:.1f} mm apart; above {THICK_SLICES_MM:g} mm small lesions are missed "
                "and diameters are coarse.",
            )
        )
    if phase.phase is Phase.UNENHANCED:
        warnings.append(
            FindingsWarning(Caution.UNENHANCED, "No contrast medium: many lesions do not show in this phase.")
        )
    if phase.phase is None and liver.mean_hu < UNENHANCED_LIVER_HU:
        warnings.append(
            FindingsWarning(
                Caution.UNENHANCED,
                f"The liver's mean of {liver.mean_hu:.0f} HU is that of a liver without contrast medium, where many "
                "lesions do not show, of the early arterial phase, or of a fatty liver.",
            )
        )
    if phase.phase is None:
        warnings.append(
            FindingsWarning(
                Caution.PHASE_ASSUMED, "Neither name, table nor image tell the phase; read as if it were portal."
            )
        )
    if liver.is_cut:
        warnings.append(
            FindingsWarning(
                Caution.LIVER_CUT,
                "The liver reaches the edge of the image: volumes are too small and lesions may lie outside.",
            )
        )
    return (*warnings, *lesion_cautions(lesions))
