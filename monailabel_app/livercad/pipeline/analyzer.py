"""The pipeline: one study in, one analysis out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livercad import __version__
from livercad.core.findings import Findings, FindingsWarning, ModelUsed, PhaseRead
from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.background import Background
from livercad.pipeline.cautions import cautions_of
from livercad.pipeline.classification_step import classify_lesions
from livercad.pipeline.clock import Clock
from livercad.pipeline.lesion_cautions import LESION_CAUTIONS, lesion_cautions
from livercad.pipeline.lesions_step import LesionList, decide, find_in_all, list_lesions, with_lesions
from livercad.pipeline.measurement_step import measure
from livercad.pipeline.parts import Aligner, Classifier, LesionDetector, LesionFinder, LiverFinder, PhaseFinder
from livercad.pipeline.phases_step import tell_phases
from livercad.pipeline.records import phase_image, phase_read, series_names
from livercad.pipeline.registration_step import (
    choose_reference,
    on_reference,
    registration_warnings,
    start_registration,
)
from livercad.pipeline.scans import Scan, read_scans
from livercad.progress import Progress, part, silent
from livercad.registration.align import align
from livercad.settings import Settings
from livercad.studies.study import Study


class Analyzer:
    """Phases, liver, lesions and what is said of them, of one study after another; the models are loaded once.

    Parameters
    ----------
    find_liver : LiverFinder
        Finds the liver in every phase.
    find_lesions : LesionFinder
        Finds the lesions in every phase.
    settings : Settings
        What both were made with.
    recognize_phase : PhaseFinder, optional
        Recognises phases; without it only names and tables tell them.
    classify : Classifier, optional
        Classifies the lesions; without it they are measured only.
    align : Aligner, optional
        Lays phases over the reference phase.
    detect : LesionDetector, optional
        Decides which lesions there are, from all phases; without it they are what `find_lesions` found.
    """

    def __init__(
        self,
        find_liver: LiverFinder,
        find_lesions: LesionFinder,
        settings: Settings,
        recognize_phase: PhaseFinder | None = None,
        classify: Classifier | None = None,
        align: Aligner = align,
        detect: LesionDetector | None = None,
    ) -> None:
        self.find_liver = find_liver
        self.find_lesions = find_lesions
        self.settings = settings
        self.recognize_phase = recognize_phase
        self.classify = classify
        self.align = align
        self.detect = detect

    @classmethod
    def load(cls, settings: Settings) -> Analyzer:
        """Load the installed models.

        Parameters
        ----------
        settings : Settings
            Device, thresholds and filters.

        Returns
        -------
        Analyzer
            Ready for any number of studies. Without the shipped models' weights, as in a source tree that has not
            trained them, phases are not recognised and lesions not classified.

        Raises
        ------
        ModelError
            If liver or lesion model is not installed, the detector chosen has no weights, or the weights of any model
            are damaged.
        """
        # Imported here, so that who brings other predictors does not load torch.
        from livercad.classification import classifier
        from livercad.detectors.choose import load_detector
        from livercad.models.install import State, state_of
        from livercad.models.registry import load_registry
        from livercad.phases import recognize
        from livercad.segmentation.lesions import LesionPredictor
        from livercad.segmentation.liver import LiverPredictor

        there = {name for name, entry in load_registry().items() if state_of(entry) is not State.MISSING}
        return cls(
            LiverPredictor(settings),
            LesionPredictor(settings),
            settings,
            recognize.PhaseRecognizer(settings) if recognize.NAME in there else None,
            classifier.LesionClassifier(settings) if classifier.NAME in there else None,
            detect=load_detector(settings),
        )

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        """What takes part in every analysis."""
        optional = (self.detect, self.recognize_phase, self.classify)
        return self.find_liver.model, self.find_lesions.model, *(one.model for one in optional if one is not None)

    def __call__(self, study: Study, progress: Progress = silent) -> Analysis:
        """Analyse one study.

        Parameters
        ----------
        study : Study
            Its series are read, and laid over the one that liver and lesions show best in: portal, else delayed,
            arterial, unenhanced.
        progress : Progress
            Told of every step; may raise Cancelled.

        Returns
        -------
        Analysis
            Findings, and the volumes that they speak of, on the reference series' own grid.

        Raises
        ------
        InputError
            If a series cannot be read as CT; one whose phase nobody has told is left out, with a warning, where there
            are others.
        ImageContentError
            If no series shows a liver; one that shows none is left out, with a warning, where there are others.
        """
        clock = Clock()
        progress(0.0, 1.0, "reading")
        with Background() as background:
            scans, warnings = self._scans(study, background, clock, part(progress, 0.0, 0.3))
            reference = choose_reference(scans)
            registering = start_registration(scans, reference, self.align, background, clock)
            found = find_in_all(scans, self.find_lesions, clock, part(progress, 0.3, 0.85))
            aligned = registering.finish(part(progress, 0.85, 0.9))
        progress(0.9, 1.0, "measuring")
        images = {scan.phase: on_reference(scan, aligned)[0] for scan in scans if scan.phase}
        with clock.step("matching"):
            listed = list_lesions(scans, reference, found, aligned)
        if self.detect is not None and images:
            with clock.step("detection"):
                listed = decide(self.detect, images, reference, listed, part(progress, 0.9, 0.92))
        read = tuple(phase_read(scan, reference, aligned) for scan in scans)
        with clock.step("measure"):
            liver = with_lesions(reference.liver, listed)
            liver_finding, lesions = measure(reference.ct, liver, listed, images, read)
        with clock.step("classification"):
            lesions, views = classify_lesions(lesions, images, self.classify, part(progress, 0.95, 1.0))
        warnings += registration_warnings(scans, reference, aligned)
        own = next(phase for phase in read if phase.is_reference)
        findings = Findings(
            case=study.case,
            phases=read,
            liver=liver_finding,
            lesions=lesions,
            warnings=(*warnings, *cautions_of(reference.ct, own, liver_finding, lesions)),
            models=self.models,
            livercad_version=__version__,
            timings_s=clock.timings(series_names(study, scans)),
        )
        progress(1.0, 1.0, "done")
        pictures = tuple(phase_image(scan, reference, liver, aligned) for scan in scans)
        return Analysis(findings, reference.ct, liver, listed.instances, pictures, views)

    def describe(self, analysis: Analysis, instances: Volume, progress: Progress = silent) -> Analysis:
        """Measure and classify lesions that somebody else has outlined.

        Parameters
        ----------
        analysis : Analysis
            Of the study.
        instances : Volume
            The lesions, 0 or their number, on the grid of the analysis' reference.
        progress : Progress
            Told of the lesions; may raise Cancelled.

        Returns
        -------
        Analysis
            The same with these lesions in place of those that were found; what is said of the liver stays.

        Raises
        ------
        ValueError
            If they are not on that grid.
        """
        clock, findings = Clock(), analysis.findings
        numbers = [int(number) for number in np.unique(instances.array) if number]
        given = LesionList(instances, dict.fromkeys(numbers, 1.0), dict.fromkeys(numbers, ()))
        images = {image.phase: image.aligned for image in analysis.phases if image.phase}
        with clock.step("measure"):
            liver = with_lesions(analysis.liver, given)
            _, lesions = measure(analysis.reference, liver, given, images, findings.phases)
        with clock.step("classification"):
            lesions, views = classify_lesions(lesions, images, self.classify, progress)
        others = [warning for warning in findings.warnings if warning.code not in LESION_CAUTIONS]
        described = replace(
            findings, lesions=lesions, warnings=(*others, *lesion_cautions(lesions)), timings_s=clock.timings({})
        )
        return replace(analysis, findings=described, liver=liver, lesions=instances, views=views)

    def phases_of(self, study: Study, progress: Progress = silent) -> tuple[PhaseRead, ...]:
        """Tell which series an analysis would take for which phase, and which it would lay its results on.

        Parameters
        ----------
        study : Study
            Its series are read and recognised, whatever their names say.
        progress : Progress
            Told of every step; may raise Cancelled.

        Returns
        -------
        tuple of PhaseRead
            As in the Findings, without registration; series that the analysis would leave out are not among them.

        Raises
        ------
        InputError, ImageContentError
            As the analysis does.
        """
        with Background() as background:
            scans, _ = self._scans(study, background, Clock(), progress)
        reference = choose_reference(scans)
        return tuple(phase_read(scan, reference, {}) for scan in scans)

    def _scans(
        self, study: Study, background: Background, clock: Clock, progress: Progress
    ) -> tuple[list[Scan], list[FindingsWarning]]:
        scans, left_out = read_scans(study, self.find_liver, background, clock, part(progress, 0.0, 0.85))
        scans, doubts = tell_phases(scans, self.recognize_phase, clock, part(progress, 0.85, 1.0))
        return scans, left_out + doubts
