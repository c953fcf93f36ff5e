"""The images of one case analysed: opinions, doubts and what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from livercad.core.circle import Circle
from livercad.core.findings import TOTAL, ModelUsed
from livercad.core.ultrasound import Doubt, UltrasoundFindings
from livercad.errors import Cancelled, InputError
from livercad.models.install import installed_weights
from livercad.pipeline.ultrasound import UltrasoundAnalysis, analyze_images
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from livercad.ultrasound.load import SHIPPED
from livercad.ultrasound.model import Answer
from livercad.ultrasound.predictor import UltrasoundLesionModel
from ultrasound_files import sector, write_us_dicom

SHAPE = (96, 128)


class Whole:
    """Calls an image malignant by the mean of its greys."""

    used = ModelUsed("whole", "1", "0" * 64, "torch")
    title, trained_on = "a stand-in", "nothing"
    needs_circle = takes_circle = learnt_from_phantoms = False
    learnt_images: ClassVar[frozenset[str] | None] = None
    questions: ClassVar = {"malignant": ("benign", "malignant")}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        assert (circle is not None) == self.needs_circle
        p = float(image.mean()) / 255
        return Answer({"malignant": {"benign": 1 - p, "malignant": p}}, (image / 255).astype(np.float32))


class Square(Whole):
    """Asks for a circle."""

    needs_circle = takes_circle = True
    ratio, smallest = 0.5, 40.0


def write(folder: Path, name: str, array: npt.NDArray[np.uint8], *circles: Circle) -> ListedImage:
    Image.fromarray(array).save(folder / name)
    return ListedImage("c", name, folder / name, lesions=tuple(MarkedLesion(circle) for circle in circles))


def grey(value: int) -> npt.NDArray[np.uint8]:
    return np.full(SHAPE, value, np.uint8)


def messages(analysis: UltrasoundAnalysis) -> dict[Doubt, str]:
    warnings = analysis.findings.warnings
    assert len({warning.code for warning in warnings}) == len(warnings)
    return {warning.code: warning.message for warning in warnings}


LARGE = Circle((60.0, 48.0), 30.0)


def test_a_model_of_whole_images_gives_an_opinion_an_image_and_their_mean(tmp_path: Path) -> None:
    dicom = write_us_dicom(tmp_path / "b.dcm", sector(1, SHAPE))
    images = [write(tmp_path, "a.png", grey(51), LARGE), ListedImage("c", "b.dcm", dicom)]
    told: list[tuple[float, str]] = []
    analysis = analyze_images("c", images, Whole(), lambda done, total, what: told.append((done / total, what)))
    findings = analysis.findings
    assert (findings.case, findings.modality, findings.models) == ("c", "US", (Whole.used,))
    assert [(read.name, read.shape) for read in findings.images] == [("a.png", SHAPE), ("b.dcm", SHAPE)]
    assert [(opinion.image, opinion.circle) for opinion in findings.opinions] == [("a.png", None), ("b.dcm", None)]
    means = [51 / 255, float(sector(1, SHAPE).mean()) / 255]
    assert findings.probabilities["malignant"]["malignant"] == pytest.approx(np.mean(means), abs=1e-3)
    assert [saliency.shape for saliency in analysis.saliency] == [SHAPE, SHAPE]
    assert not findings.warnings and not analysis.problems
    assert list(findings.timings_s) == ["read", "model", TOTAL]
    assert UltrasoundFindings.from_dict(findings.to_dict()) == findings
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1 and (0.3, "asking about a.png") in told


def test_a_model_of_lesions_is_asked_about_each_of_them(tmp_path: Path) -> None:
    other = Circle((90.0, 50.0), 26.0)
    images = [write(tmp_path, "a.png", grey(51), LARGE, other), write(tmp_path, "b.png", grey(60))]
    analysis = analyze_images("c", images, Square())
    assert [(o.image, o.circle) for o in analysis.findings.opinions] == [("a.png", LARGE), ("a.png", other)]
    assert len(analysis.findings.images) == 2
    assert messages(analysis) == {
        Doubt.NO_CIRCLE: "No circle lies on the image, so that the model was not asked: b.png."
    }


def test_without_any_circle_nothing_is_said(tmp_path: Path) -> None:
    analysis = analyze_images("c", [write(tmp_path, "a.png", grey(51))], Square())
    assert (analysis.findings.opinions, analysis.findings.probabilities, analysis.saliency) == ((), {}, ())
    assert list(messages(analysis)) == [Doubt.NO_CIRCLE]


def test_a_damaged_image_and_a_circle_beyond_its_image_stop_nothing(tmp_path: Path) -> None:
    good = write(tmp_path, "good.png", grey(51), LARGE, Circle((-30.0, 20.0), 40.0))
    bad = write(tmp_path, "bad.png", sector(), LARGE)
    bad.path.write_bytes(bad.path.read_bytes()[:200])
    analysis = analyze_images("c", [bad, good], Square())
    assert [image.name for image in analysis.images] == [read.name for read in analysis.findings.images] == ["good.png"]
    assert len(analysis.findings.opinions) == 1
    unread, beyond = analysis.problems
    assert unread.case == "c" and "bad.png: found a picture that cannot be read" in unread.reason
    assert beyond.reason == "good.png: the circle at (-30.0, 20.0) lies beyond the image"


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(
        InputError, match=r"c: found no image that can be read \(x/a\.png: a picture that cannot be read"
    ):
        analyze_images("c", [ListedImage("c", "x/a.png", tmp_path / "a.png")], Whole())
    missing = [ListedImage("c", f"{name}.dcm", tmp_path / f"{name}.dcm") for name in "bcdef"]
    with pytest.raises(InputError) as raised:
        analyze_images("c", [ListedImage("c", "x/a.png", tmp_path / "a.png"), *missing], Whole())
    told = str(raised.value)
    assert told.count("found ") == told.count("expected ") == 1 and str(tmp_path) not in told, told
    assert all(f"; {name}.dcm: " in told for name in "bc") and "d.dcm" not in told
    assert told.endswith("; and 3 more); expected one ultrasound image or more. Mend or add images.")
    with pytest.raises(InputError, match="c: found no image; expected"):
        analyze_images("c", [], Whole())


def test_doubts_name_what_they_are_about(tmp_path: Path) -> None:
    doppler = np.stack([grey(60)] * 3, axis=2)
    doppler[:16, :24, 0] = 250  # 3.1 %
    images = [
        write(tmp_path, "colour.png", doppler, LARGE),
        write(tmp_path, "small.png", grey(70), Circle((60.0, 48.0), 19.0), Circle((60.0, 48.0), 21.0)),
        write(tmp_path, "edge.png", grey(80), Circle((116.0, 48.0), 25.2)),
        write(tmp_path, "touches.png", grey(90), Circle((115.0, 48.0), 25.0)),
        write(tmp_path, "bright.png", grey(200), LARGE),
    ]
    told = messages(analyze_images("c", images, Square()))
    assert list(told) == [Doubt.COLOURED, Doubt.SMALL_LESION, Doubt.OUTSIDE, Doubt.DISAGREEMENT]
    assert told[Doubt.COLOURED].endswith(": colour.png (3% of it).")
    assert (
        "40 pixels at least" in told[Doubt.SMALL_LESION]
        and "D/L 0.5: small.png (19 pixels)." in told[Doubt.SMALL_LESION]
    )
    assert told[Doubt.OUTSIDE].endswith(": edge.png.")
    assert told[Doubt.DISAGREEMENT] == (
        "What is likeliest differs (malignancy): benign on colour.png, small.png, edge.png, touches.png; "
        "malignant on bright.png."
    )


def test_a_little_colour_and_circles_that_nobody_looks_at_are_no_doubts(tmp_path: Path) -> None:
    written = np.stack([grey(60)] * 3, axis=2)
    written[:8, :14, 1] = 250  # 0.9 %
    images = [write(tmp_path, "a.png", written, Circle((2.0, 2.0), 9.0))]
    assert messages(analyze_images("c", images, Whole())) == {}
    images = [write(tmp_path, f"{n}.png", grey(250 if n else 20)) for n in range(8)]
    told = messages(analyze_images("c", images, Whole()))
    assert told[Doubt.DISAGREEMENT].endswith("malignant on 1.png, 2.png, 3.png, 4.png, 5.png and 2 more.")


class OfTypes(Whole):
    """Tells the type by the mean grey, and calls a dark image one without a mass."""

    questions: ClassVar = {"mass": ("no mass", "mass"), "type": ("hcc", "fnh", "other_benign")}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        p = float(image.mean()) / 255
        types = dict(zip(("hcc", "fnh", "other_benign"), np.roll([0.8, 0.1, 0.1], int(3 * p)).tolist(), strict=True))
        return Answer({"mass": {"no mass": 1 - p, "mass": p}, "type": types}, (image / 255).astype(np.float32))


def test_images_without_the_mass_are_no_disagreement_and_types_are_named_in_words(tmp_path: Path) -> None:
    images = [write(tmp_path, f"{value}.png", grey(value)) for value in (20, 30)]
    findings = analyze_images("c", [*images, write(tmp_path, "200.png", grey(240))], OfTypes()).findings
    assert {max(each.probabilities["mass"].items(), key=lambda item: item[1])[0] for each in findings.opinions} == {
        *("mass", "no mass")
    }
    (warning,) = findings.warnings
    assert warning.message == ("What is likeliest differs (type): HCC on 20.png, 30.png; other benign on 200.png.")


class OfMasses(Whole):
    """Sees a mass where an image is bright."""

    questions: ClassVar = {"mass": ("no mass", "mass")}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        p = float(image.mean()) / 255
        return Answer({"mass": {"no mass": 1 - p, "mass": p}}, (image / 255).astype(np.float32))


def test_no_mass_where_a_lesion_is_marked_is_a_doubt(tmp_path: Path) -> None:
    missed, unmarked = write(tmp_path, "missed.png", grey(38), LARGE), write(tmp_path, "unmarked.png", grey(38))
    seen = write(tmp_path, "seen.png", grey(230), LARGE)
    assert messages(analyze_images("c", [missed, unmarked, seen], OfMasses())) == {
        Doubt.CONTRADICTION: "A lesion is marked on the image, but looking at all of it the model sees no mass: "
        "missed.png (no mass 85%)."
    }


def test_images_without_content_are_a_doubt(tmp_path: Path) -> None:
    black = np.zeros((480, 640), np.uint8)
    black[:30, :30] = 200  # 0.3 %, such as a logo
    noise = np.random.default_rng(0).integers(256, size=(20, 1500)).astype(np.uint8)
    images = [
        write(tmp_path, name, array)
        for name, array in (("dot.png", grey(90)[:1, :1]), ("black.png", black), ("strip.png", noise))
    ]
    content = [write(tmp_path, "sector.png", sector(2)), write(tmp_path, "least.png", grey(60)[:64, :64])]
    assert messages(analyze_images("c", [*images, *content], Whole())) == {
        Doubt.EMPTY: "Hardly anything is to be seen, so that what the model says means nothing: "
        "dot.png (1 x 1 pixels), black.png (0.3% of it is not black), strip.png (1500 x 20 pixels)."
    }


def test_a_lesion_marked_beside_the_sector_is_a_doubt_and_a_black_cyst_is_none(tmp_path: Path) -> None:
    fan = sector(2, (480, 640))
    assert not fan[20:140, 20:140].any() and fan[200:300, 270:370].all()
    rows, columns = np.indices(fan.shape)
    fan[np.hypot(rows - 250, columns - 320) < 30] = 0
    beside, cyst = Circle((80.0, 80.0), 64.0), Circle((320.0, 250.0), 64.0)
    images = [write(tmp_path, "beside.png", fan, beside), write(tmp_path, "cyst.png", fan, cyst)]
    assert messages(analyze_images("c", images, Square()))[Doubt.EMPTY] == (
        "Hardly anything is to be seen, so that what the model says means nothing: "
        "beside.png (0.0% around the lesion at column 80, row 80 is not black)."
    )


def test_pixels_that_are_no_squares_are_a_doubt(tmp_path: Path) -> None:
    for name, spacing in (("long.dcm", [0.31, 0.3]), ("square.dcm", [0.303, 0.3])):
        write_us_dicom(tmp_path / name, sector(2), PixelSpacing=spacing)
    images = [ListedImage("c", name, tmp_path / name) for name in ("long.dcm", "square.dcm")]
    assert messages(analyze_images("c", images, Whole())) == {
        Doubt.STRETCHED: "Pixels are longer along one side, so that shapes are not seen as they are: "
        "long.dcm (0.3 x 0.31 mm)."
    }


def test_cancelling_ends_the_work(tmp_path: Path) -> None:
    def cancel(done: float, total: float, what: str) -> None:
        if what.startswith("asking"):
            raise Cancelled

    with pytest.raises(Cancelled):
        analyze_images("c", [write(tmp_path, "a.png", grey(51))], Whole(), cancel)


def test_the_default_model_warns_where_the_least_side_decides_its_smallest_square(tmp_path: Path) -> None:
    model = UltrasoundLesionModel(installed_weights(SHIPPED), "cpu")
    views = {view for head in model.description.heads.values() for view in head.views if view.ratio}
    assert model.ratios == tuple(sorted({view.ratio for view in views})) == (0.4, 0.6, 1.0)
    small, large = Circle((60.0, 48.0), 63.0), Circle((60.0, 48.0), 65.0)
    for circle in (small, large):
        decided = min(view.circle_on(grey(9), circle).side(view.ratio) for view in views) > circle.diameter
        assert decided == (circle is small)
    images = [write(tmp_path, "small.png", sector(0, SHAPE), small), write(tmp_path, "large.png", sector(1), large)]
    told = messages(analyze_images("c", images, model))
    assert model.learnt_from_phantoms and analyze_images("c", images, model).findings.learnt_from_phantoms
    assert told[Doubt.SMALL_LESION] == (
        "Lesions so small that the model's smallest square, 64 pixels at least, shows more around them than D/L 1: "
        "small.png (63 pixels)."
    )
