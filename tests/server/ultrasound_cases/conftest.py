"""One server with cases of both modalities; it ends with the last test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from fakes import write_case
from server.conftest import Server, Servers
from server.ultrasound_cases.clients import SHAPE, write_png
from ultrasound_files import region, sector, write_us_dicom


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server; a test takes back what it has drawn or sent where others would see it."""
    folder = tmp_path_factory.mktemp("ultrasound")
    studies = folder / "studies"
    write_case(studies, "one", 0)
    write_png(studies / "one.png")
    write_png(studies / "single.png", 1)
    write_png(studies / "two" / "a.png", 2)
    write_png(studies / "two" / "b.png", 3)
    mask = np.zeros(SHAPE, np.uint8)
    mask[40:61, 50:91] = 255
    Image.fromarray(mask).save(studies / "two" / "b_mask.png")
    (studies / "clip").mkdir()
    frames = np.stack([sector(seed, SHAPE) for seed in (4, 5)])
    tags = {"NumberOfFrames": 2, "SequenceOfUltrasoundRegions": [region(0.02, 0.03)]}
    write_us_dicom(studies / "clip" / "c.dcm", frames, **tags)
    servers = Servers()
    started = servers.start(folder)
    started.wait()
    yield started
    servers.end()
