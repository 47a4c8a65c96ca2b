"""CONTRIBUTING.md is right: its commands are run, in their order, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project_copies import ROOT, fresh

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
PARTS = ("Makefile", "pyproject.toml", ".gitignore", "CONTRIBUTING.md", "README.md", "tests")
WIDE = {"COLUMNS": "200"}  # git cuts the names of files, else
AUTHOR = {f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the project under version control, in which this environment is the one made by make."""
    folder = fresh(tmp_path_factory.mktemp("contributing") / "project").folder
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    environment = folder / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        (environment / path.name).unlink(missing_ok=True)
        (environment / path.name).symlink_to(path)
    for mark in (".venv/.locked-test", ".venv/.locked", ".uv/bin/uv"):  # nothing is to be installed
        (folder / mark).parent.mkdir(parents=True, exist_ok=True)
        (folder / mark).unlink(missing_ok=True)
        (folder / mark).touch()
    shell(folder, "git init --quiet && git add --all && git commit --quiet --message 'As it was'")
    return folder


def shell(folder, commands):
    """Run commands in one shell that stops at the first that fails; return what they print."""
    activate = f'export VIRTUAL_ENV={folder}/.venv PATH="{folder}/.venv/bin:$PATH"'
    own = ("OVERPARAM_CIFAR10", "SNAKEMAKE_OUTPUT_CACHE", "NAME", "TOPIC", "EXPERIMENT", "ID")
    clean = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{activate}\n{commands}"], cwd=folder, env={**clean, **AUTHOR, **WIDE},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{commands}\n{done.stdout[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def printed(copy):
    """Follow the page, and return what each of its blocks of commands prints."""
    outputs = []
    for language, text in BLOCK.findall((copy / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        if language in ("yaml", "python"):  # its first line names the file
            (copy / text.partition("\n")[0].removeprefix("# ")).write_text(text, encoding="utf-8")
        elif not text.startswith("source "):  # of which the copy has a stand-in
            outputs.append(shell(copy, text))
    return outputs


def test_a_claim_of_an_experiment_that_exists_is_two_files(copy, printed):
    assert re.search(r"^C98 .* inconclusive ", printed[0], flags=re.MULTILINE)
    shown = printed[1]
    home = "scripts/overparam/claims/sgd/three_point_sgd"
    changed = re.findall(r"^ (\S+) +\| +\d+ \+*$", shown, flags=re.MULTILINE)
    assert changed == [f"{home}/my_claim.py", f"{home}/my_claim.yaml"]
    assert "2 files changed" in shown
    assert re.search(r"^C98 .* supported ", shown, flags=re.MULTILINE)


def test_a_new_experiment_is_one_folder_and_its_test(copy, printed):
    home = "scripts/overparam/claims/sgd/my_other_claim"
    made = shell(copy, "git add --all scripts/overparam/claims tests; git diff --cached --name-only").split()
    files = ("__init__.py", "experiment.yaml", "measure.py", "my_other_claim.py", "my_other_claim.yaml")
    assert made == [*(f"{home}/{name}" for name in files), "tests/claims/sgd/test_my_other_claim.py"]
    assert re.search(r"^C99 .* inconclusive ", printed[2], flags=re.MULTILINE) and "2 passed" in printed[2]


@pytest.mark.parametrize("claim", ["C98", "C99"])
def test_a_new_claim_has_measurements_a_verdict_and_a_figure(copy, printed, claim):
    folder = copy / "results/smoke"
    made = {path.name for path in (folder / "claims" / claim).iterdir()}
    assert made >= {"verdict.json", "figure.svg", "figure.png", "figure.pdf", "figure.alt.txt"}
    experiment = {"C98": "three_point_sgd", "C99": "my_other_claim"}[claim]
    assert (folder / f"measurements/{experiment}.parquet").is_file()


def test_a_study_of_a_new_model_is_planned(printed):
    planned = dict(re.findall(r"^(\w+) +(\d+)$", printed[-1], flags=re.MULTILINE))
    assert planned["train"] == "1" and planned["judge"] == "1"


def test_make_says_what_is_wrong_and_makes_nothing(copy, printed):
    before = shell(copy, "git status --short")
    for given, expected in (
        ("TOPIC=sgd", "NAME: missing"),
        ('NAME="it\'s" TOPIC=sgd', 'found "it\'s"'),
        ("NAME='$(pwd)`pwd`' TOPIC=sgd", "NAME: expected words in lower case"),
        ("NAME=my_claim TOPIC=sgd", "NAME: 'my_claim' is the claim C98 already"),
        ("NAME=third_claim TOPIC=sgd ID=C99", "ID: 'C99' is my-other-claim already; the next free one is C100"),
        ("NAME=-h TOPIC=sgd", "found '-h'"),
    ):
        said = shell(copy, f"if make claim {given} 2>&1; then exit 1; fi")
        assert expected in said and "Nothing was made" in said and "Traceback" not in said
    assert shell(copy, "git status --short") == before
