"""Killed anywhere, a run goes on where it was, and ends with the bytes of one that nobody disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from project_copies import RESULTS, ROOT, fresh

PATIENCE = 120.0  # seconds after which a wait has failed
SETTINGS = {
    "study": "s", "dataset": "digits", "model": "mlp", "widths": [4], "label_noise": [0.2], "seeds": [0, 1],
    "noise_definition": "wrong_label", "n_train": 100, "n_heldout": 0, "loss": "cross_entropy", "epochs": 3000,
    "batch_size": 20, "evaluations": 5, "precision": "float32", "optimizer": {"name": "adam", "learning_rate": 0.01},
    "seed": 0,
}  # fmt: skip


def until(holds, what):
    """Wait until ``holds()`` is true."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE:g} s"
        time.sleep(0.02)


def script(name, settings, *arguments):
    return [sys.executable, ROOT / "scripts" / name, json.dumps(settings), *map(str, arguments)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The arguments that name a data set and its corrupted labels."""
    folder = tmp_path_factory.mktemp("data")
    view = {"name": "digits", "source": "digits", "n_train": 200, "n_test": 50, "classes": None, "resolution": None}
    made = [word for name in ("train", "test") for word in ("--output", name, folder / f"{name}.arrow")]
    info = folder / "dataset.json"
    subprocess.run(script("prepare.py", {**view, "seed": 0}, *made, "--output", "info", info), check=True)
    noise = {"definition": "wrong_label", "label_noise": 0.2, "label_seeds": [0, 1], "seed": 0}
    labels = folder / "labels.arrow"
    subprocess.run(script("corrupt.py", noise, "--input", "info", info, "--output", "labels", labels), check=True)
    return ["--input", "dataset", info, "--input", "labels", labels]


class Training:
    """One training job and its files."""

    def __init__(self, folder, inputs):
        self.folder, self.inputs = folder, inputs
        self.table, self.cost, self.log = (folder / name for name in ("table.parquet", "cost.json", "train.log"))

    def start(self, minutes=0.0, log=None, environment=()):
        """Start the job, saving its state every so many minutes (0: after every step)."""
        outputs = ["--output", "table", self.table, "--output", "cost", self.cost, "--log", log or self.log]
        kept = ["--state", self.folder / "state", "--checkpoint-minutes", minutes]
        command = script("train.py", SETTINGS, *self.inputs, *outputs, *kept)
        clean = {name: value for name, value in os.environ.items() if name != "OVERPARAM_RUN_PID"}
        return subprocess.Popen(
            command, env={**clean, **dict(environment)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def states(self):
        return list(self.folder.glob("state/*/w4.state"))

    def begun(self):
        return self.log.exists() and "mlp of width 4" in self.log.read_text()


@pytest.fixture
def training(tmp_path, inputs):
    return Training(tmp_path / "killed", inputs)


@pytest.fixture(scope="module")
def expected(tmp_path_factory, inputs):
    """The table of a training that nobody disturbed, as bytes."""
    whole = Training(tmp_path_factory.mktemp("whole"), inputs)
    assert whole.start(minutes=60).wait() == 0
    return whole.table.read_bytes()


def finish(training, expected):
    """Start the job again, and see that it goes on and gives the expected bytes."""
    assert not training.table.exists() and not training.cost.exists()
    assert training.states()
    again = training.start(minutes=60)
    printed = again.communicate()[0]
    assert again.returncode == 0, printed
    assert "going on from the state" in training.log.read_text()
    assert training.table.read_bytes() == expected
    assert json.loads(training.cost.read_text())["resumed"] == 1
    assert not list(training.folder.glob("state/*"))
    assert not list(training.folder.glob(".*"))


def test_sigkill_in_the_middle_of_an_epoch(training, expected):
    job = training.start()
    until(lambda: len(list(training.folder.glob("state/*/w4.*"))) >= 2, "two states")
    job.kill()
    job.communicate()
    finish(training, expected)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_stop(training, expected, number, code):
    job = training.start(minutes=0.01)
    until(training.states, "a state")
    job.send_signal(number)
    printed = job.communicate()[0]
    assert job.returncode == code
    assert number.name in printed and "Traceback" not in printed
    finish(training, expected)


def test_the_run_that_started_it_dies(training, expected):
    run = subprocess.Popen(["sleep", "600"])
    job = training.start(minutes=0.01, environment={"OVERPARAM_RUN_PID": str(run.pid)})
    until(training.states, "a state")
    run.kill()  # and not waited for: it stays as a zombie
    printed = job.communicate()[0]
    run.wait()
    assert job.returncode == 143 and "is gone" in printed
    finish(training, expected)


def test_a_job_left_behind_is_waited_for(training, expected):
    """Its successor neither mixes its output with that of the other nor trains the cell once more."""
    first = training.start(minutes=60)
    until(training.begun, "training")
    second = training.start(minutes=60, log=training.folder / "second.log")
    until(lambda: "another job trains" in _text(training.folder / "second.log"), "the second to wait")
    assert first.wait() == 0 and second.wait() == 0
    assert training.table.read_bytes() == expected
    assert "mlp of width" not in (training.folder / "second.log").read_text()
    assert not list(training.folder.glob("state/*"))


def test_a_job_left_behind_is_killed_while_another_waits(training, expected):
    first = training.start()
    until(training.states, "a state")
    second = training.start(minutes=60, log=training.folder / "second.log")
    until(lambda: "another job trains" in _text(training.folder / "second.log"), "the second to wait")
    first.kill()
    first.communicate()
    assert second.wait() == 0
    assert "going on from the state" in (training.folder / "second.log").read_text()
    assert training.table.read_bytes() == expected


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


STUDY = "mlp-digits-width"
CELL = RESULTS / f"training/{STUDY}/w4_n0.2_s0-1.parquet"


def long_study(project, minutes):
    """Let a project train one cell for seconds."""
    study = project.configuration()["studies"][0]
    changes = {"widths": [4], "label_noise": [0.2], "seeds": [[0, 1]], "epochs": 8000, "evaluations": 5}
    project.extra = {"studies": [{**study, **changes}], "claims": ["B4"], "jobs": {"checkpoint_minutes": minutes}}
    return project


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The table of the cell of a run that nobody disturbed, as bytes."""
    whole = long_study(fresh(tmp_path_factory.mktemp("undisturbed") / "project"), 5)
    whole.snakemake(str(CELL))
    return (whole.folder / CELL).read_bytes()


@pytest.mark.parametrize(
    ("kill", "number"), [(os.kill, signal.SIGKILL), (os.killpg, signal.SIGINT)], ids=["SIGKILL", "Ctrl-C"]
)
def test_snakemake_itself_is_killed(sources, undisturbed, kill, number):
    """By SIGKILL alone, or with all its jobs, as a terminal does it."""
    project = long_study(sources, 0.001)
    run = project.start(str(CELL))
    states = project.folder / RESULTS / "state"
    until(lambda: list(states.glob("*/w4.state")), "a state")
    kill(run.pid, number)
    run.communicate()
    assert not (project.folder / CELL).exists()
    printed = project.snakemake("--rerun-incomplete", str(CELL)).stdout
    assert (project.folder / CELL).read_bytes() == undisturbed
    log = (project.folder / RESULTS / f"logs/train/{STUDY}/{CELL.stem}.log").read_text()
    assert "going on from the state" in log, printed
    assert not list(states.glob("*"))
