"""Routes to the cases, and to what is known of their images."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from livercad.core.ultrasound import MODALITY
from livercad.errors import InputError
from livercad.server import submissions
from livercad.server.datastore import StudyDatastore
from livercad.server.drawings import Drawing
from livercad.server.flat_images import describe
from livercad.server.flat_reports import key_of
from livercad.server.images import names_of, nifti_file
from livercad.server.instance import livercad_app
from livercad.server.sent import called_as_sent, told_as_sent
from livercad.studies.study import Study
from livercad.studies.ultrasound.cases import ImageCase

router = APIRouter(prefix="/livercad/cases", tags=["Cases"])

CT = "CT"
NO_LABEL = {"state": None, "has_label": False, "annotator": "", "submitted": "", "version": 0}


@router.get("")
def list_cases() -> JSONResponse:
    """List every case with the state of its submission, or of its circles; no image is looked at."""
    store = livercad_app().datastore()
    infos, drawn = store.label_infos(submissions.TAG), store.images.drawings.latest()
    cases = [
        {"case": case, "modality": CT, **_state(infos.get(case)), "images": len(study.series)}
        for case, study in store.catalogue.studies.items()
    ]
    cases += [
        {"case": case, "modality": MODALITY, **_drawn_state(drawn.get(case)), "images": len(found.images)}
        for case, found in store.catalogue.ultrasound.items()
    ]
    # As it is: FastAPI would look at every value once more, which takes longer than all else for many cases.
    return JSONResponse(sorted(cases, key=lambda each: str(each["case"])))


@router.get("/{case}")
def show_case(case: str) -> dict[str, Any]:
    """Tell of one case: the state of its submission, its images, and whether its analysis is at hand."""
    app = livercad_app()
    store = app.datastore()
    if case in store.catalogue.ultrasound:
        return _show_ultrasound(store, store.catalogue.ultrasound[case])
    study = store.study(case)
    return {
        "case": case,
        "modality": CT,
        **_state(store.label_infos(submissions.TAG).get(case)),
        "images": images_of(store, study),
        "analysed": app.analyses.at_hand(study) is not None,
    }


def images_of(store: StudyDatastore, study: Study) -> list[dict[str, Any]]:
    """Tell what is known of the images of a case.

    Parameters
    ----------
    store : StudyDatastore
        Where the case is.
    study : Study
        The case.

    Returns
    -------
    list of dict
        In the order of its series; `bytes` and `path` of the NIfTI file, 0 and empty until one has been made.
    """
    reads = {read.source: read for read in store.memory.reads(study)}
    reference = store.memory.reference(study)
    images = []
    for name, series in zip(names_of(study), study.series, strict=True):
        read = reads.get(series.source)
        file = nifti_file(study.case, series, store.catalogue.root)
        is_there = file.is_file()
        images.append(
            {
                "name": name,
                "phase": read.phase if read else series.phase,
                "told_by": read.told_by if read else series.told_by,
                "probabilities": read.probabilities if read else {},
                "is_unsure": read.is_unsure if read else False,
                "is_reference": series == reference,
                "bytes": file.stat().st_size if is_there else 0,
                "path": str(file) if is_there else "",
            }
        )
    return images


def _show_ultrasound(store: StudyDatastore, case: ImageCase) -> dict[str, Any]:
    """Tell of one case of ultrasound; of each image also the version of its circles, 0 where nobody ever drew any.

    Images that cannot be used are told with the reason, by their paths below the studies folder; they stop no other.
    """
    names = {store.catalogue.root.absolute(): ""}
    images, unusable = [], list(told_as_sent(case.unusable, names))
    for image in case.images:
        try:
            with called_as_sent(names):
                told = describe(image)
        except InputError as error:  # broken since the folder was looked at
            unusable.append(str(error))
            continue
        drawn = store.images.drawings.newest(image.name)
        about = {"version": drawn.version, "annotator": drawn.annotator} if drawn else {"version": 0, "annotator": ""}
        images.append({**told, **about})
    state = _drawn_state(store.images.drawings.latest().get(case.case))
    reports = livercad_app().flat_reports
    is_analysed = reports.at_hand(key_of(reports.task_of(case.case), case)) is not None
    once = list(dict.fromkeys(unusable))  # frames of a file share its reason
    about_case = {"case": case.case, "modality": MODALITY, **state}
    return {**about_case, "images": images, "unusable": once, "analysed": is_analysed}


def _drawn_state(drawing: Drawing | None) -> dict[str, Any]:
    """What a case's circles are in the words of submissions: the latest of its images."""
    if drawing is None:
        return NO_LABEL
    told = {"annotator": drawing.annotator, "submitted": drawing.saved, "version": drawing.version}
    return {**NO_LABEL, "has_label": True, **told}


def _state(info: dict[str, Any] | None) -> dict[str, Any]:
    return NO_LABEL if info is None else {**submissions.summary_of(info), "has_label": True}
