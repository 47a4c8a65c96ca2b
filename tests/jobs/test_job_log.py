"""The log of a job keeps what went wrong until the job is done."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from overparam.jobs import job_log, program

PROGRAM = """
import sys
from overparam import errors
from overparam.jobs import program

def work(job):
    match job.settings["end"]:
        case "message":
            raise errors.UserError("what to do\\nand how")
        case "mistake":
            {}["absent"]
        case "memory":
            raise MemoryError("Unable to allocate 7 PiB")
        case "kill":
            import os
            os.kill(os.getpid(), 9)

program.run(__doc__, work)
"""


@pytest.fixture
def run(tmp_path):
    """Run a program that ends as told, as Snakemake does, which removes the log first; return what it printed."""
    log = tmp_path / "logs/job.log"

    def run(end, *arguments):
        log.unlink(missing_ok=True)
        command = [sys.executable, "-c", PROGRAM, json.dumps({"end": end}), *(arguments or ["--log", str(log)])]
        scripts = Path(program.__file__).resolve().parents[2]
        environment = {**os.environ, "PYTHONPATH": str(scripts)}
        environment.pop("OVERPARAM_RUN_PID", None)
        return subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    run.log = log
    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_job_that_is_done_leaves_one_log_that_starts_afresh(run):
    for _ in range(2):
        assert run("well").stdout == ""
        first, last = run.log.read_text().splitlines()
        assert 'settings: {"end": "well"}' in first and "process" in first and "done in" in last
        assert job_log.succeeded(run.log) and job_log.ended(run.log)
        assert names(run.log.parent) == ["job.log"]


def test_logs_of_failed_and_killed_attempts_are_kept_until_the_job_is_done(run):
    assert run("message").returncode == 1
    assert run("kill").returncode == -signal.SIGKILL
    assert not job_log.ended(run.log)
    assert run("mistake").returncode == 1
    assert job_log.ended(run.log) and not job_log.succeeded(run.log)
    run("well")
    text = run.log.read_text()
    places = [text.index(words) for words in ("what to do", '"kill"', "KeyError: 'absent'", "done in")]
    assert places == sorted(places) and text.count(job_log.SEPARATOR) == 3
    assert names(run.log.parent) == ["job.log"]
    run("well")
    assert "what to do" not in run.log.read_text()


@pytest.mark.parametrize(
    ("end", "words"),
    [("message", "what to do\nand how"), ("memory", "the memory did not suffice (Unable")],
)
def test_what_is_foreseen_has_no_traceback(run, end, words):
    printed = run(end).stdout
    assert words in printed and words in run.log.read_text()
    assert "Traceback" not in printed + run.log.read_text()


def test_a_mistake_has_its_traceback_in_the_log_alone(run):
    printed = run("mistake").stdout
    assert printed.endswith("ERROR unexpected KeyError: 'absent'\n") and printed.count("\n") == 1
    assert "Traceback" in run.log.read_text()
    assert "Traceback" in run("mistake", "--gpus", "0").stdout  # where there is no log


def test_the_last_lines_are_those_of_the_last_attempt_without_its_settings(run):
    run("mistake")
    run("message")
    shown = job_log.last_lines(run.log)
    assert [line.partition(" ERROR ")[2] for line in shown][:1] == ["what to do"]
    assert shown[1] == "and how" and "failed after" in shown[2] and len(shown) == 3


def test_two_attempts_at_once_lose_no_line(tmp_path):
    """A job that a killed run left behind, and its successor."""
    path = tmp_path / "job.log"
    older = job_log.JobLog(path)
    path.unlink()  # as Snakemake does before it starts the successor
    newer = job_log.JobLog(path)
    for handler, words in ((older, "of the older"), (newer, "of the newer"), (older, "done in 1 s")):
        handler.emit(logging.makeLogRecord({"msg": words, "levelname": "INFO"}))
    lines = [line for line in path.read_text().splitlines() if line != job_log.SEPARATOR]
    assert [line.partition(" INFO ")[2] for line in lines] == ["of the older", "of the newer", "done in 1 s"]
    for handler in (older, newer):
        handler.close()


def test_a_log_that_is_absent_has_no_lines(tmp_path):
    assert job_log.last_lines(tmp_path / "none.log") == [] and not job_log.ended(tmp_path / "none.log")
