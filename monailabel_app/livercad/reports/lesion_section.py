"""Everything that a page shows of one lesion."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.enhancement import Curve, aorta_hu, enhancement_curve, taking_order
from livercad.core.lesion import Classification, Lesion, PhaseMeasurement
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.reports.formatting import phase as phase_name
from livercad.reports.overlays import DETAIL, Painter
from livercad.reports.phase_pictures import lesion_in_phases
from livercad.reports.picture import Picture
from livercad.reports.saliency import Crop, crops_of
from livercad.reports.words import Verdict, class_name


@dataclass(frozen=True)
class Bar:
    """A share of 1 as a bar; its style gives the colour."""

    name: str
    share: float
    style: str


@dataclass(frozen=True)
class LesionSection:
    """One lesion: its pictures, and how it enhances; empty parts are left out of the page.

    Parameters
    ----------
    lesion : Lesion
        Its numbers.
    pictures : tuple of Picture
        In the reference phase.
    phases : tuple of Picture
        The same slice in every phase; in place of the detail among `pictures`.
    phases_mm : float
        Width of these.
    curve : Curve or None
        Of its enhancement.
    enhancement : tuple of PhaseMeasurement
        In the order in which phases are taken.
    aorta_hu : dict of Phase to float
        Of the study.
    class_bars : tuple of Bar
        Probabilities, the most probable first.
    attention_bars : tuple of Bar
        What each phase weighed, in the order in which phases are taken.
    crops : tuple of Crop
        What the classifier saw.
    crop_mm : float
        Side of the crops.
    """

    lesion: Lesion
    pictures: tuple[Picture, ...]
    phases: tuple[Picture, ...]
    phases_mm: float
    curve: Curve | None
    enhancement: tuple[PhaseMeasurement, ...]
    aorta_hu: dict[Phase, float]
    class_bars: tuple[Bar, ...]
    attention_bars: tuple[Bar, ...]
    crops: tuple[Crop, ...]
    crop_mm: float

    @property
    def explained(self) -> bool:
        """Whether there is anything beside pictures and size."""
        return bool(self.enhancement or self.lesion.signs or self.lesion.classification or self.crops)


def lesion_section(painter: Painter, lesion: Lesion) -> LesionSection:
    """Gather what a page shows of one lesion.

    Parameters
    ----------
    painter : Painter
        Of the analysis.
    lesion : Lesion
        One of its findings.

    Returns
    -------
    LesionSection
        Parts that the analysis does not have are empty.
    """
    in_phases = lesion_in_phases(painter, lesion)
    aorta = aorta_hu(painter.analysis.findings)
    view = painter.analysis.views.get(lesion.number)
    return LesionSection(
        lesion=lesion,
        pictures=tuple(picture for picture in painter.lesion(lesion) if not (in_phases and picture.title == DETAIL)),
        phases=in_phases,
        phases_mm=painter.sights.detail_mm(lesion),
        curve=enhancement_curve(lesion, aorta),
        enhancement=taking_order(lesion.enhancement),
        aorta_hu=aorta,
        class_bars=_class_bars(lesion.classification),
        attention_bars=_attention_bars(lesion.classification),
        crops=crops_of(view) if view else (),
        crop_mm=view.side_mm if view else 0.0,
    )


def _class_bars(classified: Classification | None) -> tuple[Bar, ...]:
    if classified is None:
        return ()
    ordered = sorted(classified.probabilities.items(), key=lambda item: -item[1])
    kinds = {name: Verdict.MALIGNANT if LesionClass(name).is_malignant else Verdict.BENIGN for name, _ in ordered}
    return tuple(Bar(class_name(name), share, kinds[name]) for name, share in ordered)


def _attention_bars(classified: Classification | None) -> tuple[Bar, ...]:
    if classified is None:
        return ()
    return tuple(Bar(phase_name(p), classified.attention[p], "weight") for p in Phase if p in classified.attention)
