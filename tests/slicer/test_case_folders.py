"""Cases and findings written into folders on the disk, and read back."""

import json
from dataclasses import replace

import numpy as np
import pytest
from annotated_case import annotated_bench
from case_lesions import (
    KINDS,
    LIVER,
    bench_with_lesions,
    empty_bench,
    filled,
    found,
    grid_affine,
    instances,
)
from test_lesions_list import at, paint

from livercad.core.annotation import Verdict
from livercad.core.findings import Findings
from livercad.core.volume import Volume
from LiverCADLib.imageFiles import writeVolume
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.caseFolder import (
    CaseFolderError,
    findingsOf,
    readCase,
    readFindings,
    writeCase,
    writeFindings,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_goes_into_a_folder_and_comes_out_of_it(kind, tmp_path):
    bench = annotated_bench(kind)
    case = bench.collect("ann")
    writeCase(tmp_path / "case-1", case)
    assert sorted(file.name for file in (tmp_path / "case-1").iterdir()) == [
        "annotation.json",
        "instances.nii.gz",
        "label.nii.gz",
        "rejected.nii.gz",
    ]
    again = readCase(tmp_path / "case-1", bench.segmentation.grid)
    assert again.annotation == case.annotation
    for back, was in ((again.lesions, case.lesions), (again.rejected, case.rejected)):
        assert {n: m.fingerprint for n, m in back.items()} == {n: m.fingerprint for n, m in was.items()}


def test_a_folder_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    case = bench_with_lesions().collect("ann")

    def breaks(*arguments, **named):
        raise OSError("disk full")

    monkeypatch.setattr("LiverCADLib.scene.caseFolder.writeJson", breaks)
    with pytest.raises(CaseFolderError, match="case-1 could not be written, and is NOT saved: disk full"):
        writeCase(tmp_path / "case-1", case)
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_a_folder_is_overwritten(tmp_path):
    case = bench_with_lesions().collect("ann")
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(CaseFolderError, match="not empty"):
        writeCase(tmp_path, case)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    writeCase(tmp_path / "empty", case)
    assert len(list((tmp_path / "empty").iterdir())) == 3


@pytest.mark.parametrize("missing", ["annotation.json", "label.nii.gz", "instances.nii.gz"])
def test_a_damaged_folder_is_told_in_words(tmp_path, missing):
    bench = bench_with_lesions()
    writeCase(tmp_path / "case-1", bench.collect("ann"))
    (tmp_path / "case-1" / missing).write_text("no")
    with pytest.raises(CaseFolderError, match="case-1 cannot be opened"):
        readCase(tmp_path / "case-1", bench.segmentation.grid)
    (tmp_path / "case-1" / missing).unlink()
    with pytest.raises(CaseFolderError, match="case-1 cannot be opened"):
        readCase(tmp_path / "case-1", bench.segmentation.grid)


def test_findings_come_in_with_the_masks_beside_them(tmp_path):
    bench = empty_bench("flipped")
    affine = grid_affine("flipped")
    writeVolume(Volume(filled(LIVER).astype(np.uint8), affine), tmp_path / "liver.nii.gz")
    writeVolume(Volume(instances(), affine), tmp_path / "lesions.nii.gz")
    (tmp_path / "findings.json").write_text(json.dumps(found().to_dict()))
    takeAnalysis(bench.lesions, readFindings(tmp_path / "findings.json", bench.segmentation.grid), keepMine=False)
    label, numbers = bench.collect("ann").maps()
    assert np.array_equal(numbers.array, instances())
    assert np.array_equal(label.array > 0, filled(LIVER) | (instances() > 0))


def test_findings_alone_come_in_as_balls(tmp_path):
    bench = empty_bench()
    placed = found().lesions
    centers = [at(bench, 10, 10, 5), at(bench, 30, 10, 8), at(bench, 20, 28, 10)]
    lesions = [replace(lesion, center=center, diameter_mm=8.0) for lesion, center in zip(placed, centers, strict=True)]
    writeFindings(tmp_path / "findings.json", found(*lesions))
    takeAnalysis(bench.lesions, readFindings(tmp_path / "findings.json", bench.segmentation.grid), keepMine=False)
    assert bench.lesions.numbers == [1, 2, 3] and bench.segmentation.liver is None
    assert bench.lesions.measured(2).center == pytest.approx(centers[1], abs=1.5)


def test_what_are_no_findings_is_told_in_words(tmp_path):
    bench = bench_with_lesions()
    for content in ("no", "{}", "[]"):
        (tmp_path / "f.json").write_text(content)
        with pytest.raises(CaseFolderError, match=r"f\.json cannot be opened as findings"):
            readFindings(tmp_path / "f.json", bench.segmentation.grid)
    with pytest.raises(CaseFolderError):
        readFindings(tmp_path / "none.json", bench.segmentation.grid)


def test_findings_go_out_as_they_stand(tmp_path):
    bench = bench_with_lesions()
    bench.editor.setVerdict([3], Verdict.REJECTED)
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    writeFindings(tmp_path / "f.json", findingsOf(bench.lesions))
    back = Findings.from_dict(json.loads((tmp_path / "f.json").read_text()))
    assert [lesion.number for lesion in back.lesions] == [2] and back.liver == found().liver
    assert findingsOf(empty_bench().lesions) is None
