"""Atomic writing and hashing."""

import pytest

from livercad.errors import InputError
from livercad.studies.atomic import replacing, write_bytes, write_text
from livercad.studies.hashing import hash_series
from livercad.studies.study import Series


def test_text_and_bytes_arrive_as_they_are(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "größer\r\nals\n")
    write_bytes(tmp_path / "b.bin", b"\0\1")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "größer\r\nals\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\0\1"


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.nii.gz"
    write_text(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.name.endswith(".nii.gz")
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_a_failure_and_ctrl_c_leave_the_old_file_and_nothing_else(tmp_path, stop):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(stop), replacing(path) as temporary:
        temporary.write_text("half")
        raise stop
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_may_be_read_by_whom_the_umask_allows(tmp_path):
    (tmp_path / "plain").write_text("x")
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def series(*paths):
    return Series(paths, None, "unknown")


def test_the_hash_follows_content_and_order_and_not_names(tmp_path):
    a, b, c = (tmp_path / name for name in "abc")
    for path, text in ((a, "1"), (b, "2"), (c, "1")):
        path.write_text(text)
    assert hash_series(series(a)) == hash_series(series(c))
    assert hash_series(series(a)) != hash_series(series(b))
    assert hash_series(series(a, b)) != hash_series(series(b, a))


def test_hashing_a_missing_file_names_it(tmp_path):
    with pytest.raises(InputError, match=r"gone\.nii"):
        hash_series(series(tmp_path / "gone.nii"))
