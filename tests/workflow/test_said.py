"""What a user reads in the terminal, by the real Snakemake: where to look, what may be meant, what was changed."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest
from project_copies import ONE_CLAIM as CLAIM
from project_copies import RESULTS

PAGE = f"Index of the pages: {RESULTS}/report/index.html"


def last_line(run):
    return run.stdout.rstrip().splitlines()[-1]


def test_a_run_that_had_nothing_to_do_says_where_to_look(disturbed):
    run = disturbed.snakemake()
    assert "Nothing to be done" in run.stdout and last_line(run) == PAGE


def test_a_run_for_one_claim_names_its_figure(disturbed):
    figure = disturbed.folder / RESULTS / f"claims/{CLAIM}/figure.svg"
    figure.unlink()
    run = disturbed.snakemake(CLAIM)
    assert f"\n{CLAIM}, figure: {RESULTS}/claims/{CLAIM}/figure.svg\n" in run.stdout and figure.is_file()
    assert re.search(r"^\d+ jobs?, less than a minute to go$", run.stdout, re.MULTILINE) or "1 of 2 steps" in run.stdout


def test_a_dry_run_names_nothing(disturbed):
    assert "Index of the pages" not in disturbed.snakemake("-n").stdout


def test_names_that_are_not_quite_right_are_answered_without_a_traceback(disturbed):
    run = disturbed.snakemake(CLAIM.lower(), "double-descent", "clams", check=False)
    assert run.returncode
    assert f"'{CLAIM.lower()}': there is no claim or other target of this name; did you mean {CLAIM}?" in run.stdout
    assert re.search(r"'double-descent': .* did you mean B1 \(.*\), B4 \(.*\), B5 \(.*\) or B12 \(.*\)\?", run.stdout)
    assert "did you mean 'claims'?" in run.stdout
    assert "  File " not in run.stdout and "Traceback" not in run.stdout


def test_images_named_by_the_environment_are_said_at_the_start(disturbed):
    (disturbed.folder / "images").mkdir()
    for split in ("train", "test"):
        (disturbed.folder / f"images/{split}.parquet").write_text(f"PAR1{split}PAR1")
    dataset = {"name": "pictures", "source": "cifar10", "n_train": 400, "n_test": 100, "optional": True}
    disturbed.extra = {**disturbed.extra, "datasets": [*disturbed.configuration()["datasets"], dataset]}
    disturbed.extra["studies"] = [{**disturbed.configuration()["studies"][0], "name": "added", "dataset": "pictures"}]
    plain = disturbed.snakemake("-n").stdout
    disturbed.environment = {"OVERPARAM_CIFAR10": "images"}
    printed = disturbed.snakemake("-n").stdout
    assert "OVERPARAM_CIFAR10" not in plain
    assert "OVERPARAM_CIFAR10 is set to 'images'" in printed and "it also trains added on CIFAR-10 images" in printed
    assert printed.index("OVERPARAM_CIFAR10") < printed.index("host" if "host" in printed else "Building DAG")


def test_the_table_is_in_colour_on_a_terminal_only(disturbed):
    command = [sys.executable, "scripts/show.py", f"@{RESULTS}/registry.json", "--input", "verdicts"]
    command.append(str(RESULTS / f"claims/{CLAIM}/verdict.json"))
    plain = subprocess.run(command, cwd=disturbed.folder, capture_output=True, text=True, check=True).stdout
    assert "\033" not in plain and "✓ supported" in plain
    assert "\033[32m✓ supported\033[0m" in on_a_terminal(command, disturbed.folder, {"TERM": "xterm"})
    for quiet in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\033" not in on_a_terminal(command, disturbed.folder, quiet)


def test_bars_of_a_logger_plugin_keep_what_a_run_says(disturbed):
    pytest.importorskip("snakemake_logger_plugin_rich")
    (disturbed.folder / RESULTS / f"claims/{CLAIM}/figure.svg").unlink()
    run = disturbed.snakemake(CLAIM, "--logger", "rich")
    assert f"{CLAIM}, figure: {RESULTS}/claims/{CLAIM}/figure.svg" in run.stdout


def on_a_terminal(command, folder, environment):
    """Return what a command prints on a terminal."""
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    ours, its = pty.openpty()
    found = []

    def read():
        try:
            while part := os.read(ours, 4096):
                found.append(part)
        except OSError:  # how a terminal ends whose program has
            pass

    reader = threading.Thread(target=read)
    reader.start()
    subprocess.run(command, cwd=folder, env={**clean, **environment}, stdout=its, stderr=its, check=True)
    os.close(its)
    reader.join(20)
    os.close(ours)
    return b"".join(found).decode()
