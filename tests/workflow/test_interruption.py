"""Killed anywhere, a run goes on where it was, and ends with the bytes of one that nobody disturbed."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import single_programs
from project_copies import RESULTS, fresh
from waiting import until


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program that trains one cell for seconds."""
    folder = tmp_path_factory.mktemp("data")
    programs = single_programs.every_kind(folder)
    for name in ("prepare", "corrupt"):
        assert programs[name].run(folder) == (0, "")
    return programs["train"].changed(widths=[4], epochs=3000)


class Training:
    """One training job and its files."""

    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.table, self.cost, self.log = (folder / name for name in ("table.parquet", "cost.json", "train.log"))

    def start(self, minutes=0.0, log=None, environment=()):
        """Start the job, saving its state every so many minutes (0: after every step)."""
        kept = ["--state", self.folder / "state", "--checkpoint-minutes", str(minutes)]
        return self.program.start(self.folder, log or self.log, kept, environment)

    def states(self):
        return list(self.folder.glob("state/*/w4.[sp]*"))  # or the one before, if it was just to be replaced

    def begun(self):
        return self.log.exists() and "mlp of width 4" in self.log.read_text()


@pytest.fixture
def training(tmp_path, program):
    return Training(tmp_path / "killed", program)


@pytest.fixture(scope="module")
def expected(tmp_path_factory, program):
    """The table of a training that nobody disturbed, as bytes."""
    whole = Training(tmp_path_factory.mktemp("whole"), program)
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_asked_to_stop(training, expected, number, code):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under `nohup` it would be ignored
    job = training.start(minutes=0.01)
    signal.signal(signal.SIGHUP, before)
    until(training.states, "a state")
    job.send_signal(number)
    printed = job.communicate()[0]
    assert job.returncode == code
    assert number.name in printed and "Traceback" not in printed
    finish(training, expected)


def test_nohup_is_respected(training, expected):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    job = training.start(minutes=0.01)
    signal.signal(signal.SIGHUP, before)
    until(training.states, "a state")
    job.send_signal(signal.SIGHUP)
    assert job.wait() == 0 and training.table.read_bytes() == expected


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
    if number == signal.SIGKILL:  # Snakemake takes half of a job's outputs for a reason to ask
        (project.folder / CELL).with_suffix(".cost.json").touch()
        asked = project.snakemake(str(CELL), check=False)
        assert asked.returncode and "snakemake --rerun-incomplete" in asked.stdout
        assert "Traceback" not in asked.stdout
    printed = project.snakemake("--rerun-incomplete", str(CELL)).stdout
    assert (project.folder / CELL).read_bytes() == undisturbed
    log = (project.folder / RESULTS / f"logs/train/{STUDY}/{CELL.stem}.log").read_text()
    assert "going on from the state" in log, printed
    assert not list(states.glob("*"))
