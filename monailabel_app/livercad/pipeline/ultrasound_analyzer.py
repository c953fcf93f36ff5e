"""One ultrasound case after another, asked of one model that is loaded once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import Doubt, UltrasoundFindings, UltrasoundWarning
from livercad.pipeline.ultrasound import UltrasoundAnalysis, analyze_images
from livercad.progress import Progress, silent
from livercad.settings import UltrasoundSettings
from livercad.studies.ultrasound.cases import ImageCase
from livercad.ultrasound.model import LooksAtSquare, UltrasoundModel


@dataclass(frozen=True, eq=False)
class UltrasoundReport:
    """What is written down of one case.

    Parameters
    ----------
    analysis : UltrasoundAnalysis
        Findings, images, and where the model looked.
    title : str
        The model's, for people.
    trained_on : str
        Data that the model was trained on, in words.
    square : tuple of float or None
        D/L of the square that the model sees around a lesion, and the smallest side in pixels of the image; None where
        it sees the whole image.
    """

    analysis: UltrasoundAnalysis
    title: str
    trained_on: str
    square: tuple[float, float] | None = None

    @property
    def findings(self) -> UltrasoundFindings:
        """Of the analysis."""
        return self.analysis.findings


class UltrasoundAnalyzer:
    """Asks a model about the images of case after case.

    Parameters
    ----------
    model : UltrasoundModel
        Whom to ask.
    settings : UltrasoundSettings
        What it was loaded with.
    """

    def __init__(self, model: UltrasoundModel, settings: UltrasoundSettings) -> None:
        self.model, self.settings = model, settings

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        """What takes part in every analysis."""
        return (self.model.used,)

    def __call__(self, case: ImageCase, progress: Progress = silent) -> UltrasoundReport:
        """Ask about one case.

        Parameters
        ----------
        case : ImageCase
            Its images; one that cannot be read is left out, with a warning, where there are others.
        progress : Progress
            Told of every image; may raise Cancelled.

        Returns
        -------
        UltrasoundReport
            Findings with their pictures.

        Raises
        ------
        InputError
            If no image can be read.
        """
        return report_on(case, self.model, progress)


def report_on(case: ImageCase, model: UltrasoundModel, progress: Progress = silent) -> UltrasoundReport:
    """Ask a model about one case, see `UltrasoundAnalyzer`."""
    analysis = analyze_images(case.case, case.images, model, progress)
    reasons = (*case.unusable, *(problem.reason for problem in analysis.problems))
    warnings = tuple(UltrasoundWarning(Doubt.UNREADABLE, f"Left out: {reason}") for reason in reasons)
    findings = replace(analysis.findings, warnings=(*warnings, *analysis.findings.warnings))
    square = (model.ratio, model.smallest) if isinstance(model, LooksAtSquare) else None
    return UltrasoundReport(replace(analysis, findings=findings), model.title, model.trained_on, square=square)
