"""A file is whole or absent."""

import errno
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from overparam.errors import UserError
from overparam.jobs import files

SCRIPTS = Path(files.__file__).resolve().parents[2]
TABLE = pd.DataFrame({"value": [index / 7 for index in range(500)], "seed": range(500)})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.parquet"
    files.write_table(path, pd.DataFrame({"value": [1.0]}))
    before = path.read_bytes()
    with pytest.raises(RuntimeError), files.replaced(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.parquet"]


def test_same_table_same_bytes(tmp_path):
    table = pd.DataFrame({"quantity": ["loss", "error"], "value": [0.1, float("inf")], "seed": [0, 1]})
    for name in "ab":
        files.write_table(tmp_path / name, table)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    pd.testing.assert_frame_equal(files.read_table(tmp_path / "a"), table)


def test_json_refuses_what_is_not_json(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "x.json", {"value": float("nan")})
    assert not (tmp_path / "x.json").exists()


def test_an_error_of_writing_names_the_file(tmp_path):
    (tmp_path / "folder").write_text("no folder")
    with pytest.raises(OSError) as caught:
        files.write_json(tmp_path / "folder/x.json", 1)
    assert caught.value.filename == str(tmp_path / "folder")
    with pytest.raises(OSError) as caught, files.replaced(tmp_path / "x.parquet"):
        raise OSError(errno.ENOSPC, "Error writing bytes to file")  # as pyarrow does, which names none
    assert caught.value.filename == str(tmp_path / "x.parquet")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_what_a_killed_writer_left_is_removed_and_that_of_a_living_one_is_not(tmp_path):
    path = tmp_path / "x.json"
    code = (
        "import sys; from overparam.jobs import files\nwith files.replaced(sys.argv[1]): print(1, flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(
        command, env={"PYTHONPATH": str(SCRIPTS)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        writer.stdout.readline()
        (temporary,) = tmp_path.iterdir()
        files.write_json(path, "by another")
        assert temporary.exists()
        writer.kill()
    assert temporary.exists()
    (tmp_path / ".y.json.12345678.json").touch()
    files.write_json(path, "after it")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".y.json.12345678.json", "x.json"]


@pytest.mark.parametrize("size", [0, 3, 100, -1])
def test_a_table_that_is_cut_off_is_refused(tmp_path, size):
    path = tmp_path / "table.parquet"
    files.write_table(path, TABLE)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"table\.parquet is damaged \(.*\)\. Delete it and run the same command again"):
        files.read_table(path)


def test_a_changed_byte_changes_no_value_unnoticed(tmp_path):
    path = tmp_path / "table.parquet"
    files.write_table(path, TABLE)
    whole = path.read_bytes()
    refused = 0
    places = range(0, len(whole), 7)
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            pd.testing.assert_frame_equal(files.read_table(path), TABLE)
        except UserError:
            refused += 1
    assert refused > len(places) / 2


def test_a_damaged_file_in_a_cache_is_named_itself(tmp_path):
    """Deleting the link to it would only bring it back."""
    (tmp_path / "cached").write_bytes(b"PAR1")
    (tmp_path / "table.parquet").symlink_to(tmp_path / "cached")
    with pytest.raises(UserError, match=rf"^{tmp_path}/cached is damaged .* Delete it"):
        files.read_table(tmp_path / "table.parquet")


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff\xfe\x00", b"{'a': 1}"])
def test_json_that_is_damaged_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"x\.json is damaged \(.+\)\. Delete it"):
        files.read_json(path)
