"""One folder has many spellings; one folder of results has one run at a time, and its records in one place."""

import shutil
import subprocess
import sys

import yaml
from filelock import FileLock
from project_copies import RESULTS
from stood_in_project import stood_in

DIGITS = [{"name": "digits", "source": "digits", "n_train": 100, "n_test": 50}]


def small(folder):
    """Return a project whose run makes one claim."""
    project = stood_in(folder)
    project.extra = {"claims": ["A1"], "datasets": DIGITS, "studies": []}
    (folder / "extra.yaml").write_text(yaml.safe_dump(project.extra))
    return project


def snakemake(folder, *arguments, where=".", check=True):
    """Run Snakemake in a folder, the project as it is spelled from there; return what it printed."""
    configuration = ["--configfile", f"{where}/config/smoke.yaml", f"{where}/extra.yaml"]
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments, *configuration]
    run = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert not check or run.returncode == 0, run.stdout
    return run.stdout


def test_a_snakefile_through_a_link_and_from_elsewhere(tmp_path):
    small(tmp_path / "project")
    (tmp_path / "link").symlink_to("project")
    snakemake(tmp_path, "-s", "link/Snakefile", where="link")
    assert (tmp_path / RESULTS / "claims/A1/figure.svg").exists()
    assert "Nothing to be done" in snakemake(tmp_path, "-s", "project/Snakefile", where="project")


def test_from_a_folder_inside_and_through_a_linked_home(tmp_path):
    project = small(tmp_path / "project")
    (project.folder / "inside").mkdir()
    snakemake(project.folder / "inside", "-s", "../Snakefile", where="..")
    assert (project.folder / "inside" / RESULTS / "claims/A1/figure.svg").exists()
    (tmp_path / "home").symlink_to("project")
    snakemake(tmp_path / "home")
    assert "Nothing to be done" in snakemake(project.folder)


def test_results_go_to_the_working_directory(tmp_path):
    project = small(tmp_path / "project")
    snakemake(project.folder, "--directory", str(tmp_path / "work"))
    assert (tmp_path / "work" / RESULTS / "claims/A1/figure.svg").exists()
    assert not (project.folder / "results").exists()


def test_folders_with_unusual_names(tmp_path):
    project = small(tmp_path / "a {clone} of mine" / "{}" / "it's 100% & $HOME" / "Übung")
    snakemake(project.folder)
    assert (project.folder / RESULTS / "report/index.html").exists()
    assert "Nothing to be done" in snakemake(project.folder)


def test_two_folders_with_results_on_one_disk(tmp_path):
    one, two = small(tmp_path / "one"), small(tmp_path / "two")
    (tmp_path / "disk").mkdir()
    for project in (one, two):
        (project.folder / "results").symlink_to(tmp_path / "disk")
    snakemake(one.folder)
    with FileLock(tmp_path / "disk/smoke/.run.lock"):
        assert "another run is at work on results/smoke" in snakemake(two.folder, check=False)
    refused = snakemake(two.folder, check=False)
    assert f"they lie in {one.folder}" in refused and "Traceback" not in refused
    assert "they lie in" in snakemake(two.folder, "-n", check=False)
    assert "Nothing to be done" in snakemake(one.folder)
    shutil.rmtree(tmp_path / "disk/smoke")  # as a disk for scratch is purged
    snakemake(two.folder)
    assert (tmp_path / "disk/smoke/report/index.html").exists()


def test_results_whose_records_are_gone_are_not_taken_for_results_of_these_settings(tmp_path):
    project = small(tmp_path / "project")
    snakemake(project.folder)
    shutil.rmtree(project.folder / ".snakemake")
    assert "(they are gone)" in snakemake(project.folder, "--config", "seed=5", check=False)
    snakemake(project.folder, "--touch", "--forceall")
    assert "Nothing to be done" in snakemake(project.folder)
    assert "Judge A1" in snakemake(project.folder, "-n", "--config", "seed=5")
