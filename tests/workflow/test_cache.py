"""Snakemake's cache between workflows: a second clone downloads and trains nothing that the first has."""

import hashlib
import re
from pathlib import Path

import pytest
from cifar10_files import official_members, tar_of
from project_copies import RESULTS, fresh

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


def trained(project, results=RESULTS):
    """Return the cells that were trained: Snakemake leaves the log of a job empty whose outputs it had."""
    logs = (project.folder / results / "logs/train").rglob("*.log")
    return sorted(path.stem.partition("_")[0] for path in logs if path.stat().st_size)


def made(project):
    """Return the content of the training tables and costs."""
    return project.made("training/*/*")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A clone that has trained both cells, and the store."""
    folder = tmp_path_factory.mktemp("cache")
    project = clone(folder / "first", folder / "store")
    project.snakemake(NARROW, WIDE)
    assert trained(project) == ["w2", "w8"]
    assert len(list((folder / "store").iterdir())) == 4
    assert (project.folder / NARROW).is_symlink()
    return project, folder / "store"


def test_a_second_clone_trains_nothing(first, tmp_path):
    one, store = first
    kept = {path: path.read_bytes() for path in store.iterdir()}
    two = clone(tmp_path / "elsewhere" / "second clone", store)
    two.append("scripts/overparam/judge/peaks.py")
    two.extra["jobs"] = {"checkpoint_minutes": 1}
    printed = two.snakemake(NARROW, WIDE, "--cache").stdout  # which the variable makes superfluous
    assert printed.count("from cache") == 4 and trained(two) == []
    assert made(two) == made(one)
    # without the variable nothing is trained again, and what is forced leaves the store as it is
    two.environment = {}
    assert two.plan(NARROW, WIDE) == {}
    two.snakemake(NARROW, "--forcerun", "train")
    assert trained(two) == ["w2"] and not (two.folder / NARROW).is_symlink()
    assert (two.folder / NARROW).read_bytes() == (one.folder / NARROW).read_bytes()
    assert {path: path.read_bytes() for path in kept} == kept


def test_what_changes_a_result_trains_anew(first, tmp_path):
    labels = clone(tmp_path / "labels", first[1], noise_definition="random_label")
    labels.snakemake(NARROW)
    assert trained(labels) == ["w2"]
    code = clone(tmp_path / "code", first[1])
    code.append("scripts/overparam/packs/losses.py")
    code.snakemake(NARROW)
    assert trained(code) == ["w2"]


def test_presets_share_their_cells(first, tmp_path):
    one, store = first
    other = clone(tmp_path / "preset", store, widths=[2, 16])
    other.extra["preset"] = "mine"
    narrow, wider = (path.replace("smoke", "mine") for path in (NARROW, WIDE.replace("w8", "w16")))
    other.snakemake(narrow, wider)
    assert trained(other, Path("results/mine")) == ["w16"]
    assert (other.folder / narrow).read_bytes() == (one.folder / NARROW).read_bytes()


def test_a_relative_folder_that_is_lost(tmp_path):
    project = clone(tmp_path / "first", Path("store"))
    project.snakemake(NARROW)
    store = project.folder / "store"
    assert (project.folder / NARROW).resolve().parent == store
    for path in store.iterdir():
        path.unlink()
    project.snakemake(NARROW)  # its outputs were links to nothing
    assert len(list(store.iterdir())) == 2 and len(made(project)) == 2


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
