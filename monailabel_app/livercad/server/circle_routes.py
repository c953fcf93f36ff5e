"""Routes to the circles that annotators draw on ultrasound images."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from livercad.errors import InputError
from livercad.server.drawings import Drawing
from livercad.server.flat_images import flat_image
from livercad.server.instance import livercad_app
from livercad.server.marks import MOST_CIRCLES, read_class, read_marks
from livercad.server.sampling_routes import asker
from livercad.studies.hashing import hash_file
from livercad.studies.ultrasound.drawn import rows_of
from livercad.studies.ultrasound.reading import read_header
from livercad.studies.ultrasound.rows import TABLE, write_annotations

router = APIRouter(prefix="/livercad", tags=["Cases"])

FIELDS = ("image", "circles", "class", "annotator", "client_id", "note", "based_on")
LONGEST_NOTE = 10_000

Said = Annotated[dict[str, Any], Body()]


@router.post("/cases/{case}/circles")
def draw(request: Request, case: str, said: Said) -> dict[str, Any]:
    """Save the circles of an image as a new version: `image`, `circles`, and perhaps `class`, `annotator`, `note`.

    `circles` are all of the image's lesions, each with `center` [column, row] and `diameter` in pixels, and perhaps its
    `class`; without any, `class` tells what the image shows; null takes back what was drawn. `based_on`, the version
    that the annotator has seen, has the request refused if there is another by now. `image` may be left out where the
    case has one.
    """
    store, who = livercad_app().datastore(), asker(said, request)
    if unknown := said.keys() - set(FIELDS):
        raise _error("the request", ", ".join(sorted(unknown)), f"only {', '.join(FIELDS)}")
    found = store.catalogue.image_case(case)
    name = said.get("image", found.images[0].name if len(found.images) == 1 else None)
    if not isinstance(name, str):
        raise _error(
            "image",
            "nothing" if name is None else repr(name)[:LONGEST_NOTE],
            f"the name of one of the {len(found.images)} images",
        )
    image = flat_image(found, name)
    if "circles" not in said:
        raise _error("circles", "nothing", f"a list of up to {MOST_CIRCLES} circles, or null to take them back")
    circles, kind = said["circles"], read_class(said.get("class", ""), name)
    lesions = None if circles is None else read_marks(circles, name, read_header(image.path).shape)
    if kind and (lesions is None or lesions):
        raise _error(f"class of {name}", repr(kind), "a class in each circle; the image's where it has no lesion")
    note, based_on = said.get("note", ""), said.get("based_on")
    if not isinstance(note, str) or len(note) > LONGEST_NOTE:
        raise _error(
            "note",
            f"{len(note)} characters" if isinstance(note, str) else "no text",
            f"a text of up to {LONGEST_NOTE} characters",
        )
    if based_on is not None and (not isinstance(based_on, int) or isinstance(based_on, bool) or based_on < 0):
        raise _error("based_on", repr(based_on)[:LONGEST_NOTE], "a version's number, or 0")
    saved = store.images.draw(
        image,
        lesions,
        kind,
        annotator=who,
        note=note,
        sha256=hash_file(image.path),
        based_on=based_on,
    )
    return _shown(saved, is_current=True)


@router.get("/cases/{case}/circles")
def list_versions(case: str, image: str = "") -> list[dict[str, Any]]:
    """List every version of what was drawn on a case's images, or on one, the oldest first."""
    store = livercad_app().datastore()
    found = store.catalogue.image_case(case)
    names = [flat_image(found, image).name] if image else [each.name for each in found.images]
    listed = []
    for name in names:
        versions = store.images.drawings.versions(name)
        listed += [_shown(each, is_current=each is versions[-1]) for each in versions]
    return listed


@router.get(f"/{TABLE}")
def export() -> Response:
    """Download a table of all ultrasound images with what is known of them, as ``annotations.csv`` has it."""
    cases = livercad_app().datastore().catalogue.ultrasound
    images = [image for _, case in sorted(cases.items()) for image in case.images]
    with TemporaryDirectory(prefix="table-") as folder:
        write_annotations(Path(folder, TABLE), (row for image in images for row in rows_of(image)))
        data = Path(folder, TABLE).read_bytes()
    return Response(data, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{TABLE}"'})


def _shown(drawing: Drawing, *, is_current: bool) -> dict[str, Any]:
    return {**drawing.to_dict(), "is_current": is_current}


def _error(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Nothing was saved; mend the request.")
