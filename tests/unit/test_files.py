"""A file is whole or absent."""

import pandas as pd
import pytest

from overparam import files


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
