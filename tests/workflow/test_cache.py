"""Snakemake's cache between workflows: a second clone downloads and trains nothing that the first has."""

import hashlib
import re
from pathlib import Path

import pytest
from cifar10_files import official_members, tar_of
from conftest import RESULTS, fresh

STUDY = "mlp-digits-width"
NARROW, WIDE = (
    f"{RESULTS}/training/{STUDY}/w2_n0-0.2_s0-1.parquet",
    f"{RESULTS}/training/{STUDY}/w8_n0-0.2_s0-1.parquet",
)


def clone(folder, store, **changes):
    """Return a copy of the sources with a tiny study, and the cache in use."""
    project = fresh(folder)
    study = next(study for study in project.configuration()["studies"] if study["name"] == STUDY)
    tiny = {"widths": [2, 8], "seeds": [[0, 1]], "epochs": 2, "evaluations": 2}
    project.extra = {"claims": ["B4"], "studies": [{**study, **tiny, **changes}]}
    project.environment = {"SNAKEMAKE_OUTPUT_CACHE": str(store)}
    return project


def trained(project):
    """Return the cells that were trained: Snakemake leaves the log of a job empty whose outputs it had."""
    logs = (project.folder / RESULTS / "logs/train").rglob("*.log")
    return sorted(path.stem.partition("_")[0] for path in logs if path.stat().st_size)


def made(project):
    """Return the content of the training tables and costs."""
    return project.made("training/*/*")


@pytest.fixture
def first(tmp_path):
    """A clone that has trained both cells, and the store."""
    store = tmp_path / "store"
    project = clone(tmp_path / "first", store)
    project.snakemake(NARROW, WIDE)
    assert trained(project) == ["w2", "w8"]
    return project, store


def test_a_second_clone_trains_nothing(first, tmp_path):
    one, store = first
    kept = {path.name: path.read_bytes() for path in store.iterdir()}
    assert len(kept) == 4 and all(path.is_symlink() for path in (one.folder / RESULTS / "training").rglob("*.parquet"))
    two = clone(tmp_path / "elsewhere" / "second clone", store)
    printed = two.snakemake("--cache", "--", NARROW, WIDE).stdout
    assert printed.count("from cache") == 4 and trained(two) == []
    assert made(two) == made(one)
    assert two.plan(NARROW, WIDE) == {}
    # without the variable nothing is trained again, what is forced goes to the clone itself, and the store stays
    two.environment = {}
    assert two.plan(NARROW, WIDE) == {}
    two.snakemake("--forcerun", "train", "--", NARROW)
    assert trained(two) == ["w2"] and not (two.folder / NARROW).is_symlink()
    assert made(two)[NARROW.removeprefix(f"{RESULTS}/")] == made(one)[NARROW.removeprefix(f"{RESULTS}/")]
    assert {path.name: path.read_bytes() for path in store.iterdir()} == kept


def test_what_changes_a_result_trains_anew(first, tmp_path):
    one, store = first
    changed = clone(tmp_path / "settings", store, widths=[2, 16])
    changed.snakemake(NARROW, WIDE.replace("w8", "w16"))
    assert trained(changed) == ["w16"]
    labels = clone(tmp_path / "labels", store, noise_definition="random_label")
    labels.snakemake(NARROW)
    assert trained(labels) == ["w2"]
    code = clone(tmp_path / "code", store)
    code.append("scripts/overparam/training/losses.py")
    code.snakemake(NARROW)
    assert trained(code) == ["w2"]
    judge = clone(tmp_path / "judge", store)
    judge.append("scripts/overparam/judge/peaks.py")
    judge.extra["jobs"] = {"checkpoint_minutes": 1}
    judge.snakemake(NARROW)
    assert trained(judge) == []
    assert len(list(store.glob("*_table.parquet"))) == 5


def test_a_cell_is_shared_by_presets(first, tmp_path):
    one, store = first
    other = clone(tmp_path / "preset", store)
    other.extra["preset"] = "mine"
    table = NARROW.replace("smoke", "mine")
    other.snakemake(table)
    assert (other.folder / table).read_bytes() == (one.folder / NARROW).read_bytes()
    assert not any(path.stat().st_size for path in (other.folder / "results/mine/logs/train").rglob("*.log"))


def test_a_lost_or_emptied_store(first):
    one, store = first
    for path in store.iterdir():
        path.unlink()
    before = (one.folder / RESULTS / "logs/train" / STUDY / "w2_n0-0.2_s0-1.log").stat().st_size
    printed = one.snakemake(NARROW).stdout  # its table is a link to nothing now
    assert "Moving output file" in printed and (one.folder / NARROW).resolve().parent == store
    assert (one.folder / RESULTS / "logs/train" / STUDY / "w2_n0-0.2_s0-1.log").stat().st_size >= before


def test_a_download_is_cached(tmp_path):
    source, store = tmp_path / "mirror.tar.gz", tmp_path / "store"
    sha256 = tar_of(official_members(), source)
    archive = RESULTS / "data/downloads/cifar-10-python.tar.gz"
    for name in ("first", "second"):
        project = clone(tmp_path / name, store)
        project.extra["datasets"] = [{"name": "digits", "source": "cifar10", "n_train": 60, "n_test": 20}]
        project.extra["sources"] = {"cifar10": {"archive": {"urls": [source.as_uri()], "sha256": sha256}}}
        project.extra["studies"][0] |= {"n_train": 40, "n_heldout": 20, "batch_size": 20}
        printed = project.snakemake(str(RESULTS / "data/digits/dataset.json")).stdout
        assert ("Moving" in printed) == (name == "first")
        assert hashlib.sha256((project.folder / archive).read_bytes()).hexdigest() == sha256
        source.unlink(missing_ok=True)  # so that the second clone can get it from the store alone


@pytest.mark.parametrize("given", ["/proc/store", "a-file"])
def test_a_folder_that_cannot_be_used(sources, given):
    (sources.folder / "a-file").write_text("")
    sources.environment = {"SNAKEMAKE_OUTPUT_CACHE": given}
    run = sources.snakemake("-n", check=False)
    assert run.returncode != 0
    assert re.search(
        r"Nothing was started: \$SNAKEMAKE_OUTPUT_CACHE is /.*, no folder that you can write to", run.stdout
    )
    assert "Traceback" not in run.stdout


def test_a_relative_folder(tmp_path):
    project = clone(tmp_path / "first", Path("store"))
    project.snakemake(NARROW)
    assert (project.folder / NARROW).resolve().parent == project.folder / "store"
