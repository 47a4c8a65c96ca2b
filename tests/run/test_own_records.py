"""Results and the records of what they were made of carry one mark."""

import shutil
from pathlib import Path

import own_records
import pytest
from snakemake.exceptions import WorkflowError

RESULTS = Path("results/smoke")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory with a finished run in it."""
    path = tmp_path / "one"
    path.mkdir()
    monkeypatch.chdir(path)
    own_records.check(RESULTS, claim=True)
    (RESULTS / "claims").mkdir()
    return path


def test_the_same_folder_goes_on():
    own_records.check(RESULTS, claim=True)
    own_records.check(RESULTS, claim=False)


def test_a_copy_of_the_folder_goes_on(folder, monkeypatch):
    monkeypatch.chdir(shutil.copytree(folder, folder.parent / "two"))
    own_records.check(RESULTS, claim=True)


def test_another_preset_of_the_folder_is_its_own():
    own_records.check(Path("results/default"), claim=True)
    assert (Path("results/default") / ".records-of").read_text() == (RESULTS / ".records-of").read_text()


@pytest.mark.parametrize("claim", [True, False])
def test_results_of_another_folder_are_refused(folder, monkeypatch, claim):
    other = folder.parent / "two"
    (other / ".snakemake").mkdir(parents=True)
    (other / "results").symlink_to(folder / "results")
    monkeypatch.chdir(other)
    with pytest.raises(WorkflowError, match=f"Nothing was started.*they lie in {folder}"):
        own_records.check(RESULTS, claim=claim)
    own_records.check(RESULTS, claim=True, adopt=True)
    own_records.check(RESULTS, claim=True)
    monkeypatch.chdir(folder)
    with pytest.raises(WorkflowError, match=f"they lie in {other}"):
        own_records.check(RESULTS, claim=True)


def test_results_without_records_are_refused():
    shutil.rmtree(".snakemake")
    with pytest.raises(WorkflowError, match="they are gone"):
        own_records.check(RESULTS, claim=True)


def test_results_that_carry_no_mark_belong_to_the_records_that_are_there():
    (RESULTS / ".records-of").unlink()
    with pytest.raises(WorkflowError, match="they are gone"):
        own_records.check(RESULTS, claim=True)
    Path(".snakemake/metadata").mkdir()
    Path(".snakemake/metadata/a").touch()
    own_records.check(RESULTS, claim=True)
    assert (RESULTS / ".records-of").exists()


@pytest.mark.parametrize("damage", ["", "[]", "\0", '{"mark": 1}', "[" * 100_000])
def test_a_damaged_mark_is_none(damage):
    (RESULTS / ".records-of").write_text(damage)
    with pytest.raises(WorkflowError, match="they are gone"):
        own_records.check(RESULTS, claim=True)


def test_a_look_leaves_no_mark(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_records.check(RESULTS, claim=False)
    assert not (tmp_path / ".snakemake").exists() and not (tmp_path / "results").exists()
