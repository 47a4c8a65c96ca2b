"""A wrong Snakemake, an incomplete environment, a Snakefile around this one: one sentence says what to do."""

import ast
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import premises
import pytest

ROOT = Path(__file__).resolve().parents[2]


def workflow(main=ROOT / "Snakefile", deployment=()):
    return SimpleNamespace(
        main_snakefile=str(main), deployment_settings=SimpleNamespace(deployment_method=set(deployment))
    )


def test_this_environment_will_do():
    assert premises.unmet(ROOT, workflow(), "9.27.1") is None
    assert (
        premises.unmet(ROOT, SimpleNamespace(main_snakefile=ROOT / "Snakefile", deployment_settings=None), "9.27")
        is None
    )


@pytest.mark.parametrize("version", ["5.4", "7.32.4", "8.30.0", "9.26.9", "9", "unknown"])
def test_an_old_snakemake(version, tmp_path):
    assert f"This is Snakemake {version} of {sys.executable}" in premises.unmet(ROOT, workflow(), version)
    message = premises.unmet(tmp_path, workflow(), version)
    assert f"Run `make run` in {tmp_path}" in message
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/snakemake").touch()
    assert f"Call {tmp_path}/.venv/bin/snakemake." in premises.unmet(tmp_path, workflow(), version)


@pytest.mark.parametrize("version", ["9.27", "9.27.1", "9.100.0", "10.0", "9.27rc1.0"])
def test_a_newer_snakemake(version):
    found = premises.unmet(ROOT, workflow(), version)
    assert found is None or "rc" in version


def test_another_snakefile(tmp_path):
    (tmp_path / "Snakefile").touch()
    assert "uses this workflow as a module or includes it" in premises.unmet(
        ROOT, workflow(tmp_path / "Snakefile"), "9.27"
    )
    (tmp_path / "link").symlink_to(ROOT)
    assert premises.unmet(ROOT, workflow(tmp_path / "link/Snakefile"), "9.27") is None


def test_libraries_that_are_not_there(monkeypatch):
    find = premises.importlib.util.find_spec
    absent = {"torch", "filelock"}
    monkeypatch.setattr(premises.importlib.util, "find_spec", lambda name: None if name in absent else find(name))
    assert f"{sys.executable}, lacks filelock, torch. " in premises.unmet(ROOT, workflow(), "9.27.1")
    assert "lacks filelock. " in premises.unmet(ROOT, workflow(deployment=["conda"]), "9.27.1")


def test_every_library_that_is_imported_is_looked_for():
    found = set()
    for folder in ("scripts", "workflow"):
        for path in set((ROOT / folder).rglob("*.py")) - set((ROOT / "workflow/template").glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.split(".")[0])
    own = {path.stem for path in (ROOT / "workflow/run").glob("*.py")} | {"overparam"}
    others = {name for name in found - own - set(sys.stdlib_module_names) if not name.startswith("snakemake")}
    of_the_notebook = {"nbclient", "nbformat"}  # which only whoever renews it runs, in the environment of the tests
    assert others - of_the_notebook <= {*premises.PLANNING, *premises.WORKING}


def test_an_account_without_a_name(monkeypatch):
    assert premises.no_home() is None
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError("no such account")))
    assert "export USER=" in premises.no_home()


def test_an_account_without_a_home(monkeypatch, tmp_path):
    monkeypatch.setenv("USER", "me")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not/yet"))
    assert premises.no_home() is None
    (tmp_path / "file").touch()
    for cache in ("/dev/null/x", "relative", str(tmp_path / "file")):
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
        assert "Set HOME or XDG_CACHE_HOME" in premises.no_home()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert premises.no_home() is None
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "Set HOME or XDG_CACHE_HOME" in premises.no_home()


def test_folders_of_results(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    results = Path("results")
    assert premises.no_folder("results/own") is None
    results.symlink_to("/nowhere/at all")
    assert "results links to '/nowhere/at all', which is not there." in premises.no_folder("results/own")
    results.unlink()
    results.symlink_to(results)
    assert "results " in premises.no_folder("results/own")
    results.unlink()
    results.touch()
    assert "results is no folder" in premises.no_folder("results/own")
    results.unlink()
    (tmp_path / "disk").mkdir()
    results.symlink_to(tmp_path / "disk")
    assert premises.no_folder("results/own") is None
    (results / "own").symlink_to("nowhere")
    assert "results/own links to 'nowhere'" in premises.no_folder("results/own")
    (results / "own").unlink()
    (results / "own").mkdir()
    assert premises.no_folder("results/own") is None
    os.mkfifo(results / "own/claims")
    assert "results/own/claims is no folder" in premises.no_folder("results/own")
    assert not (tmp_path / "disk/own/data").exists()
