"""`make check` and `make run` answer for configurations that Snakemake itself cannot read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import check
import pytest
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from overparam.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)


@pytest.mark.parametrize("name", ["config", "smoke", "cifar10-small", "cifar10", "paper"])
def test_shipped_configurations_are_right(name):
    files = [str(ROOT / f"config/{name}.yaml")] if name != "config" else []
    assert check.check(files).startswith("The configuration is right: preset '")


def test_several_files_are_put_on_top_of_each_other_as_snakemake_does(monkeypatch, tmp_path):
    files = [str(ROOT / "config/smoke.yaml"), str(tmp_path / "mine.yaml")]
    Path(files[1]).write_text("preset: mine\njobs: {minutes: 7}\nstudies: []\n")
    seen = []
    monkeypatch.setattr(check.config, "resolve", lambda given, *_, own: seen.append(given) or config_of(given))
    check.check(files)
    expected: dict = {}
    for file in (ROOT / "config/config.yaml", *files):
        update_config(expected, load_configfile(file))
    assert seen == [expected]


def config_of(given):
    return {"preset": given["preset"], "claims": [], "studies": []}


def run(*files, **environment):
    command = [sys.executable, ROOT / "workflow/run/check.py", *files]
    clean = {name: value for name, value in os.environ.items() if name != "OVERPARAM_CIFAR10"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=clean | environment)


def test_what_snakemake_would_wait_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    found = run(tmp_path / "pipe.yaml")
    assert found.returncode == 1 and not found.stdout
    assert found.stderr == (
        "The configuration is wrong, nothing was started:\n"
        f"{tmp_path}/pipe.yaml: is a pipe; expected a file that can be read twice\n"
    )


def test_a_template_is_not_run(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(f"__use_yte__: true\nseed: ?open({str(tmp_path / 'made')!r}, 'w')\n")
    with pytest.raises(UserError, match="must not be a program"):
        check.check([str(path)])
    assert not (tmp_path / "made").exists()


def test_an_account_that_snakemake_cannot_work_in():
    found = run(XDG_CACHE_HOME="/dev/null/cache")
    assert found.returncode == 1 and "Set HOME or XDG_CACHE_HOME" in found.stderr and "Traceback" not in found.stderr


def _lines(command):
    """Return what a command prints, a make that was not called by another one."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_run_checks_before_it_runs():
    command = ["make", "-n", "-o", ".venv/.locked", "run", "CONFIG=config/smoke.yaml mine.yaml", "CORES=2"]
    lines = _lines(command)
    assert lines[-2:] == [
        ".venv/bin/python workflow/run/check.py config/smoke.yaml mine.yaml",
        ".venv/bin/snakemake --cores 2 --rerun-incomplete --configfile config/smoke.yaml mine.yaml",
    ]


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize(("given", "ends"), [(["CLAIM=A1 B4"], " A1 B4"), ([], ""), (["CONFIG="], "")])
def test_make_run_for_some_claims(given, ends):
    command = ["make", "-n", "-o", ".venv/.locked", "run", "CORES=2", *given]
    lines = _lines(command)
    assert lines[-1].rstrip() == f".venv/bin/snakemake --cores 2 --rerun-incomplete{ends}"
