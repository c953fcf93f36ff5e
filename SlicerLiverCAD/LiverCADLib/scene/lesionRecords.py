"""What is known of each lesion beside its voxels: plain data, kept as JSON in the scene."""

from dataclasses import dataclass

from livercad.core.annotation import AnnotatedLesion, Origin, Verdict
from livercad.core.geometry import Point
from livercad.core.lesion import Lesion
from livercad.core.plain import from_plain, to_plain
from livercad.core.taxonomy import (
    BENIGN_COLOR,
    CLASS_OF,
    LABEL_COLORS,
    MALIGNANT_COLOR,
    UNSURE_COLOR,
    Label,
    LesionClass,
    LesionType,
)
from LiverCADLib.scene.measures import Measured

NO_VOXELS = "none"
"""Stands for the fingerprint of a mark that has lost its ball."""


@dataclass(frozen=True)
class LesionRecord:
    """A lesion without its voxels.

    Parameters
    ----------
    number : int
        From 1; never changes, and is never given again in the case.
    origin : Origin
        Who found it.
    center : tuple of float
        RAS mm, as last measured or marked.
    diameterMm : float
        Longest axial diameter, as last measured or marked.
    verdict : Verdict
        What the annotator says of it.
    type : LesionType or None
        As told by the annotator.
    label : LesionClass or None
        Likewise the class.
    found : Lesion or None
        What the server measured last.
    foundIn : str
        Fingerprint of the voxels that it measured.
    cautions : tuple of str
        What the server warns of in what it measured, each a sentence about this lesion without its subject.
    markedAs : str
        Fingerprint of the ball that was drawn for a mark; empty for others.
    mergedFrom : tuple of int
        Numbers of the lesions that were merged into this one.
    comment : str
        In the annotator's words.
    isDeleted : bool
        Kept so that its number is not given again, and that it is known that the model's finding was none.
    isSubmitted : bool
        Whether the server knows the number.
    """

    number: int
    origin: Origin
    center: Point
    diameterMm: float
    verdict: Verdict = Verdict.OPEN
    type: LesionType | None = None
    label: LesionClass | None = None
    found: Lesion | None = None
    foundIn: str = ""
    cautions: tuple[str, ...] = ()
    markedAs: str = ""
    mergedFrom: tuple[int, ...] = ()
    comment: str = ""
    isDeleted: bool = False
    isSubmitted: bool = False

    @property
    def isRejected(self) -> bool:
        """Whether it is not in the label map."""
        return self.isDeleted or self.verdict is Verdict.REJECTED

    @property
    def score(self) -> float | None:
        """How sure the detection is, in [0, 1]; None for a lesion that the annotator found."""
        return self.found.score if self.found and self.origin is Origin.MODEL else None

    def isOutdated(self, measured: Measured | None) -> bool:
        """Whether the voxels are no longer those that the server measured."""
        return self.found is not None and measured is not None and measured.fingerprint != self.foundIn

    def isOutlined(self, measured: Measured | None) -> bool:
        """Whether somebody or something drew its border; False where a ball stands, or stood, for a mark."""
        return measured.fingerprint != self.markedAs if measured else not self.markedAs

    @property
    def color(self) -> tuple[float, float, float]:
        """Red, green, blue in [0, 1]: malignant red, benign green, unsure and unclassified yellow."""
        classification = self.found.classification if self.found else None
        if self.label:
            rgb = MALIGNANT_COLOR if self.label.is_malignant else BENIGN_COLOR
        elif classification is None:
            rgb = LABEL_COLORS[Label.LESION]
        elif classification.is_unsure:
            rgb = UNSURE_COLOR
        else:
            rgb = MALIGNANT_COLOR if classification.is_malignant else BENIGN_COLOR
        return rgb[0] / 255, rgb[1] / 255, rgb[2] / 255

    def toAnnotation(self, measured: Measured | None) -> AnnotatedLesion:
        """Say of it what is submitted."""
        isOutlined = self.isOutlined(measured)
        return AnnotatedLesion(
            number=self.number,
            origin=self.origin,
            verdict=Verdict.REJECTED if self.isRejected or measured is None else self.verdict,
            center=measured.center if measured and isOutlined else self.center,
            diameter_mm=measured.longest.length_mm if measured and isOutlined else self.diameterMm,
            is_outlined=isOutlined,
            type=self.type,
            label=self.label,
            found=None if self.isOutdated(measured) else self.found,
            cautions=() if self.isOutdated(measured) else self.cautions,
            merged_from=self.mergedFrom,
            comment=self.comment,
            is_deleted=self.isDeleted,
        )

    @classmethod
    def fromAnnotation(cls, lesion: AnnotatedLesion, asAnalysed: Lesion | None, fingerprint: str) -> "LesionRecord":
        """Take up a lesion that was submitted.

        Parameters
        ----------
        lesion : AnnotatedLesion
            As it was submitted.
        asAnalysed : Lesion or None
            What the analysis said of this number: shown, as outdated, where the lesion was corrected since.
        fingerprint : str
            Of its voxels; empty without any.
        """
        return cls(
            number=lesion.number,
            origin=lesion.origin,
            center=lesion.center,
            diameterMm=lesion.diameter_mm,
            verdict=lesion.verdict,
            type=lesion.type,
            label=lesion.label,
            found=lesion.found or asAnalysed,
            foundIn=fingerprint if lesion.found else "",
            cautions=lesion.cautions,
            markedAs="" if lesion.is_outlined else fingerprint or NO_VOXELS,
            mergedFrom=lesion.merged_from,
            comment=lesion.comment,
            isDeleted=lesion.is_deleted,
            isSubmitted=True,
        )


def classOf(told: LesionType | LesionClass | None) -> tuple[LesionType | None, LesionClass | None]:
    """Type and class of what an annotator chose: a type, a class alone, or nothing."""
    if isinstance(told, LesionType):
        return told, CLASS_OF[told]
    return None, told


def toPlain(records: list[LesionRecord]) -> list[dict]:
    """Records as JSON values."""
    return to_plain(records)


def fromPlain(plain: list[dict]) -> list[LesionRecord]:
    """What `toPlain` made, as records."""
    return [from_plain(LesionRecord, entry, "lesion", ignore_unknown=True) for entry in plain]
