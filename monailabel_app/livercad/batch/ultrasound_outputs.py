"""What lies in the folder of an ultrasound case beside the files that every case has: where the model looked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from livercad.core.ultrasound import UltrasoundFindings
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.reports.ultrasound_page import render_ultrasound_case
from livercad.reports.ultrasound_tables import saliency_file
from livercad.reports.ultrasound_thumbnail import ultrasound_thumbnail
from livercad.reports.ultrasound_words import answers_in_words

SALIENCY = "saliency"
"""Folder with a picture for each opinion, empty where there is none; it marks a case as ultrasound."""


def write_ultrasound(report: UltrasoundReport, folder: Path) -> tuple[str, bytes]:
    """Write the saliency of every opinion as an 8-bit grey PNG of the image's size, 255 being the strongest.

    Parameters
    ----------
    report : UltrasoundReport
        Of the case.
    folder : Path
        Where to.

    Returns
    -------
    page : str
        The report, in HTML.
    picture : bytes
        PNG that stands for the case.
    """
    (folder / SALIENCY).mkdir()
    for number, strength in enumerate(report.analysis.saliency, start=1):
        grey = np.rint(255 * np.clip(np.nan_to_num(strength), 0, 1)).astype(np.uint8)
        Image.fromarray(grey).save(folder / saliency_file(number), "PNG", optimize=True)
    return render_ultrasound_case(report), ultrasound_thumbnail(report)


def has_all_saliency(folder: Path, findings: Path) -> bool:
    """Whether the picture of every opinion that the findings have is there."""
    try:
        count = len(json.loads(findings.read_bytes())["opinions"])
    except (ValueError, KeyError, TypeError):
        return False
    return all((folder / saliency_file(number)).is_file() for number in range(1, count + 1))


def answer_in_words(findings: UltrasoundFindings) -> str:
    """What a batch says of a case that is done: ``3 images, malignant 87 %, HCC 61 %``."""
    count = len(findings.images)
    images = f"{count} image{'' if count == 1 else 's'}"
    return ", ".join([images, *(answers_in_words(findings.probabilities) or ["no answer"])])
