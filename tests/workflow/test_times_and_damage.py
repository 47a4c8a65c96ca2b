"""Neither times nor places of files decide anything; what was damaged since it was made is found and made again."""

import os
import random
import re
import shutil

import pytest
from project_copies import RESULTS, Project
from stood_in_project import CONFIG, contents, stood_in


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run of stand-ins; not to be changed."""
    project = stood_in(tmp_path_factory.mktemp("made") / "project")
    project.snakemake()
    return project


@pytest.fixture
def project(made, tmp_path) -> Project:
    """A copy of it, to be changed at will."""
    copy = made.copy(tmp_path / "project")
    copy.extra, copy.environment = made.extra, made.environment
    return copy


def results(project, pattern="**/*"):
    return [path for path in sorted((project.folder / RESULTS).glob(pattern)) if path.is_file()]


def test_times_decide_nothing(project):
    chance = random.Random(0)
    for path in results(project):
        os.utime(path, (chance.uniform(1e9, 1.9e9),) * 2)
    assert project.plan() == {}
    assert project.plan("B4") == {}


def test_what_is_newer_than_all_that_was_made_of_it_reruns_nothing(project):
    """A touch of any kind of file alone leaves no more in the wrong order than this."""
    for pattern in ("claims/*/*", "measurements/*", "training/**/*", "data/**/labels/*", "data/**/*"):
        touched = results(project, pattern)
        assert touched
        for path in touched:
            path.touch()
    assert project.plan() == {}


def test_a_copy_without_times_is_up_to_date(project, tmp_path):
    shutil.copytree(project.folder, tmp_path / "copy", copy_function=shutil.copyfile)
    copy = Project(tmp_path / "copy")
    copy.extra, copy.environment = project.extra, project.environment
    assert copy.plan() == {}


def test_images_of_ones_own_with_a_new_time_are_the_same_images(project):
    (project.folder / "images/test.parquet").touch()
    assert project.plan() == {}
    (project.folder / "images/test.parquet").write_text("PAR1othersPAR1")
    plan = project.plan()
    assert (plan["prepare"], plan["corrupt"], plan["train"]) == (1, 2, 2)
    assert (plan["judge"], plan["draw"], plan["interact"]) == (2, 2, 2)  # B1 and B4


def test_data_may_be_deleted_once_it_was_used(project):
    shutil.rmtree(project.folder / RESULTS / "data")
    assert project.plan() == {}


SHOWN = ["figure.svg", "figure.png", "figure.pdf", "figure.alt.txt", "figure.sha256", "verdict.json", "verdict.sha256"]
SHOWN += ["details.svg", "details.png", "details.pdf", "details.alt.txt"]
SHOWN += ["interactive.json", "interactive.sha256"]
FINAL = [f"claims/B4/{name}" for name in SHOWN]
FINAL += ["claims.parquet", "claims.sha256", "report/index.html", "report/claims/B4.html", "report/index.sha256"]
FINAL += ["measurements/width_sweep.parquet", "measurements/width_sweep.cost.json", "measurements/width_sweep.sha256"]


LISTS = [name for name in FINAL if name.endswith(".sha256")]
DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "changed": lambda content: content[:-3] + b"?" + content[-2:],
    "emptied": lambda content: b"",
}


@pytest.mark.parametrize("names", [[name for name in FINAL if name not in LISTS], LISTS], ids=["files", "lists"])
def test_every_damaged_file_is_named_and_made_again(project, made, names):
    """Damaged in one of three ways each."""
    for number, name in enumerate(names):
        path = project.folder / RESULTS / name
        path.write_bytes(list(DAMAGES.values())[number % 3](path.read_bytes()))
    printed = project.snakemake().stdout
    (found,) = re.findall(r"^Missing or damaged since they were made, .*: (.*)$", printed, flags=re.MULTILINE)
    assert sorted(found.split(", ")) == sorted(f"{RESULTS}/{name}" for name in names)
    assert "Train some-networks" not in printed
    assert contents(project) == contents(made)
    assert project.plan() == {}


def test_removed_files_are_made_again(project, made):
    for name in FINAL:
        (project.folder / RESULTS / name).unlink()
    project.snakemake()
    assert contents(project) == contents(made)
    assert project.plan() == {}


def test_what_was_deleted_behind_a_verdict_is_made_anew(project, made):
    """The table of a cell, the costs of another, an experiment's table, and all of another experiment."""
    experiments = ("measurements/polynomial_regression.parquet", "measurements/random_features.*")
    for pattern in ("training/*/w2_*.parquet", "training/*/w4_*.cost.json", *experiments):
        assert results(project, pattern)
        for path in results(project, pattern):
            path.unlink()
    project.snakemake()
    assert contents(project) == contents(made)


def test_a_damaged_verdict_is_not_printed(project):
    path = project.folder / RESULTS / "claims/A1/verdict.json"
    path.write_text(path.read_text().replace("supported", "refuted"))
    printed = project.snakemake("claims").stdout
    assert "A1: damaged since they were made, so not shown." in printed
    assert "refuted  " not in printed


def test_verdicts_of_other_settings_are_not_printed_and_nothing_is_made(project):
    project.extra = {**CONFIG, "seed": 3}
    before = contents(project)
    assert project.plan("claims") == {"claims": 1}
    printed = project.snakemake("claims").stdout
    assert "A1, A2, B1, B4: made of other settings, code or data than the present ones, so not shown." in printed
    assert contents(project) == before


def test_rerun_triggers_of_a_profile_are_set_aside(project):
    project.extra = {**CONFIG, "seed": 3}
    plan = project.snakemake("-n", "--rerun-triggers", "mtime").stdout
    assert "--rerun-triggers is set aside" in plan and "train" in plan
