"""The command, its settings, and patients of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.papers.choices import read_choices
from livercad.papers.shah2021 import published
from livercad.papers.shah2021 import reproduce as module
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.folder import FolderSource
from livercad.papers.shah2021.making import make_images
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.settings import ImageSettings, Settings, quick
from livercad.papers.shah2021.sources import Part
from livercad.studies.nifti import write_volume
from shah_patients import simple_ct

Study = tuple[Path, Results]
DOCS = Path(__file__).resolve().parents[3] / "docs"
IMAGES = ImageSettings(field_mm=160, pixels=40, lesion_images=4, liver_images=2, smallest_mm2=60)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, shah_study: Study) -> dict[str, Any]:
    """What the command asks for; the study itself is not done."""
    seen: dict[str, Any] = {}

    def stand_in(source: Any, output: Path, settings: Any, **options: Any) -> Results:
        seen.update(source=source, output=output, settings=settings, **options)
        return shah_study[1]

    monkeypatch.setattr(module, "reproduce", stand_in)
    return seen


def test_the_default_is_two_hundred_phantoms(asked: dict[str, Any], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["reproduce", "shah2021", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "test, split by patient: accuracy " in result.output
    assert str(tmp_path / "index.html") in result.output
    assert (asked["source"].count, asked["settings"], asked["quick"]) == (200, Settings(), False)


def test_quick_is_smaller_and_patients_and_seed_still_count(asked: dict[str, Any], tmp_path: Path) -> None:
    command = ["reproduce", "shah2021", "--output", str(tmp_path), "--quick"]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert asked["source"].count < Settings().patients
    assert CliRunner().invoke(app, [*command, "--patients", "12", "--seed", "5"]).exit_code == 0
    assert (asked["quick"], asked["source"].count, asked["source"].seed, asked["settings"].seed) == (True, 12, 5, 5)
    assert asked["settings"].lesions.pixels < Settings().lesions.pixels


def test_a_file_of_settings_counts_also_where_all_else_is_quick(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("seed = 7\n\n[lesions]\nlearning_rate = 0.0001\nepochs = 24\n")
    command = ["reproduce", "shah2021", "--output", str(tmp_path), "--quick", "--settings", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    short = quick(Settings())
    lesions = short.lesions.model_copy(update={"learning_rate": 0.0001, "epochs": 24})
    # 24 epochs are the default: named, they count as well.
    assert asked["settings"] == short.model_copy(update={"seed": 7, "lesions": lesions})
    assert (asked["quick"], asked["source"].count, asked["source"].seed) == (True, short.patients, 7)


def test_options_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    command = ["reproduce", "shah2021", "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*command, "--data", str(tmp_path), "--patients", "9"])
    assert result.exit_code == 2
    assert "phantoms" in result.output
    assert not (tmp_path / "out").exists()


def test_the_settings_in_the_docs_are_the_paper_s_own() -> None:
    settings = read_choices(DOCS / "shah2021.toml", Settings)
    assert (settings.lesions.base, settings.lesions.classification) == (
        published.BASE,
        published.CLASSIFICATION_CHANNEL,
    )
    assert (settings.liver.channels, settings.liver.epochs) == (published.LIVER_CHANNELS, published.LIVER_EPOCHS)
    assert (settings.liver.batch, settings.lesions.batch) == (published.BATCH, published.BATCH)
    assert settings.patients * settings.images.liver_images == published.LIVER_IMAGES
    assert round(published.LESION_IMAGES / settings.patients) == settings.images.lesion_images
    assert (settings.images.pixels, settings.images.slice_mm) == (512, published.SLICE_MM)
    assert settings.training_share == published.TRAINING_SHARE
    assert settings.lesions.weights == "torchvision"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[lesions]\nstages = [3, 2]\n", "stages must be some of 1, 2, 3, 4"),
        ("[liver]\nkernels = [4, 3, 3]\n", "kernels must be odd"),
        ("[lesion]\n", "one of images, liver, lesions, patients, training_share, seed"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    arguments = ["reproduce", "shah2021", "--output", str(tmp_path / "out"), "--settings", str(tmp_path / "mine.toml")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert told in str(result.exception)
    assert not (tmp_path / "out").exists()


def add_case(folder: Path, case: str, kind: ShahClass, *, mask: bool = True, liver: bool = True) -> None:
    ct = simple_ct(kind, len(case))
    for phase, image in ct.images.items():
        write_volume(image, folder / case / f"{phase}.nii.gz")
    if mask:
        write_volume(ct.lesions, folder / case / "lesions.nii.gz")
    if liver:
        write_volume(ct.liver, folder / case / "liver.nii.gz")


def table(folder: Path, *rows: str, header: str = "case,lesion,type") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def test_patients_of_one_s_own_give_the_images_that_their_masks_say(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for case, kind in zip(("a", "bb", "ccc", "dddd"), CLASSES, strict=True):
        add_case(data, case, kind)
    table(data, "a,1,cyst,training,x", "bb,1,hemangioma,test,y", "ccc,1,hcc,training,z", "dddd,1,metastasis,training,x",
          header="case,lesion,type,set,patient")  # fmt: skip
    source = FolderSource.of(data)
    assert [patient.kind for patient in source.patients] == list(CLASSES)
    assert [patient.part for patient in source.patients] == [Part.TRAINING, Part.TEST, Part.TRAINING, Part.TRAINING]
    assert source.patients[0].identity == source.patients[3].identity == "x"
    records, problems = make_images(source, tmp_path / "images", IMAGES, 1)
    assert problems == []
    assert {image.kind for image in records[2].lesion_images} == {ShahClass.HCC}
    assert {image.phase for record in records for image in record.lesion_images} == {Phase.ARTERIAL, Phase.PORTAL}


def test_cases_that_cannot_be_used_are_left_out_with_the_reason(tmp_path: Path) -> None:
    for case in ("a", "bb"):
        add_case(tmp_path, case, ShahClass.CYS)
    add_case(tmp_path, "other", ShahClass.CYS)
    add_case(tmp_path, "maskless", ShahClass.CYS, mask=False)
    add_case(tmp_path, "liverless", ShahClass.CYS, liver=False)
    write_volume(simple_ct(ShahClass.CYS).images[Phase.PORTAL], tmp_path / "five" / "delayed.nii.gz")
    rows = ("a,1,E,", "bb,1,,cyst", "other,1,,fnh", "maskless,1,,cyst", "liverless,1,,cyst", "five,1,,cyst")
    table(tmp_path, *rows, header="case,lesion,category,type")
    source = FolderSource.of(tmp_path)
    assert [patient.name for patient in source.patients] == ["a", "bb"]
    told = " | ".join(source.left_out)
    for reason in (
        "other: lesion 1 is fnh",
        "no lesion mask",
        "no liver mask",
        "five: no arterial and no portal phase",
    ):
        assert reason in told


def test_a_table_without_two_usable_patients_or_with_an_unknown_case_is_refused(tmp_path: Path) -> None:
    add_case(tmp_path, "a", ShahClass.CYS)
    table(tmp_path, "a,1,cyst")
    with pytest.raises(InputError, match="1 patients that can be used; expected two or more"):
        FolderSource.of(tmp_path)
    table(tmp_path, "nobody,1,cyst")
    with pytest.raises(InputError, match="the case 'nobody' in line 2; expected a case with images: a"):
        FolderSource.of(tmp_path)


def test_a_lesion_that_the_mask_lacks_is_told_when_images_are_made(tmp_path: Path) -> None:
    for case in ("a", "bb"):
        add_case(tmp_path / "data", case, ShahClass.CYS)
    table(tmp_path / "data", "a,1,cyst", "bb,7,cyst")
    records, problems = make_images(FolderSource.of(tmp_path / "data"), tmp_path / "images", IMAGES, 1)
    assert [len(record.lesion_images) > 0 for record in records] == [True]
    assert "no lesion 7" in problems[0]
