"""Routes to the images of a case: as they are, and as the analysis has laid them over the reference phase."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis, PhaseImage
from livercad.registration.displacement import displacement_field
from livercad.server.errors import ConflictError
from livercad.server.flat_images import PNG, flat_image, png_of
from livercad.server.images import ensure_nifti_file, image_named
from livercad.server.instance import livercad_app
from livercad.server.sent import called_as_sent
from livercad.studies.nifti import write_volume
from livercad.studies.ultrasound.reading import read_image

router = APIRouter(prefix="/livercad/cases/{case}", tags=["Cases"])

NPZ = "application/x-npz"


@router.get("/images/{name:path}")
def download_image(case: str, name: str, registered: bool = False) -> Response:
    """Download an image as NIfTI on its own grid, or, `registered`, on the reference image's; ultrasound as grey PNG.

    Names of ultrasound images have slashes, and ``#`` where there are several in a file.
    """
    if registered:
        _, image = _analysed(case, name)
        return _sent_once(image.aligned, name)
    store = livercad_app().datastore()
    if case in store.catalogue.ultrasound:
        with called_as_sent({store.catalogue.root.absolute(): ""}):
            read = read_image(flat_image(store.catalogue.ultrasound[case], name))
        return Response(png_of(read.array), media_type=PNG)
    study = store.study(case)
    file = ensure_nifti_file(study, image_named(study, name), store.catalogue.root)
    return FileResponse(file, filename=f"{name}{'.nii.gz' if file.name.lower().endswith('.gz') else '.nii'}")


@router.get("/transforms/{name}")
def download_transform(case: str, name: str) -> Response:
    """Download where points of the reference image lie in an image: `displacement_mm` on a grid with its `affine`."""
    analysis, image = _analysed(case, name)
    field = displacement_field(image.mapping, analysis.reference)
    return npz(displacement_mm=field.displacement_mm, affine=field.affine)


def npz(**arrays: np.ndarray) -> Response:
    """Answer with arrays as `numpy.load` reads them."""
    stream = BytesIO()
    np.savez(stream, **arrays)
    return Response(stream.getvalue(), media_type=NPZ)


def _analysed(case: str, name: str) -> tuple[Analysis, PhaseImage]:
    """The analysis of a case and an image of it."""
    app = livercad_app()
    study = app.datastore().study(case)
    series = image_named(study, name)
    result = app.analyses.at_hand(study)
    if result is None:
        raise ConflictError(
            f"case {case!r}",
            found="no analysis at hand",
            expected="an analysis that was made since the files, or their phases, changed",
            todo="Analyse it first: run liver_cad.",
        )
    pairs = zip(result.findings.phases, result.analysis.phases, strict=True)
    image = next((image for read, image in pairs if read.source == series.source), None)
    if image is None:
        raise ConflictError(
            f"image {name!r} of case {case!r}",
            found="that the analysis has left it out",
            expected="an image with a phase of its own, that shows a liver",
            todo="The warnings of the findings say why; tell its phase if it is another.",
        )
    return result.analysis, image


def _sent_once(volume: Volume, name: str) -> FileResponse:
    folder = Path(tempfile.mkdtemp(prefix="registered-"))
    try:
        write_volume(volume, folder / "registered.nii.gz")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(folder / "registered.nii.gz", filename=f"{name}.nii.gz", background=remove)
