"""One folder a case, put in place whole: results with their manifest, or the reason why there are none.

A case is written under ``OUT/.livercad/fresh`` and its folder renamed to ``OUT/<case>`` as the last step. So at any
moment a case is there as a whole or not at all, and nothing else says which cases are done.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livercad.batch.failures import FAILURE, Failure, is_failed, read_failure
from livercad.batch.manifest import MANIFEST, Manifest, read_manifest
from livercad.batch.ultrasound_outputs import SALIENCY, has_all_saliency, write_ultrasound
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.ultrasound import MODALITY
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.reports.case_page import render_case
from livercad.reports.thumbnails import thumbnail
from livercad.studies.nifti import write_volume

HIDDEN = ".livercad"
"""Holds what is under way."""
LIVER, LESIONS, FINDINGS, REPORT = "liver.nii.gz", "lesions.nii.gz", "findings.json", "report.html"
THUMBNAIL = "thumbnail.png"
"""The case's picture in the index, which is built from what lies in the output folder."""

RESULTS = (LIVER, LESIONS, FINDINGS, REPORT, THUMBNAIL, MANIFEST)
"""Of a CT case."""
ULTRASOUND_RESULTS = (FINDINGS, REPORT, THUMBNAIL, MANIFEST)
"""Of an ultrasound case, beside the folder `SALIENCY`."""
ALIGNED = {phase: f"aligned_{phase.value}.nii.gz" for phase in Phase}
"""Where the phases go that were laid over the reference phase, if they are wanted."""
OWN_FILES = frozenset((*RESULTS, *ALIGNED.values(), SALIENCY, FAILURE))


def fresh_folder(out: Path) -> Path:
    """Where cases under way are written."""
    return out / HIDDEN / "fresh"


def replaced_folder(out: Path) -> Path:
    """Where a case's old folder lies for the moment in which the new one takes its place."""
    return out / HIDDEN / "replaced"


def is_ultrasound(folder: Path) -> bool:
    """Whether a case's folder holds results of ultrasound, or says why there are none."""
    return (folder / SALIENCY).is_dir() or (is_failed(folder) and read_failure(folder).modality == MODALITY)


def is_done(folder: Path) -> bool:
    """Whether a case's folder has its manifest and every file of a result."""
    if (folder / SALIENCY).is_dir():
        whole = all((folder / name).is_file() for name in ULTRASOUND_RESULTS)
        return whole and has_all_saliency(folder, folder / FINDINGS)
    return all((folder / name).is_file() for name in RESULTS)


def has_aligned(folder: Path) -> bool:
    """Whether the folder of a case that is done has all phases but the reference laid over it."""
    try:
        findings = Findings.from_dict(json.loads((folder / FINDINGS).read_bytes()))
    except ValueError:
        return False
    others = [read.phase for read in findings.phases if read.phase and not read.is_reference]
    return all((folder / ALIGNED[phase]).is_file() for phase in others)


def holds_cases(out: Path) -> bool:
    """Whether an output folder has any case, done or failed."""
    return any(is_done(folder) or is_failed(folder) for folder in out.iterdir())


def is_result(folder: Path) -> bool:
    """Whether a folder was written by this module; masks alone may be anybody's."""
    return any((folder / name).is_file() for name in (MANIFEST, FINDINGS, REPORT, FAILURE))


def is_current(folder: Path, fingerprint: str) -> bool:
    """Whether a case is done and would come out the same today.

    Parameters
    ----------
    folder : Path
        ``OUT/<case>``.
    fingerprint : str
        Today's `Provenance.fingerprint`.

    Returns
    -------
    bool
        False too when a file of the result is missing.
    """
    manifest = read_manifest(folder)
    return manifest is not None and manifest.fingerprint == fingerprint and is_done(folder)


def write_analysis(
    out: Path, analysis: Analysis | UltrasoundReport, manifest: Manifest, *, save_aligned: bool = False
) -> None:
    """Put a case's results in place.

    Parameters
    ----------
    out : Path
        The output folder.
    analysis : Analysis or UltrasoundReport
        The results.
    manifest : Manifest
        What they were made from.
    save_aligned : bool, default False
        Write the other phases of CT, laid over the reference phase, as well.
    """
    with _replacing_case(out, analysis.findings.case) as folder:
        if isinstance(analysis, UltrasoundReport):
            page, picture = write_ultrasound(analysis, folder)
        else:
            page, picture = _write_volumes(analysis, folder, save_aligned)
        (folder / FINDINGS).write_text(json.dumps(analysis.findings.to_dict(), indent=2) + "\n", encoding="utf-8")
        (folder / REPORT).write_text(page, encoding="utf-8")
        (folder / THUMBNAIL).write_bytes(picture)
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _write_volumes(analysis: Analysis, folder: Path, save_aligned: bool) -> tuple[str, bytes]:
    """Write the volumes of CT; give the page and the picture that stands for the case."""
    write_volume(analysis.liver, folder / LIVER)
    write_volume(analysis.lesions, folder / LESIONS)
    for image in analysis.phases if save_aligned else ():
        if image.phase and image.aligned is not analysis.reference:
            write_volume(image.aligned, folder / ALIGNED[image.phase])
    return render_case(analysis), thumbnail(analysis)


def write_failure(out: Path, failure: Failure) -> None:
    """Put the reason of a failure in the place of a case's results; older results would pass for today's.

    Parameters
    ----------
    out : Path
        The output folder.
    failure : Failure
        Which case, and why.
    """
    with _replacing_case(out, failure.case) as folder:
        (folder / FAILURE).write_text(failure.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")


def recover(out: Path) -> None:
    """Finish or undo what a killed batch left under way.

    Parameters
    ----------
    out : Path
        The output folder; nobody else must be writing to it.
    """
    for old in replaced_folder(out).glob("*/*"):
        if (out / old.name).exists():
            _retire(old, out / old.name)
        else:
            old.rename(out / old.name)
    for folder in (fresh_folder(out), replaced_folder(out)):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)


@contextmanager
def _replacing_case(out: Path, case: str) -> Iterator[Path]:
    fresh = Path(tempfile.mkdtemp(dir=fresh_folder(out)))
    try:
        # mkdtemp gives 0o700; results are meant for whoever may read the output folder.
        fresh.chmod(out.stat().st_mode & 0o777)
        yield fresh
        for path in fresh.rglob("*"):
            if path.is_file():
                _flush(path)
        _put_in_place(out, fresh, case)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _put_in_place(out: Path, fresh: Path, case: str) -> None:
    target = out / case
    try:
        fresh.rename(target)
    except OSError as error:
        # A folder that is not empty cannot be renamed over.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        aside = Path(tempfile.mkdtemp(dir=replaced_folder(out))) / case
        target.rename(aside)
        fresh.rename(target)
        _retire(aside, target)


def _retire(old: Path, new: Path) -> None:
    """Throw away a case's old folder; files that the user has put there move to the new one."""
    for path in old.iterdir():
        if path.name not in OWN_FILES and not (new / path.name).exists():
            path.rename(new / path.name)
    shutil.rmtree(old.parent)


def _flush(path: Path) -> None:
    """See to it that a power cut after the rename does not find empty files behind it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
