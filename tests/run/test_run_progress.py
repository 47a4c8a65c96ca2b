"""A run is never silent for long: how far it is, how long it will take, and what is at work."""

import logging
import threading
import time

import pytest
import run_progress
from run_progress import RunProgress, Work
from snakemake_interface_logger_plugins.common import LogEvent


class Workflow:
    """As much of a run as its progress looks at."""

    is_main_process = False
    local_exec = True


class Known:
    """Every job takes ten seconds."""

    def of(self, name):
        return 10.0


def record(event, **more):
    found = logging.LogRecord("snakemake", logging.INFO, "file", 1, "said", None, None)
    vars(found).update(event=event, **more)
    return found


@pytest.fixture
def progress():
    made = RunProgress(Workflow(), "results/own", Known)
    made.jobs = {number: Work("measure", f"Measure number {number}", 100.0) for number in range(4)}
    return made


def test_a_line_says_how_far_a_run_is(progress):
    progress.emit(record(LogEvent.JOB_INFO, jobid=0))
    progress.emit(record(LogEvent.JOB_FINISHED, job_id=0))
    assert progress.line(time.monotonic()) is None  # nothing is at work
    progress.jobs[0].took = 100.0
    progress.emit(record(LogEvent.JOB_INFO, jobid=1))
    line = progress.line(progress.jobs[1].started + 40)
    assert line == "1 of 4 jobs done, about 4 min left; at work: Measure number 1 (for 40 s)"


def test_only_the_longest_at_work_are_named(progress):
    for number in range(4):
        progress.emit(record(LogEvent.JOB_INFO, jobid=number))
    assert progress.line(time.monotonic()).endswith("Measure number 2 (for 0 s), 1 more")


def test_the_time_left_follows_the_pace_of_the_run(progress):
    assert progress.left(0.0) == pytest.approx(400)
    progress.jobs[0].took = 50.0  # half as long as expected
    assert 150 < progress.left(0.0) < 300
    progress.parallel = 3
    assert 50 < progress.left(0.0) < 100
    progress.parallel = 99  # a run takes as long as its longest job, however many cores
    assert progress.left(0.0) == pytest.approx(100 * (30 + 50) / 130)
    for job in progress.jobs.values():
        job.took = 1.0
    assert progress.left(0.0) == 0


def test_a_job_that_takes_longer_than_expected_is_not_over(progress):
    progress.jobs[3].started = 1.0
    assert progress.left(1e4) == pytest.approx(310)


def test_a_job_that_failed_is_no_longer_at_work(progress):
    progress.emit(record(LogEvent.JOB_INFO, jobid=1))
    progress.emit(record(LogEvent.JOB_ERROR, jobid=1))
    assert progress.line(time.monotonic()) is None


def test_it_speaks_where_nobody_else_does_and_ends_with_the_run(progress, monkeypatch):
    said = []
    monkeypatch.setattr(run_progress.logger, "info", lambda text, **more: said.append(text))
    progress.emit(record(LogEvent.JOB_INFO, jobid=1))
    watching = threading.Thread(target=progress._watch, args=(0.2,), daemon=True)
    watching.start()
    for _ in range(8):  # others speak more often
        progress.emit(record(LogEvent.PROGRESS))
        time.sleep(0.05)
    assert said == []
    progress.emit(record(LogEvent.SHELLCMD))  # not shown, so it counts as silence
    time.sleep(0.7)
    assert 2 <= len(said) <= 4 and all("Measure number 1" in line for line in said)
    progress.over.set()
    watching.join(5)
    assert not watching.is_alive()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12, "less than a minute"), (80, "about 80 s"), (600, "about 10 min"), (7 * 3600, "about 7 h"),
     (74 * 86400, "about 74 days")],
)  # fmt: skip
def test_durations_in_words(seconds, words):
    assert run_progress.about(seconds) == words
