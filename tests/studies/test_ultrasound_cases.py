"""Cases of ultrasound in a folder that has CT as well, and circles drawn at a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import write_case
from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.cases import ImageCases, image_cases
from livercad.studies.ultrasound.drawn import DRAWN, read_drawn, redrawn, rows_of, write_drawn
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from livercad.studies.ultrasound.rows import TABLE, read_annotations, write_annotations
from ultrasound_files import sector, write_us_dicom

MARKED = MarkedLesion(Circle((10, 20), 8), "cyst")


def write_png(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sector(seed)).save(path)
    return path


def found_in(folder: Path) -> ImageCases:
    return image_cases(folder, find_studies(folder))


def test_pictures_and_dicom_of_ultrasound_are_cases_beside_ct(tmp_path: Path) -> None:
    write_case(tmp_path, "p0", 0, (24, 24, 12))
    write_png(tmp_path / "p1" / "a.png")
    write_png(tmp_path / "p1" / "b.jpg", 1)
    write_png(tmp_path / "flat.png", 2)
    (tmp_path / "p2").mkdir()
    write_us_dicom(tmp_path / "p2" / "c.dcm", np.stack([sector(3)] * 2), NumberOfFrames=2)
    write_us_dicom(tmp_path / "p2" / "report", sector(4), Modality="OT", SeriesInstanceUID="1.2.4")
    discovery = find_studies(tmp_path)
    found = image_cases(tmp_path, discovery)
    assert [study.case for study in discovery.studies] == ["p0"]
    assert {each.case: [image.name for image in each.images] for each in found.cases} == {
        "flat": ["flat.png"], "p1": ["p1/a.png", "p1/b.jpg"], "p2": ["p2/c.dcm#1", "p2/c.dcm#2"],
    }  # fmt: skip
    assert found.problems == ()
    assert ["modality is OT" in problem.reason for problem in discovery.problems] == [True]


def test_a_folder_may_be_named_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_png(tmp_path / "p1" / "a.png")
    monkeypatch.chdir(tmp_path)
    assert [image.name for each in found_in(Path(".")).cases for image in each.images] == ["p1/a.png"]


def test_a_name_of_both_stands_for_ct(tmp_path: Path) -> None:
    write_case(tmp_path / "both", "portal", 0, (24, 24, 12))
    (tmp_path / "both" / "us").mkdir()
    write_us_dicom(tmp_path / "both" / "us" / "a.dcm", sector())
    write_us_dicom(tmp_path / "both" / "us" / "b.dcm", sector(1))
    found = found_in(tmp_path)
    (problem,) = found.problems
    assert (found.cases, problem.case, found.beside_ct) == ((), "both", ())
    assert "both/us/a.dcm and 1 more" in problem.reason


def test_a_picture_in_a_case_of_ct_is_none_of_ultrasound_unless_a_table_or_circles_say_so(tmp_path: Path) -> None:
    write_case(tmp_path / "p1", "portal", 0, (24, 24, 12))
    stray = ["p1/pictures/b.jpg", "p1/screenshot.png"]
    for seed, name in enumerate((*stray, "p2/a.png")):
        write_png(tmp_path / name, seed)
    write_us_dicom(tmp_path / "clip.dcm", sector(4))
    found = found_in(tmp_path)
    assert [case.case for case in found.cases] == ["clip", "p2"] and not found.problems
    assert [problem.reason.split(": ")[0] for problem in found.beside_ct] == stray
    assert all("move it or name it in annotations.csv" in problem.reason for problem in found.beside_ct)
    drawn = ListedImage("p1", stray[1], tmp_path / stray[1], lesions=(MARKED,))
    write_drawn(tmp_path, {drawn.name: rows_of(drawn)})
    found = found_in(tmp_path)
    assert len(found.beside_ct) == 1 and "p1/screenshot.png" in found.problems[0].reason, "told as a case of its own is"
    (tmp_path / DRAWN).unlink()
    (tmp_path / TABLE).write_text("case,image\nx,p1/pictures/b.jpg\n")
    found = found_in(tmp_path)
    assert [case.case for case in found.cases] == ["x"] and not found.beside_ct


def test_a_picture_in_a_folder_that_is_itself_a_case_of_ct_is_none_of_ultrasound(tmp_path: Path) -> None:
    write_case(tmp_path, "portal", 0, (24, 24, 12))
    write_png(tmp_path / "screenshot.png")
    write_png(tmp_path / "us" / "a.png", 1)
    found = found_in(tmp_path)
    assert [case.case for case in found.cases] == ["us"]
    assert [problem.case for problem in found.beside_ct] == ["screenshot"]


def test_ct_that_cannot_be_used_is_no_ultrasound_for_its_screenshots(tmp_path: Path) -> None:
    for name in ("a_portal", "b_portal"):
        write_case(tmp_path / "p1", name, 0, (24, 24, 12))
    write_png(tmp_path / "p1" / "sheet.png")
    discovery = find_studies(tmp_path)
    assert [problem.case for problem in discovery.problems] == ["p1"]
    assert image_cases(tmp_path, discovery).cases == ()


def test_masks_of_images_are_not_left_out_and_others_are(tmp_path: Path) -> None:
    for name in ("p1/a.png", "p1/a_mask.png", "p1/b_mask.png", "p1/drawings/x.png"):
        write_png(tmp_path / name)
    assert [problem.reason.split(": ")[0] for problem in find_images(tmp_path).left_out] == ["p1/b_mask.png"]
    (tmp_path / TABLE).write_text("case,image,mask\n1,p1/a.png,p1/drawings/x.png\n")
    assert [problem.reason for problem in find_images(tmp_path).left_out] == []


def test_a_folder_of_ct_has_no_cases_of_ultrasound_and_its_results_are_none(tmp_path: Path) -> None:
    write_case(tmp_path, "p0", 0, (24, 24, 12))
    write_png(tmp_path / "results" / "sheet.png")
    (tmp_path / "results" / "run.json").write_text("{}")
    write_png(tmp_path / "labels" / "x.png")
    write_png(tmp_path / ".hidden" / "y.png")
    write_png(tmp_path / "z_mask.png")
    found = found_in(tmp_path)
    assert (found.cases, found.problems) == ((), ())


def test_a_table_decides_and_is_refused_where_it_is_wrong(tmp_path: Path) -> None:
    write_png(tmp_path / "images" / "a.png")
    write_png(tmp_path / "images" / "b.png", 1)
    (tmp_path / TABLE).write_text("case,image,center_x,center_y,diameter,class\n7,images/a.png,60,40,20,HCC\n")
    (case,) = found_in(tmp_path).cases
    assert (case.case, case.images[0].lesions[0].kind) == ("7", "hcc")
    (tmp_path / TABLE).write_text("file\nimages/a.png\n")
    with pytest.raises(InputError, match="case and image"):
        found_in(tmp_path)


def test_drawn_circles_stand_above_table_and_masks_for_their_image_only(tmp_path: Path) -> None:
    for seed, name in enumerate("abc"):
        write_png(tmp_path / f"{name}.png", seed)
    mask = np.zeros((96, 128), np.uint8)
    mask[40:61, 50:91] = 255
    Image.fromarray(mask).save(tmp_path / "b_mask.png")
    Image.fromarray(mask).save(tmp_path / "c_mask.png")
    listed = {image.name: image for image in find_images(tmp_path).images}
    marked = MarkedLesion(Circle((10, 20), 8), "cyst")
    lesions = {"a.png": (marked, MarkedLesion(Circle((30, 40), 9), "hcc")), "b.png": ()}
    write_drawn(
        tmp_path,
        {
            name: rows_of(ListedImage(listed[name].case, name, listed[name].path, kind="normal", lesions=its))
            for name, its in lesions.items()
        },
    )
    now = {image.name: image for image in find_images(tmp_path).images}
    assert (now["a.png"].lesions, now["a.png"].kind) == (lesions["a.png"], "")
    assert (now["b.png"].lesions, now["b.png"].kind, now["b.png"].masks) == ((), "normal", ())
    assert now["c.png"] == listed["c.png"]
    write_drawn(tmp_path, {})
    assert not (tmp_path / DRAWN).exists() and find_images(tmp_path).images == tuple(listed.values())
    (tmp_path / DRAWN).write_text("x\n1\n")
    with pytest.raises(InputError, match=r"circles\.csv"):
        find_images(tmp_path)


def test_rows_of_frames_and_of_names_with_signs_say_the_same_of_them_again(tmp_path: Path) -> None:
    write_us_dicom(tmp_path / "c.dcm", np.stack([sector(3)] * 3), NumberOfFrames=3)
    write_png(tmp_path / "d#2.png")
    drawn = MarkedLesion(Circle((10, 20), 8), "cyst")
    before = find_images(tmp_path).images
    assert [image.name for image in before] == ["c.dcm#1", "c.dcm#2", "c.dcm#3", "d#2.png"]
    wanted = [redrawn(image, rows_of(ListedImage(image.case, image.name, image.path, image.frame, lesions=(drawn,))))
              if image.name in ("c.dcm#2", "d#2.png") else image for image in before]  # fmt: skip
    assert [len(image.lesions) for image in wanted] == [0, 1, 0, 1]
    write_annotations(tmp_path / TABLE, (row for image in wanted for row in rows_of(image)))
    assert {(row.image, row.frame) for row in read_annotations(tmp_path / TABLE)} == {
        ("c.dcm", 1), ("c.dcm", 2), ("c.dcm", 3), ("d#2.png", None),
    }  # fmt: skip
    assert find_images(tmp_path).images == tuple(wanted)
    (tmp_path / TABLE).unlink()
    write_drawn(tmp_path, {image.name: rows_of(image) for image in wanted if image.lesions})
    assert list(read_drawn(tmp_path)) == ["c.dcm#2", "d#2.png"]
    assert find_images(tmp_path).images == tuple(wanted)
