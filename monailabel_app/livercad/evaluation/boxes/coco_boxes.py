"""Boxes in COCO's JSON: a data set for the truth, a list of results for the predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from livercad.evaluation.boxes.model import BoxFrame, Corners
from livercad.evaluation.boxes.told import Told, ToldFile, checked_corners, wrong

Word = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Bbox = tuple[Finite, Finite, Annotated[Finite, Field(ge=0)], Annotated[Finite, Field(ge=0)]]
"""x, y, width, height."""
T = TypeVar("T")


class _Entry(BaseModel):
    """COCO's files have many more fields than are needed here."""

    model_config = ConfigDict(extra="ignore", strict=False)


class _Image(_Entry):
    id: int
    file_name: Annotated[str, Field(min_length=1)]
    patient: Word = Field("", validation_alias=AliasChoices("patient", "patient_id"))
    scan: Word = ""


class _Category(_Entry):
    id: int
    name: str


class _Annotation(_Entry):
    image_id: int
    bbox: Bbox
    category_id: int | None = None
    diameter_mm: Annotated[Finite, Field(gt=0)] | None = None
    iscrowd: int = 0


class _DataSet(_Entry):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category] = []


class _Result(_Entry):
    image_id: int
    bbox: Bbox
    score: Finite
    category_id: int | None = None


def read_coco_truth(path: Path) -> ToldFile:
    """Read a COCO data set.

    Parameters
    ----------
    path : Path
        ``images`` (``id``, ``file_name``; if wanted ``patient`` and ``scan``), ``annotations`` (``image_id``, ``bbox``;
        if wanted ``category_id`` and ``diameter_mm``) and ``categories``.

    Returns
    -------
    ToldFile
        An entry an image and one an annotation; images without annotations are images without lesions.

    Raises
    ------
    InputError
        If the file is no such data set; the message names the entry.
    """
    data = _parse(path, TypeAdapter(_DataSet), "a COCO data set: an object with images and annotations")
    labels = {category.id: category.name for category in data.categories}
    names: dict[int, str] = {}
    for index, image in enumerate(data.images):
        if image.id in names or image.file_name in names.values():
            twice = f"the id {image.id}" if image.id in names else f"'{image.file_name}'"
            wrong(path, f"{twice} for the second time in images.{index}", "ids and file names that occur once")
        names[image.id] = image.file_name
    entries = [
        Told(f"images.{index}", image.file_name, patient=image.patient, scan=image.scan)
        for index, image in enumerate(data.images)
    ]
    for index, one in enumerate(data.annotations):
        where = f"annotations.{index}"
        if one.iscrowd:
            wrong(path, f"iscrowd = {one.iscrowd} in {where}", "a box around one lesion (iscrowd 0)")
        label = _label(path, where, one.category_id, labels)
        name = _name(path, where, one.image_id, names, f"an id of an image in {path.name}")
        corners = _corners(path, where, one.bbox)
        entries.append(Told(where, name, corners, diameter_mm=one.diameter_mm, label=label))
    return ToldFile(path, BoxFrame.PIXELS, tuple(entries), names, labels)


def read_coco_predictions(path: Path, truth: ToldFile) -> ToldFile:
    """Read COCO results.

    Parameters
    ----------
    path : Path
        A list of objects with ``image_id``, ``bbox``, ``score`` and if wanted ``category_id``.
    truth : ToldFile
        The data set, which names their images.

    Returns
    -------
    ToldFile
        An entry a box.

    Raises
    ------
    InputError
        If the file is no such list, or the truth is no COCO data set.
    """
    if not truth.names:
        wrong(
            truth.path,
            "a table",
            f"a COCO data set, which names the images that {path} tells by their ids",
            "Give both as COCO JSON, or the predictions as CSV.",
        )
    results = _parse(path, TypeAdapter(list[_Result]), "COCO results: a list of objects with image_id, bbox and score")
    entries = []
    for index, one in enumerate(results):
        where = f"entry {index}"
        label = _label(path, where, one.category_id, truth.labels)
        name = _name(path, where, one.image_id, truth.names, f"an id of an image in {truth.path}")
        entries.append(Told(where, name, _corners(path, where, one.bbox), one.score, label=label))
    return ToldFile(path, BoxFrame.PIXELS, tuple(entries))


def _parse(path: Path, adapter: TypeAdapter[T], expected: str) -> T:
    try:
        content = path.read_bytes()
    except OSError as error:
        wrong(path, f"a file that cannot be read ({error})", expected)
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        first: dict[str, Any] = error.errors(include_url=False)[0]  # type: ignore[assignment]
        where = ".".join(map(str, first["loc"]))
        value = repr(first["input"])
        shown = value if len(value) <= 60 else value[:57] + "..."
        what = f"{where} = {shown}" if where else shown
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        wrong(path, f"{what}: {first['msg']}{more}", expected)


def _corners(path: Path, where: str, bbox: Bbox) -> Corners:
    x, y, width, height = bbox
    return checked_corners(path, where, (x, y, x + width, y + height))


def _label(path: Path, where: str, category: int | None, labels: dict[int, str]) -> str:
    if category is None or not labels:
        return ""
    if category not in labels:
        known = ", ".join(f"{one} ({label})" for one, label in sorted(labels.items()))
        wrong(path, f"category_id = {category} in {where}", f"one of the truth's categories: {known}")
    return labels[category]


def _name(path: Path, where: str, image: int, names: dict[int, str], expected: str) -> str:
    if image not in names:
        wrong(path, f"image_id = {image} in {where}", expected)
    return names[image]
