"""New cases of several phases, without a server: as a whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakes import write_case
from livercad.core.phases import Phase
from livercad.errors import InputError, LiverCADError
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError

SHAPE = (24, 24, 16)


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    write_case(tmp_path / "studies", "one", shape=SHAPE)
    return StudyDatastore(tmp_path / "studies")


def sent(folder: Path, *names: str) -> list[Path]:
    return [write_case(folder / "sent", name, seed, SHAPE) for seed, name in enumerate(names)]


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_case_has_the_phases_that_were_told(store: StudyDatastore, tmp_path: Path) -> None:
    files = sent(tmp_path, "series 3", "series 4", "x")
    content = files[0].read_bytes()
    store.add_case("new", files, {"series 3.nii.gz": Phase.PORTAL, "series 4.nii.gz": Phase.ARTERIAL, "x.nii.gz": None})
    told = {series.files[0].name: series.phase for series in store.study("new").series}
    assert told == {"portal.nii.gz": Phase.PORTAL, "arterial.nii.gz": Phase.ARTERIAL, "x.nii.gz": None}
    assert (store.catalogue.root / "new" / "portal.nii.gz").read_bytes() == content
    assert sorted(store.list_images()) == ["new", "one"]
    assert {"new", "one"} == set(StudyDatastore(store.catalogue.root).list_images())


def test_an_image_whose_name_is_that_of_a_mask_is_an_image(store: StudyDatastore, tmp_path: Path) -> None:
    store.add_case("new", sent(tmp_path, "liver", "tumor seg"), {"liver.nii.gz": Phase.PORTAL})
    assert len(store.study("new").series) == 2


@pytest.mark.parametrize(
    ("case", "names", "phases", "message"),
    [
        ("new", ("a", "b"), {"a.nii.gz": Phase.PORTAL, "b.nii.gz": Phase.PORTAL}, "twice"),
        ("new", ("portal", "pv"), {}, "2 images of the portal phase"),
        ("portal", ("a", "b"), {}, "under a name that is no phase's"),
        ("masks", ("a",), {}, "a folder of masks"),
        ("labels", ("a",), {}, "a case of this name"),
        ("../new", ("a",), {}, "lead out"),
        (".new", ("a",), {}, "lead out"),
        ("one", ("a",), {}, "a case of this name"),
    ],
)
def test_what_makes_no_case_leaves_the_folder_as_it_was(
    store: StudyDatastore, tmp_path: Path, case: str, names: tuple[str, ...], phases: dict[str, Phase], message: str
) -> None:
    before = everything_in(store.catalogue.root)
    with pytest.raises(LiverCADError, match=message):
        store.add_case(case, sent(tmp_path, *names), phases)
    assert everything_in(store.catalogue.root) == before
    assert store.list_images() == ["one"]


def test_one_file_that_is_no_ct_keeps_the_others_out(store: StudyDatastore, tmp_path: Path) -> None:
    before = everything_in(store.catalogue.root)
    files = sent(tmp_path, "a", "b")
    files[1].write_bytes(files[1].read_bytes()[:-50])
    with pytest.raises(InputError, match=r"^b\.nii\.gz: found a damaged") as refused:
        store.add_case("new", files, {})
    assert str(tmp_path) not in str(refused.value)
    assert everything_in(store.catalogue.root) == before


def test_a_name_that_the_table_gives_to_other_files_is_refused(store: StudyDatastore, tmp_path: Path) -> None:
    (store.catalogue.root / "studies.csv").write_text("case,phase,path\none,portal,one.nii.gz\n")
    store.add_case("two", sent(tmp_path, "a"), {})
    (store.catalogue.root / "studies.csv").write_text("case,phase,path\nthree,portal,one.nii.gz\n")
    store.refresh_if_changed()
    with pytest.raises(ConflictError):
        store.add_case("three", sent(tmp_path, "b"), {})
    assert sorted(store.list_images()) == ["three", "two"]


def test_what_a_kill_has_left_of_an_upload_is_no_case_and_goes_at_the_next_start(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # what clears up after an error does not run after a kill
        patch.setattr("tempfile.TemporaryDirectory.cleanup", lambda self: self._finalizer.detach())
        patch.setattr(
            "livercad.server.new_cases._put_in_place", lambda *given: (_ for _ in ()).throw(OSError("killed"))
        )
        with pytest.raises(OSError, match="killed"):
            store.add_case("new", sent(tmp_path, "a", "b"), {})
    uploads = store.catalogue.root / ".livercad" / "uploads"
    assert everything_in(uploads)
    again = StudyDatastore(store.catalogue.root)
    assert again.list_images() == ["one"]
    again.recover()
    assert not uploads.exists()
    shutil.rmtree(tmp_path / "sent")
    again.add_case("new", sent(tmp_path, "a", "b"), {})
    assert len(again.study("new").series) == 2
