"""The detector that is served: boxes in RAS, linked through slices, on any grid."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import Cancelled, ModelError
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.predictor import FILES, NAME, ShahDetector, linked
from livercad.papers.shah2021.preprocessing import Field
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.sections import Section
from livercad.papers.shah2021.settings import Split
from shah_patients import simple_ct

Study = tuple[Path, Results]
FIELD = Field(right_mm=100.0, front_mm=80.0, pixel_mm=2.0, pixels=100)


def section(rows: tuple[int, int], columns: tuple[int, int], score: float, kind: ShahClass, p: float = 0.7) -> Section:
    rest = (1 - p) / 3
    probabilities = tuple(p if each is kind else rest for each in CLASSES)
    return Section(rows=rows, columns=columns, score=score, probabilities=probabilities)


def test_sections_of_neighbouring_images_become_one_lesion_in_ras() -> None:
    heights = [-20.0, -15.0, -10.0, -5.0]
    sections = [
        (0, section((40, 50), (20, 28), 0.6, ShahClass.HCC)),
        (1, section((39, 51), (19, 29), 0.9, ShahClass.HCC, 0.9)),
        (2, section((40, 50), (20, 28), 0.6, ShahClass.MET)),
        (3, section((80, 90), (70, 80), 0.55, ShahClass.CYS)),
    ]
    first, second = linked(sections, FIELD, heights)
    assert first.box.minimum == pytest.approx((100 - 58, 80 - 102, -22.5))
    assert first.box.maximum == pytest.approx((100 - 38, 80 - 78, -7.5))
    assert (first.score, first.kind, second.kind) == (0.9, ShahClass.HCC, ShahClass.CYS)
    weights = (0.6, 0.9, 0.6)
    expected = np.average((0.7, 0.9, 0.1), weights=weights)
    assert first.probabilities[ShahClass.HCC] == pytest.approx(expected)
    assert sum(first.probabilities.values()) == pytest.approx(1)
    assert first.malignancy == pytest.approx(first.probabilities[ShahClass.HCC] + first.probabilities[ShahClass.MET])
    assert linked([], FIELD, heights) == []


def test_the_model_that_is_kept_is_the_one_tested_on_unknown_patients(shah_study: Study) -> None:
    output, results = shah_study
    detector = ShahDetector(output / "model")
    test = results.splits[Split.PATIENT].test
    assert detector.description.split is Split.PATIENT
    assert test.classes.accuracy and detector.description.test_accuracy == test.classes.accuracy.value
    kept, trained = (
        (output / "model" / FILES.weights),
        output / "trainings" / "lesions-patient" / "weights.safetensors",
    )
    assert kept.read_bytes() == trained.read_bytes()
    assert (detector.model.name, len(detector.model.sha256)) == (NAME, 64)


def test_the_same_lesions_are_found_whichever_way_a_volume_s_axes_run(shah_study: Study) -> None:
    detector = ShahDetector(shah_study[0] / "model")
    ct = simple_ct(ShahClass.ANG, 3)

    def turned(volume: Volume) -> Volume:
        image = nib.as_closest_canonical(nib.Nifti1Image(volume.array, volume.affine))
        return Volume(np.asanyarray(image.dataobj), image.affine)

    one = detector(ct.images[Phase.PORTAL], ct.liver)
    two = detector(turned(ct.images[Phase.PORTAL]), turned(ct.liver))
    assert len(one) == len(two) > 0
    for a, b in zip(one, two, strict=True):
        assert a.box.minimum == pytest.approx(b.box.minimum)
        assert a.probabilities == pytest.approx(b.probabilities)
        assert all(low < high for low, high in zip(a.box.minimum, a.box.maximum, strict=True))


def test_an_empty_liver_has_no_lesions_and_cancelling_ends_the_work(shah_study: Study) -> None:
    detector = ShahDetector(shah_study[0] / "model")
    ct = simple_ct(ShahClass.CYS)
    portal = ct.images[Phase.PORTAL]
    assert detector(portal, ct.liver.like(ct.liver.array * 0)) == []

    def cancel(done: float, total: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        detector(portal, ct.liver, cancel)


def test_a_liver_thinner_than_the_distance_of_images_is_looked_at_once(shah_study: Study) -> None:
    detector = ShahDetector(shah_study[0] / "model")
    step = detector.description.images.slice_mm
    assert step > 2
    ct = simple_ct(ShahClass.CYS)
    portal = ct.images[Phase.PORTAL]
    middle = portal.shape[2] // 2
    for shift in np.arange(0, step, 1.0):  # wherever it lies on the grid of heights
        affine = portal.affine.copy()
        affine[2, 3] += shift
        one = (0, 0, middle), (*portal.shape[:2], middle + 1)
        seen: list[float] = []
        detector(
            Volume(portal.array, affine).crop(*one),
            Volume(ct.liver.array, affine).crop(*one),
            lambda done, total, what, seen=seen: seen.append(total),
        )
        assert len(seen) == 2  # an image, and the end


def test_damaged_weights_are_refused(shah_study: Study, tmp_path: Path) -> None:
    for file in (shah_study[0] / "model").iterdir():
        data = file.read_bytes()
        (tmp_path / file.name).write_bytes(data[:-4] + b"\0\0\0\1" if file.suffix == ".safetensors" else data)
    with pytest.raises(ModelError, match="not those of its description"):
        ShahDetector(tmp_path)
    with pytest.raises(ModelError, match="livercad reproduce shah2021"):
        ShahDetector(tmp_path / "nothing")
