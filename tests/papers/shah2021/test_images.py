"""From CT to images: geometry, preprocessing, perimeters, which images are taken, and how they are divided."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from skimage.exposure import equalize_hist

from livercad.core.geometry import Frame, transform_points
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.papers.shah2021 import phantoms
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.crops import Square, segmented
from livercad.papers.shah2021.cutting import images_of
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.making import make_images
from livercad.papers.shah2021.perimeter import Perimeter, read_perimeters, write_perimeters
from livercad.papers.shah2021.preprocessing import Field, axial_images, preprocessed
from livercad.papers.shah2021.settings import ImageSettings, LesionSettings, Settings, Split
from livercad.papers.shah2021.sources import Part, Patient
from livercad.papers.shah2021.splits import shared_share, training_images
from shah_patients import SimpleSource, simple_ct

IMAGES = ImageSettings(field_mm=160, pixels=40, lesion_images=4, liver_images=2, smallest_mm2=60)
OBLIQUE = np.array([[-2.9, 0.5, 0.2, 60], [0.4, 2.9, -0.3, -55], [0.1, 0.4, -4.9, 30], [0, 0, 0, 1]])
"""LAI, turned by some degrees."""


def test_images_are_those_of_the_one_definition_of_axial_squares_on_an_oblique_grid() -> None:
    volume = Volume(np.random.default_rng(0).normal(0, 100, (40, 38, 12)), OBLIQUE)
    field = Field.of(volume, IMAGES)
    center = (field.right_mm - 80, field.front_mm - 80, 0.0)
    expected = axial_squares(volume, center, 160, 40, offsets_mm=(-3.0, 4.0))
    assert axial_images(volume, [-3.0, 4.0], field) == pytest.approx(expected, abs=1e-2)


def test_a_box_of_pixels_lies_in_ras_where_its_pixels_do() -> None:
    labels = np.zeros((40, 40, 13), np.uint8)
    labels[8:14, 20:30, 5:8] = 3
    volume = Volume(labels, np.array([[-4.0, 0, 0, 78], [0, -4.0, 0, 78], [0, 0, 5.0, -30], [0, 0, 0, 1]]))
    field = Field.of(volume, IMAGES)
    (image,) = axial_images(volume, [0.0], field, labels=True)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    box = field.box((rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1), (-7.5, 7.5))
    corners = transform_points([(7.5, 19.5, 4.5), (13.5, 29.5, 7.5)], volume.affine)
    assert box.frame is Frame.RAS
    assert box.minimum == pytest.approx(corners.min(axis=0))
    assert box.maximum == pytest.approx(corners.max(axis=0))


def test_preprocessing_limits_and_equalises_what_is_above_the_lower_limit() -> None:
    hu = np.random.default_rng(0).normal(60, 90, (40, 40))
    hu[:10] = -1000
    hu[10:12] = 2000
    grey = preprocessed(hu, IMAGES)
    assert (grey[:10] == 0).all()
    assert (grey[10:12] == 255).all()
    clipped = (np.clip(hu, -100, 400) + 100) / 500
    above = clipped > 0
    assert grey[above] == pytest.approx(equalize_hist(clipped[above]) * 255, abs=1)
    assert (preprocessed(np.full((4, 4), -500.0), IMAGES) == 0).all()


def blobs(seed: int) -> np.ndarray:
    """Two parts, one with a hole."""
    rows, columns = np.mgrid[:48, :48]
    mask = (rows - 20) ** 2 / 150 + (columns - 16) ** 2 / 190 < 1
    mask |= (rows - 34) ** 2 + (columns - 38) ** 2 < 40
    return mask & (np.random.default_rng(seed).random((48, 48)) > 0.002)


def test_a_perimeter_goes_round_trip_through_its_json_file(tmp_path: Path) -> None:
    masks = {"p/000": blobs(0), "p/001": blobs(1), "p/002": np.zeros((48, 48), bool)}
    drawn = {name: Perimeter.of(mask) for name, mask in masks.items()}
    write_perimeters(tmp_path / "a.json", drawn)
    read = read_perimeters(tmp_path / "a.json")
    write_perimeters(tmp_path / "b.json", read)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    for name, mask in masks.items():
        assert np.array_equal(read[name].mask(), drawn[name].mask())
        assert not (mask & ~read[name].mask()).any()  # nothing is lost, holes are filled
    assert read["p/002"].polygons == ()
    region = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["p/000"]["regions"][0]
    assert region["shape_attributes"]["name"] == "polygon"
    assert len(region["shape_attributes"]["all_points_x"]) == len(region["shape_attributes"]["all_points_y"]) > 3


def test_a_perimeter_without_tolerance_holds_the_very_pixels_and_with_it_nearly_all() -> None:
    rows, columns = np.mgrid[:64, :64]
    disc = (rows - 30.3) ** 2 + (columns - 33.1) ** 2 < 22**2
    assert np.array_equal(Perimeter.of(disc).mask(), disc)
    simple = Perimeter.of(disc, tolerance=0.7)
    assert len(simple.polygons[0]) < len(Perimeter.of(disc).polygons[0]) / 2
    assert (simple.mask() == disc).mean() > 0.98


def test_small_parts_are_left_out_and_a_wrong_file_is_refused(tmp_path: Path) -> None:
    assert len(Perimeter.of(blobs(0)).polygons) == 2
    assert len(Perimeter.of(blobs(0), smallest_part=0.5).polygons) == 1
    (tmp_path / "x.json").write_text('{"a": {"filename": "a"}}', encoding="utf-8")
    with pytest.raises(InputError, match="no perimeters that can be read"):
        read_perimeters(tmp_path / "x.json")


def test_a_square_goes_to_the_network_and_back_also_over_the_image_s_edge() -> None:
    liver = np.zeros((40, 40), bool)
    liver[2:30, 0:20] = True
    square = Square.around(liver, 0.1)
    assert square is not None
    assert square.side == round(28 * 1.2)
    assert square.left < 0
    image = np.random.default_rng(0).integers(1, 255, (40, 40)).astype(np.uint8)
    back = square.put_back(square.cut(image), 40)
    assert np.array_equal(back[liver], image[liver])
    assert (back == 0).sum() == 40 * 40 - np.count_nonzero(square.put_back(np.ones((square.side,) * 2), 40))
    cut, _ = segmented(image, liver, LesionSettings(pixels=32))
    assert cut.shape == (32, 32)
    assert cut[:, -3:].max() == 0  # beside the liver it is black
    assert segmented(image, np.zeros_like(liver), LesionSettings(pixels=32))[1] is None


def test_a_patient_gives_images_of_lesions_in_both_phases_and_of_the_whole_liver() -> None:
    patient = SimpleSource().patients[2]
    images, pixels = images_of(patient, simple_ct(patient.kind, 2), IMAGES)
    lesions = [image for image in images if image.lesions]
    assert len(lesions) == 4
    assert {image.phase for image in lesions} == {Phase.ARTERIAL, Phase.PORTAL}
    assert {image.kind for image in lesions} == {patient.kind}
    assert [image.number for image in images] == list(range(6))
    assert pixels.grey.shape == pixels.liver.shape == pixels.lesions.shape == (6, 40, 40)
    for image in lesions:
        assert (pixels.lesions[image.number] > 0).sum() * 16 >= IMAGES.smallest_mm2
        assert not (pixels.lesions[image.number] > 0)[~pixels.liver[image.number]].any()


def test_lesions_of_forty_percent_of_the_liver_are_left_out() -> None:
    patient = SimpleSource().patients[0]
    ct = simple_ct(patient.kind)
    everything = replace(ct, lesions=ct.liver)
    with pytest.raises(InputError, match=r"no image that shows a lesion; .* less than 40% of the"):
        images_of(patient, everything, IMAGES)


def test_images_are_the_same_of_a_volume_in_another_orientation() -> None:
    patient = SimpleSource().patients[1]
    ct = simple_ct(patient.kind, 1)

    def turned(volume: Volume) -> Volume:
        image = nib.Nifti1Image(volume.array, volume.affine)
        other = image.as_reoriented(nib.orientations.axcodes2ornt("SAR"))
        assert nib.aff2axcodes(other.affine) != nib.aff2axcodes(volume.affine)
        return Volume(np.asanyarray(other.dataobj), other.affine)

    other = replace(
        ct,
        images={phase: turned(image) for phase, image in ct.images.items()},
        liver=turned(ct.liver),
        lesions=turned(ct.lesions),
    )
    one, two = images_of(patient, ct, IMAGES), images_of(patient, other, IMAGES)
    assert one[0] == two[0]
    assert np.array_equal(one[1].lesions, two[1].lesions)
    assert one[1].grey == pytest.approx(two[1].grey, abs=1)


def test_images_are_kept_and_made_again_where_settings_change(tmp_path: Path) -> None:
    source = SimpleSource(each=1)
    records, problems = make_images(source, tmp_path, IMAGES, 1)
    assert (len(records), problems) == (4, [])
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    make_images(source, tmp_path, IMAGES, 1)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    make_images(source, tmp_path, IMAGES.model_copy(update={"lesion_images": 2}), 1)
    assert len(pixels_of(tmp_path, "p00").grey) == 4


def an_image(n: int, person: str, part: Part | None = None) -> Image:
    return Image(
        patient=person, person=person, part=part, phase=Phase.PORTAL, height_mm=n, number=n, lesions={1: ShahClass.CYS}
    )


def test_the_split_by_image_shares_patients_and_the_split_by_patient_does_not() -> None:
    patients = [Patient(f"p{n:02}", {1: CLASSES[n % 4]}) for n in range(40)]
    images = [an_image(n, patient.name) for patient in patients for n in range(10)]
    by_image = training_images(images, patients, Split.IMAGE, 0.7, 0)
    by_patient = training_images(images, patients, Split.PATIENT, 0.7, 0)
    assert (by_image.sum(), by_patient.sum()) == (280, 280)
    assert shared_share(images, by_image) == 1.0
    assert shared_share(images, by_patient) == 0.0
    test = {image.person for image, taken in zip(images, by_patient, strict=True) if not taken}
    assert [sum(p.kind is kind and p.name in test for p in patients) for kind in CLASSES] == [3, 3, 3, 3]


def test_examinations_of_a_person_stay_together_and_the_table_s_word_counts() -> None:
    patients = [Patient(f"p{n}", {1: ShahClass.CYS}, person=f"person {n // 2}") for n in range(8)]
    images = [replace_person(an_image(0, each.name), each.person) for each in patients]
    assert shared_share(images, training_images(images, patients, Split.PATIENT, 0.7, 0)) == 0.0
    told = [replace(each, part=Part.TEST if n == 5 else Part.TRAINING) for n, each in enumerate(patients)]
    told = [replace(each, person=each.name) for each in told]
    own = [replace_person(image, image.patient) for image in images]
    assert training_images(own, told, Split.PATIENT, 0.7, 0).tolist() == [n != 5 for n in range(8)]


def replace_person(image: Image, person: str) -> Image:
    return image.model_copy(update={"person": person})


def test_phantoms_are_as_many_of_each_class_and_depend_on_all_code_that_makes_them() -> None:
    source = phantoms.PhantomSource(Settings().patients)
    assert [sum(patient.kind is kind for patient in source.patients) for kind in CLASSES] == [50] * 4
    spec = find_spec("livercad.phantom.studies")
    assert spec and spec.origin
    seen: set[str] = set()
    todo = ["studies"]
    while todo:
        name = todo.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((Path(spec.origin).parent / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("livercad.phantom"):
                parts = (node.module or "").split(".")[2:] or [alias.name for alias in node.names]
                todo += [part for part in parts if part not in seen]
    assert set(phantoms.PARTS) == seen


def test_a_small_phantom_gives_images_of_its_class() -> None:
    source = phantoms.PhantomSource(4, shape=(90, 90, 22), spacing=(4.2, 4.2, 10.0))
    patient = source.patients[3]
    settings = ImageSettings(pixels=48, slice_mm=10, lesion_images=2, liver_images=2)
    images, pixels = images_of(patient, source.load(patient), settings)
    assert {image.kind for image in images if image.lesions} == {ShahClass.MET}
    assert pixels.grey[:, 24].max() > 100
