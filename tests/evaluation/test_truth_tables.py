from __future__ import annotations

from pathlib import Path

import pytest

from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.errors import InputError
from livercad.evaluation.blinding import write_phases
from livercad.evaluation.truth_tables import CATEGORY_OF_CLASS, KINDS, class_of, read_tables
from livercad.phantom.studies import write_ct_studies


def test_without_tables_nothing_is_told(tmp_path: Path) -> None:
    tables = read_tables(tmp_path)
    assert (tables.types, tables.phases) == (None, None)


def test_types_and_classes_are_read_by_case_and_lesion(tmp_path: Path) -> None:
    (tmp_path / "lesions.csv").write_text(
        "\ufeffLesion;Note;Case;Type\r\n2;x;a;FNH\r\n;;;\r\n1;;a;other_malignant\r\n7;;b;hcc\r\n", encoding="utf-8"
    )
    assert read_tables(tmp_path).types == {
        "a": {2: LesionType.FNH, 1: LesionClass.OTHER_MALIGNANT},
        "b": {7: LesionType.HCC},
    }


def test_phases_are_read_in_their_usual_spellings(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "phases.csv").write_text("case,image,phase\na,x.nii.gz,PV\na,y.nii.gz,late arterial\n")
    assert read_tables(tmp_path).phases == {"a": {"x.nii.gz": Phase.PORTAL, "y.nii.gz": Phase.ARTERIAL}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lesions.csv", "case,lesion,type\na,1,hcc\na,2,hccc\n", r"the type 'hccc' in line 3.*cholangiocarcinoma"),
        ("lesions.csv", "case,lesion,type\na,1,\n", "the type '' in line 2"),
        ("lesions.csv", "case,lesion,type\na,one,hcc\n", "the lesion 'one' in line 2; expected its value in the"),
        ("lesions.csv", "case,lesion,type\na,0,hcc\n", "the lesion '0' in line 2"),
        ("lesions.csv", "case,lesion,type\na,1,hcc\na,1,cyst\n", "lesion 1 of a in line 3 for the second time"),
        ("lesions.csv", "case,lesion,type\n,1,hcc\n", "no case in line 2"),
        ("lesions.csv", "case,number\na,1\n", "no column lesion and no column type; expected the columns case, lesion"),
        ("phases.csv", "case,image,phase\na,x,early\n", r"the phase 'early' in line 2.*unenhanced, arterial"),
        ("phases.csv", "case,image,phase\na,,portal\n", "no image in line 2"),
        ("phases.csv", "case,image,phase\na,x,portal\na,x,pv\n", "the image x of a in line 3 for the second time"),
        ("phases.csv", "case,phase\na,portal\n", "no column image"),
    ],
)
def test_a_wrong_table_is_one_error_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_tables(tmp_path)
    assert str(tmp_path / name) in str(error.value)


def test_a_table_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "phases.csv").write_bytes(b"\xff\xfe\x00case")
    with pytest.raises(InputError, match=r"cannot be read.*UTF-8"):
        read_tables(tmp_path)


def test_every_type_belongs_to_a_class_and_every_class_to_a_category() -> None:
    assert {class_of(kind) for kind in KINDS.values()} == set(LesionClass)
    assert "".join(CATEGORY_OF_CLASS[one] for one in LesionClass) == "EDABBC"


def test_the_tables_of_a_phantom_are_understood(tmp_path: Path) -> None:
    phases = (Phase.ARTERIAL, Phase.PORTAL)
    lesions = write_ct_studies(tmp_path, 1, 3, phases=phases, shape=(64, 64, 24), spacing=(6.0, 6.0, 10.0))
    write_phases(tmp_path, nameless=False)
    tables = read_tables(tmp_path)
    assert tables.types == {"phantom-001": {row.lesion: row.type for row in lesions}}
    assert tables.phases == {"phantom-001": {"arterial.nii.gz": Phase.ARTERIAL, "portal.nii.gz": Phase.PORTAL}}
    assert {path.name for path in (tmp_path / "studies" / "phantom-001").iterdir()} == set(tables.phases["phantom-001"])


def test_nameless_images_keep_their_voxels_and_tell_their_phase_in_the_table_alone(tmp_path: Path) -> None:
    voxels = {}
    for number in range(8):
        for phase in Phase:
            path = tmp_path / "studies" / f"p{number}" / f"{phase}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{number} {phase}".encode())
            voxels[f"p{number}", phase] = path.read_bytes()
    write_phases(tmp_path, nameless=True, seed=1)
    told = read_tables(tmp_path / "truth").phases
    assert told is not None
    orders = set()
    for case, images in told.items():
        folder = tmp_path / "studies" / case
        assert sorted(path.name for path in folder.iterdir()) == [f"image-{n}.nii.gz" for n in (1, 2, 3, 4)]
        assert {phase: (folder / image).read_bytes() for image, phase in images.items()} == {
            phase: voxels[case, phase] for phase in Phase
        }
        orders.add(tuple(images[f"image-{n}.nii.gz"] for n in (1, 2, 3, 4)))
    assert len(orders) > 1  # else the number would tell the phase
