"""Lists of checksums: in the form of sha256sum, and whatever was damaged since is found."""

import shutil
import subprocess

import pytest

from overparam.jobs import files
from overparam.plan import checksums


@pytest.fixture
def listed(tmp_path):
    """Two files and their list."""
    for name in ("figure.svg", "figure.png"):
        (tmp_path / name).write_text(f"the content of {name}")
    path = tmp_path / "figure.sha256"
    files.write_checksums(
        {"checksums": [path], "svg": [tmp_path / "figure.svg"], "png": [tmp_path / "figure.png"]}, "svg", "png"
    )
    return path


def test_whole_files(listed):
    assert checksums.damaged(listed) == []


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum")
def test_sha256sum_reads_the_list(listed):
    check = ["sha256sum", "--check", "--strict", listed.name]
    assert subprocess.run(check, cwd=listed.parent, capture_output=True).returncode == 0
    (listed.parent / "figure.svg").write_text("other")
    assert subprocess.run(check, cwd=listed.parent, capture_output=True).returncode == 1


@pytest.mark.parametrize("content", [b"", b"the content of figure.sv", b"the content of figure.svg\n", b"\0" * 25])
def test_a_damaged_file_is_named(listed, content):
    path = listed.parent / "figure.svg"
    path.write_bytes(content)
    assert checksums.damaged(listed) == [path]


def test_a_list_that_names_what_is_not_there_is_named_itself(listed):
    (listed.parent / "figure.svg").unlink()
    assert checksums.damaged(listed) == [listed]


def test_a_file_that_can_not_be_read_is_damaged(listed):
    path = listed.parent / "figure.svg"
    path.unlink()
    path.mkdir()
    assert checksums.damaged(listed) == [path]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe", b"0" * 64 + b"  ../../etc/passwd\n", b"0" * 64])
def test_a_damaged_list_is_named_itself(listed, content):
    listed.write_bytes(content)
    assert checksums.damaged(listed) == [listed]


def test_no_list_names_nothing(tmp_path):
    assert checksums.damaged(tmp_path / "none.sha256") == []


def test_a_list_of_files_below_it_that_says_what_they_are_made_of(tmp_path):
    for name in ("index.html", "claims/A1.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    path = tmp_path / "index.sha256"
    path.write_text(checksums.listing([tmp_path / "index.html", tmp_path / "claims/A1.html"], tmp_path, "abc"))
    assert checksums.lineage(path) == "abc" and checksums.damaged(path) == []
    if shutil.which("sha256sum"):
        assert subprocess.run(["sha256sum", "--check", "--strict", path.name], cwd=tmp_path).returncode == 0
    (tmp_path / "claims/A1.html").write_text("other")
    assert checksums.damaged(path) == [tmp_path / "claims/A1.html"]


def test_a_list_that_does_not_say_it_has_no_lineage(listed, tmp_path):
    assert checksums.lineage(listed) is None and checksums.lineage(tmp_path / "none.sha256") is None
