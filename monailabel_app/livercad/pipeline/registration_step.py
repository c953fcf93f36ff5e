"""The third step: every phase is laid over the reference phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from livercad.core.findings import Caution, FindingsWarning, Registration
from livercad.core.volume import Volume
from livercad.pipeline.background import Background
from livercad.pipeline.clock import Clock
from livercad.pipeline.parts import Aligner
from livercad.pipeline.scans import Scan
from livercad.progress import Progress
from livercad.registration.align import Aligned
from livercad.studies.study import Series, reference_rank

Alignments = Mapping[Series, Aligned]
"""By series; the reference has none."""


@dataclass(frozen=True)
class Registering:
    """Registrations under way.

    Parameters
    ----------
    background : Background
        Who works on them.
    futures : mapping of Series to Future
        By series.
    """

    background: Background
    futures: Mapping[Series, Future[Aligned]]

    def finish(self, progress: Progress) -> Alignments:
        """Wait for all.

        Parameters
        ----------
        progress : Progress
            Called meanwhile, so that it can cancel.

        Returns
        -------
        mapping of Series to Aligned
            By series.
        """
        return {
            series: self.background.result(future, progress, "registration") for series, future in self.futures.items()
        }


def choose_reference(scans: Sequence[Scan]) -> Scan:
    """Choose the scan whose grid the results are on.

    Parameters
    ----------
    scans : sequence of Scan
        At least one.

    Returns
    -------
    Scan
        The portal phase, else delayed, arterial, unenhanced.
    """
    return min(scans, key=lambda scan: reference_rank(scan.phase))


def start_registration(
    scans: Sequence[Scan], reference: Scan, align: Aligner, background: Background, clock: Clock
) -> Registering:
    """Begin to lay the other phases over the reference phase.

    Parameters
    ----------
    scans : sequence of Scan
        All, the reference among them.
    reference : Scan
        Which stays as it is.
    align : Aligner
        Does it for one.
    background : Background
        Does the work, side by side for several phases.
    clock : Clock
        Told of ``registration``.

    Returns
    -------
    Registering
        To wait for.
    """

    def lay(scan: Scan) -> Aligned:
        with clock.step("registration"):
            return align(scan.ct, scan.liver, reference.ct, reference.liver, background.check)

    return Registering(
        background,
        {scan.series: background.submit(lay, scan) for scan in scans if scan is not reference},
    )


def on_reference(scan: Scan, aligned: Alignments) -> tuple[Volume, Volume, Registration | None]:
    """Image, liver and quality of a scan on the reference's grid; the reference's own are those it was read with."""
    laid = aligned.get(scan.series)
    return (laid.image, laid.liver, laid.quality) if laid else (scan.ct, scan.liver, None)


def registration_warnings(scans: Sequence[Scan], reference: Scan, aligned: Alignments) -> list[FindingsWarning]:
    """Tell of the phases that could not be laid well over the reference phase.

    Parameters
    ----------
    scans : sequence of Scan
        All.
    reference : Scan
        The one that stayed as it is.
    aligned : mapping of Series to Aligned
        The others.

    Returns
    -------
    list of FindingsWarning
        Empty where all went well.
    """
    warnings = []
    for scan in scans:
        laid = aligned.get(scan.series)
        if laid and laid.quality.is_poor and scan.phase and reference.phase:
            quality = laid.quality
            warnings.append(
                FindingsWarning(
                    Caution.POOR_REGISTRATION,
                    f"The {scan.phase.value} phase lies poorly over the {reference.phase.value} phase (overlap of the "
                    f"livers {quality.liver_overlap_before:.2f} before, {quality.liver_overlap_after:.2f} after "
                    f"registration, similarity {quality.similarity_before:.2f} and {quality.similarity_after:.2f}): "
                    "what is measured in it may miss the lesion.",
                )
            )
    return warnings
