"""What is kept of the scans of a study."""

from __future__ import annotations

from collections.abc import Sequence

from livercad.core.findings import PhaseRead
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.pipeline.analysis import PhaseImage
from livercad.pipeline.registration_step import Alignments, on_reference
from livercad.pipeline.scans import Scan
from livercad.studies.study import Series, Study


def series_names(study: Study, scans: Sequence[Scan]) -> dict[Series, str]:
    """What to call each series of a study in its timings."""
    phases: dict[Series, Phase | None] = {scan.series: scan.phase for scan in scans}
    return {series: (phases[series] or "unknown") if series in phases else "left out" for series in study.series}


def phase_read(scan: Scan, reference: Scan, aligned: Alignments) -> PhaseRead:
    """What the findings say of a scan."""
    guess = scan.guess
    return PhaseRead(
        phase=scan.phase,
        told_by=scan.told_by,
        source=scan.series.source,
        shape=scan.ct.shape,
        spacing_mm=scan.ct.spacing,
        is_reference=scan is reference,
        probabilities={phase.value: float(p) for phase, p in guess.probabilities.items()} if guess else {},
        is_unsure=guess.is_unsure if guess else False,
        organ_hu={organ: float(hu) for organ, hu in guess.organ_hu.items()} if guess else {},
        registration=on_reference(scan, aligned)[2],
    )


def phase_image(scan: Scan, reference: Scan, liver: Volume, aligned: Alignments) -> PhaseImage:
    """The volumes of a scan; `liver` is the reference's with its lesions."""
    if scan is reference:
        return PhaseImage(scan.phase, scan.ct, liver, scan.ct, liver)
    image, aligned_liver, _ = on_reference(scan, aligned)
    return PhaseImage(scan.phase, scan.ct, scan.liver, image, aligned_liver, aligned[scan.series].mapping)
