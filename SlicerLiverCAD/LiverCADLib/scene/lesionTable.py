"""The lesions as rows of a table: their words, their order, and which of them are shown."""

from dataclasses import dataclass
from enum import Enum

from livercad.core.annotation import Origin, Verdict
from livercad.core.geometry import Box
from livercad.core.taxonomy import LesionClass, LesionType
from LiverCADLib.classWords import CLASS_WORDS, TYPE_WORDS
from LiverCADLib.scene.lesionRecords import LesionRecord
from LiverCADLib.scene.measures import Measured, placeIn
from LiverCADLib.translation import _

CHOICES = (*LesionType, LesionClass.OTHER_MALIGNANT, LesionClass.OTHER_BENIGN)
"""What an annotator can say of a lesion."""
TINY_MM = 10.0
"""Smallest measurable lesion on CT (RECIST 1.1, Eisenhauer 2009, section 3.1.1)."""
VERDICT_WORDS = {Verdict.OPEN: _("open"), Verdict.ACCEPTED: _("accepted"), Verdict.REJECTED: _("rejected")}


class Column(Enum):
    """The table's columns, from left to right."""

    NUMBER = "number"
    TYPE = "type"
    SIZE = "size"
    VERDICT = "verdict"
    VOLUME = "volume"
    LOCATION = "location"
    SCORE = "score"
    WARNING = "warning"


COLUMN_WORDS = {
    Column.NUMBER: _("No."),
    Column.LOCATION: _("Location"),
    Column.SIZE: _("Size (mm)"),
    Column.VOLUME: _("Volume (ml)"),
    Column.TYPE: _("Type"),
    Column.SCORE: _("Score"),
    Column.WARNING: _("Warning"),
    Column.VERDICT: _("Verdict"),
}


@dataclass(frozen=True)
class Row:
    """One lesion.

    Parameters
    ----------
    number : int
        Its number.
    texts : dict of Column to str
        What the cells show.
    tips : dict of Column to str
        What they tell when pointed at.
    keys : dict of Column to object
        What they are sorted by.
    color : tuple of float
        Of its class, red, green, blue in [0, 1].
    isRejected : bool
        Whether the annotator rejected it.
    """

    number: int
    texts: dict[Column, str]
    tips: dict[Column, str]
    keys: dict[Column, object]
    color: tuple[float, float, float]
    isRejected: bool


@dataclass(frozen=True)
class Table:
    """What the table shows.

    Parameters
    ----------
    rows : tuple of Row
        In order.
    hidden : int
        How many lesions the score slider hides; they are kept and submitted like all others.
    """

    rows: tuple[Row, ...]
    hidden: int

    @property
    def summary(self) -> str:
        """How many there are, in words."""
        text = counted(len(self.rows) + self.hidden)
        if self.hidden:
            text += _("; {hidden} hidden by the score, still kept and submitted").format(hidden=self.hidden)
        return text


def counted(count: int) -> str:
    """A number of lesions in words."""
    return _("1 lesion") if count == 1 else _("{count} lesions").format(count=count)


def tableOf(lesions, minimumScore=0.0, column=Column.NUMBER, isDescending=False) -> Table:
    """Make the table.

    Parameters
    ----------
    lesions : LesionList
        Of the open case.
    minimumScore : float
        Found lesions below it are hidden; those of the annotator have no score and are always shown.
    column : Column
        What the rows are sorted by; equal ones by number.
    isDescending : bool
        The largest first. Lesions of which the column says nothing come last in both orders.

    Returns
    -------
    Table
        Rows and how many are hidden.
    """
    numbers = lesions.numbers
    shown = [n for n in numbers if _isShown(lesions.records[n], minimumScore)]
    rows = [rowOf(lesions.records[n], lesions.measured(n), lesions.liverBox) for n in shown]
    told = [row for row in rows if row.keys[column] is not None]
    told.sort(key=lambda row: row.keys[column], reverse=isDescending)
    return Table((*told, *(row for row in rows if row.keys[column] is None)), len(numbers) - len(shown))


def rowOf(record: LesionRecord, measured: Measured | None, liver: Box | None) -> Row:
    """Put a lesion into words."""
    warnings = warningsOf(record, measured)
    type_, tip, probability = _typeOf(record)
    r, a, s = record.center
    place = placeIn(record.center, liver) if measured or record.diameterMm else ""
    size, across, volume = _sizeOf(record, measured)
    sizes = f"{size:.0f}" + (f" × {across:.0f}" if across else "")
    slice_ = _("slice {slice}, ").format(slice=measured.slice) if measured else ""
    return Row(
        number=record.number,
        texts={
            Column.NUMBER: str(record.number),
            Column.LOCATION: f"{place}, S {s:.0f}" if place else "",
            Column.SIZE: sizes if size else "",
            Column.VOLUME: f"{volume:.2f}" if volume else "",
            Column.TYPE: type_,
            Column.SCORE: "" if record.score is None else f"{record.score:.2f}",
            Column.WARNING: "; ".join(warnings),
            Column.VERDICT: VERDICT_WORDS[record.verdict],
        },
        tips={
            Column.NUMBER: _("found by the model") if record.origin is Origin.MODEL else _("added by the annotator"),
            Column.LOCATION: _(
                "{slice}R {r:.1f}, A {a:.1f}, S {s:.1f} mm. The part is told by the position in the box around the "
                "liver; it is no lobe and no segment."
            ).format(slice=slice_, r=r, a=a, s=s),
            Column.SIZE: _("longest axial diameter and the longest at right angles to it"),
            Column.TYPE: tip,
            Column.SCORE: _("how sure the detection is; lesions of the annotator have none"),
            Column.WARNING: "\n".join(warnings),
        },
        keys={
            Column.NUMBER: record.number,
            Column.LOCATION: s if place else None,
            Column.SIZE: size or None,
            Column.VOLUME: volume or None,
            Column.TYPE: (type_.split(" ")[0].lower(), probability) if type_ else None,
            Column.SCORE: record.score,
            Column.WARNING: "; ".join(warnings) or None,
            Column.VERDICT: list(Verdict).index(record.verdict),
        },
        color=record.color,
        isRejected=record.isRejected,
    )


def warningsOf(record: LesionRecord, measured: Measured | None) -> list[str]:
    """Why to look at a lesion twice, in sentences without subject and full stop."""
    warnings = []
    classification = record.found.classification if record.found else None
    isOutdated = record.isOutdated(measured)
    if measured is None and not record.isRejected:
        warnings.append(_("has no voxels: it will not be in the label map"))
    if isOutdated:
        warnings.append(_("was corrected since it was described"))
    if measured and not record.isOutlined(measured):
        warnings.append(_("is not outlined, a ball stands for it"))
    if measured and measured.pieces > 1:
        warnings.append(_("has {count} separate pieces").format(count=measured.pieces))
    if measured and measured.longest.length_mm < TINY_MM:
        warnings.append(_("is smaller than {size:g} mm").format(size=TINY_MM))
    if classification and classification.is_unsure and not record.label:
        warnings.append(classification.reason.rstrip(".").removeprefix("it "))
    return warnings if isOutdated else list(dict.fromkeys((*warnings, *record.cautions)))


def _sizeOf(record: LesionRecord, measured: Measured | None) -> tuple[float, float, float]:
    """Both diameters (mm) and volume (ml), 0 where unknown; a rejected lesion of a submission has lost its voxels."""
    if measured:
        return measured.longest.length_mm, measured.perpendicular.length_mm, measured.volumeMl
    if record.isRejected and record.found:
        return record.found.diameter_mm, record.found.short_diameter_mm, record.found.volume_ml
    return record.diameterMm, 0.0, 0.0


def _isShown(record: LesionRecord, minimumScore: float) -> bool:
    return record.score is None or record.score >= minimumScore


def _typeOf(record: LesionRecord) -> tuple[str, str, float]:
    """Words of the type, what stands behind them, and the probability."""
    classification = record.found.classification if record.found else None
    tip = ""
    if classification:
        shares = sorted(classification.probabilities.items(), key=lambda item: -item[1])
        tip = _("The classifier says: ") + ", ".join(f"{CLASS_WORDS[LesionClass(n)]} {p:.0%}" for n, p in shares)
    if record.label:
        word = TYPE_WORDS[record.type] if record.type else CLASS_WORDS[record.label]
        return _("{type} (yours)").format(type=word), tip, 2.0
    if classification:
        word = f"{CLASS_WORDS[classification.label]} {classification.confidence:.0%}"
        return word + (" ?" if classification.is_unsure else ""), tip, classification.confidence
    return "", tip or _("not classified"), 0.0
