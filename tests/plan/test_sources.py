"""The content of files that a user brings: hashed once, and whenever one has changed."""

import os

import pytest

from overparam.plan import sources
from overparam.plan.sources import Sources


@pytest.fixture
def paths(tmp_path):
    """Two files."""
    found = [tmp_path / name for name in ("train.parquet", "test.parquet")]
    for path in found:
        path.write_text(path.name)
    return found


def test_content_decides(paths, tmp_path):
    memory = tmp_path / ".snakemake/memory.json"
    first = Sources(memory).content(paths)
    assert Sources(memory).content(paths) == first != Sources(memory).content(paths[::-1])
    os.utime(paths[0], (1e9, 1e9))
    assert Sources(memory).content(paths) == first
    moved = paths[0].rename(tmp_path / "moved")
    assert Sources(memory).content([moved, paths[1]]) == first
    moved.write_text("train.parquE")
    assert Sources(memory).content([moved, paths[1]]) != first


def test_what_is_known_is_not_read_again(paths, tmp_path, monkeypatch):
    first = Sources(tmp_path / "memory.json").content(paths)
    monkeypatch.setattr(sources, "sha256", lambda path: pytest.fail("read again"))
    assert Sources(tmp_path / "memory.json").content(paths) == first


@pytest.mark.parametrize("damage", ["", "[]", "null", '{"a": 1}', "\0", "[" * 100_000])
def test_a_damaged_memory_is_forgotten(paths, tmp_path, damage):
    memory = tmp_path / "memory.json"
    first = Sources(memory).content(paths)
    memory.write_text(damage)
    assert Sources(memory).content(paths) == first


def test_a_memory_beyond_writing_changes_nothing(paths, tmp_path):
    (tmp_path / "memory.json").mkdir()
    assert Sources(tmp_path / "memory.json").content(paths) == Sources(tmp_path / "other.json").content(paths)


def test_no_files_have_no_content(tmp_path):
    assert Sources(tmp_path / "memory.json").content([]) is None
