"""Which phase each image was taken for, beside the phase that it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from livercad.core.findings import Caution, Findings, PhaseRead
from livercad.core.phases import Phase
from livercad.evaluation.cases import Skipped
from livercad.evaluation.truth_tables import PHASES_TABLE

RECOGNISED = "image"
"""`PhaseRead.told_by` of a phase that the pipeline has recognised itself."""
_DICOM = re.compile(r"(?P<folder>.*) \(series (?P<uid>[^()]+)\)")
"""`PhaseRead.source` of a DICOM series."""


class Teller(StrEnum):
    """What decided an image's phase."""

    IMAGE = "recognised"
    """The pipeline, from the image."""
    USER = "told"
    """A file name, a table or an annotator: no achievement of the pipeline."""
    NOBODY = "left out"
    """The image was left out or never read, or read without a phase."""


@dataclass(frozen=True)
class ImagePhase:
    """One image of a case.

    Parameters
    ----------
    case, image : str
        Whose image, and its name in the truth's table; its source where the table does not tell of it.
    true : Phase or None
        What it shows; None where the truth does not tell.
    taken_for : Phase or None
        What it was read as.
    teller : Teller
        What decided that.
    told_by : str
        As in the findings (`PhaseRead.told_by`); empty for an image that was not read.
    looks_like : Phase or None
        The most probable phase by the image alone, which is not always what it was taken for: a name overrules it,
        and images of one case get different phases. None where that was not asked.
    probability : float or None
        Of `looks_like`, in [0, 1].
    is_unsure : bool
        Whether the pipeline warned that the image does not tell its phase for sure.
    reason : str
        Why it was left out, as far as the findings tell.
    """

    case: str
    image: str
    true: Phase | None
    taken_for: Phase | None
    teller: Teller
    told_by: str = ""
    looks_like: Phase | None = None
    probability: float | None = None
    is_unsure: bool = False
    reason: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it was taken for what it is."""
        return self.taken_for is not None and self.taken_for is self.true


def compare_phases(case: str, true: Mapping[str, Phase], findings: Findings) -> tuple[ImagePhase, ...] | Skipped:
    """Set the phases that were read beside the true ones.

    Parameters
    ----------
    case : str
        Whose.
    true : mapping of str to Phase
        By image: a file's name or the end of its path, or a DICOM series UID or its folder.
    findings : Findings
        Of the result.

    Returns
    -------
    tuple of ImagePhase or Skipped
        The table's images in its order, then those that were read and are not in it; or why image and table cannot be
        brought together.
    """
    read: dict[str, PhaseRead] = {}
    for image in true:
        sources = [one for one in findings.phases if _is(image, one.source)]
        if len(sources) > 1:
            names = " and ".join(one.source for one in sources)
            return Skipped(case, "phases", f"'{image}' in {PHASES_TABLE} fits {names}; give more of the path")
        if sources:
            read[image] = sources[0]
    for one in findings.phases:
        images = [image for image, there in read.items() if there is one]
        if len(images) > 1:
            return Skipped(case, "phases", f"{' and '.join(images)} in {PHASES_TABLE} both fit {one.source}; keep one")
    found = [
        _image(case, image, phase, read[image]) if image in read else _left_out(case, image, phase, findings)
        for image, phase in true.items()
    ]
    untold = [_image(case, one.source, None, one) for one in findings.phases if one not in read.values()]
    return (*found, *untold)


def _is(image: str, source: str) -> bool:
    """Whether a name in the table means a source: the end of its path, the series UID, or the series' folder."""
    series = _DICOM.fullmatch(source)
    if series and image == series["uid"]:
        return True
    parts, whole = PurePath(image).parts, PurePath(series["folder"] if series else source).parts
    return whole[-len(parts) :] == parts


def _image(case: str, image: str, true: Phase | None, read: PhaseRead) -> ImagePhase:
    likeliest = max(read.probabilities, key=lambda name: read.probabilities[name]) if read.probabilities else None
    recognised = read.told_by == RECOGNISED
    return ImagePhase(
        case=case,
        image=image,
        true=true,
        taken_for=read.phase,
        teller=Teller.NOBODY if read.phase is None else Teller.IMAGE if recognised else Teller.USER,
        told_by=read.told_by,
        looks_like=Phase(likeliest) if likeliest else None,
        probability=read.probabilities[likeliest] if likeliest else None,
        # The pipeline warns in both cases (`Caution.PHASE_UNSURE`).
        is_unsure=recognised and (read.is_unsure or likeliest != read.phase),
        reason="" if read.phase else "it was read without a phase",
    )


def _left_out(case: str, image: str, true: Phase, findings: Findings) -> ImagePhase:
    """An image that is not among those that were read; the warning about it says why."""
    reasons = [
        warning.message
        for warning in findings.warnings
        if warning.code is Caution.PHASE_LEFT_OUT and _names(warning.message, image)
    ]
    return ImagePhase(
        case, image, true, None, Teller.NOBODY, reason=" ".join(reasons) or "it is not among the images that were read"
    )


def _names(message: str, image: str) -> bool:
    """Whether a warning speaks of an image: they begin with the file's name or with ``The series UID``."""
    return message.startswith((f"{PurePath(image).name} ", f"The series {image} "))
