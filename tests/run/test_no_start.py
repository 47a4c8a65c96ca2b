"""A program that can't start says why in its log, and is told apart from one that was killed."""

import signal
import subprocess
import sys
import types
from pathlib import Path

import failed_jobs
import pytest
from project_copies import ROOT
from snakemake.jobs import Job
from snakemake_interface_logger_plugins.common import LogEvent

from overparam.jobs import faults, job_log

LOG = Path("results/x/logs/measure/some.log")
PROGRAM = """
from overparam.jobs import program

def work(job):
    {}

program.run("", work)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory of a run, with one program in it beside a copy of nothing but the package."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/overparam").symlink_to(ROOT / "scripts/overparam")
    (tmp_path / LOG).parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OVERPARAM_RUN_PID", raising=False)
    return tmp_path


def start(text, python=sys.executable, settings="{}"):
    """Run a program as the rules do; return what it printed."""
    Path("scripts/some.py").write_text(text)
    LOG.unlink(missing_ok=True)  # as Snakemake does
    command = f"exec {python} scripts/some.py '{settings}' --log {LOG} 3>&2 2>>{LOG}"
    run = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.returncode, run.stdout


@pytest.fixture
def summary(monkeypatch, capsys):
    """Let a job fail in a run; return what is said of it, and how often it may be sent again."""
    said = []
    monkeypatch.setattr(Job, "restart_times", Job.restart_times)  # put back after the test
    monkeypatch.setattr(failed_jobs.logger, "error", said.append)
    monkeypatch.setattr(failed_jobs.logger, "addHandler", lambda handler: None)

    def summary(*more_logs, local=True):
        said.clear()
        settings = types.SimpleNamespace(show_failed_logs=False)
        run = types.SimpleNamespace(is_main_process=True, output_settings=settings, local_exec=local)
        jobs = failed_jobs.FailedJobs(run, "results/x")
        jobs.emit(types.SimpleNamespace(event=LogEvent.JOB_ERROR, log=[str(LOG), *map(str, more_logs)]))
        jobs.show()
        job = types.SimpleNamespace(log=[str(LOG)], rule=types.SimpleNamespace(restart_times=3))
        return "\n".join(said), Job.restart_times.fget(job)

    return summary


def module(folder, name, text):
    (folder / "scripts" / name).write_text(text)


BROKEN = {
    "a missing library": ("import absent_library", "ModuleNotFoundError: No module named 'absent_library'"),
    "a missing name": ("from json import absent", "ImportError: cannot import name 'absent' from 'json'"),
    "a broken wheel": ("import wheel_of_ours", "ImportError: libcudnn.so.9: cannot open shared object file"),
    "a library of C": (
        "import ctypes; ctypes.CDLL('libabsent.so')",
        "OSError: libabsent.so: cannot open shared object",
    ),
    "an incompatible one": ("import old_one", "AttributeError: module 'json' has no attribute 'JSONEncode'"),
    "a mistake of syntax": ("import misspelt", "SyntaxError: "),
    "no text": ("import no_text", "SyntaxError: "),
}


@pytest.fixture
def modules(folder):
    module(folder, "wheel_of_ours.py", "raise ImportError('libcudnn.so.9: cannot open shared object file')")
    module(folder, "old_one.py", "import json\nclass Ours(json.JSONEncode): pass")
    module(folder, "misspelt.py", "def (")
    (folder / "scripts/no_text.py").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("place", ["before its log is open", "in its log"])
def test_what_can_not_be_imported(modules, summary, kind, place):
    line, words = BROKEN[kind]
    if place == "in its log" and kind == "a library of C":
        pytest.skip("not while a module is imported")
    code, printed = start(PROGRAM.format(line) if place == "in its log" else line + PROGRAM.format("pass"))
    assert code == 1 and "Traceback" not in printed
    log = LOG.read_text()
    assert words in log and ("Traceback (most recent call last)" in log or 'File "' in log)
    said, attempts = summary()
    assert f"(Python could not start: {words}" in said and "memory" not in said
    assert "Mend the module that it names" in said and attempts == 0
    assert f"Python could not start: {words}" in summary(local=False)[0]


@pytest.mark.parametrize("word", ["no_python_here", "./no/python", "./scripts", "./text"])
def test_no_python(folder, summary, word):
    (folder / "text").write_text("no program")
    assert start("", python=word)[0] in (126, 127)
    said, attempts = summary()
    assert "(Python could not start: bash: line 1: " in said and word.removeprefix("./") in said and attempts == 0
    assert "killed" not in said


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("python: error while loading shared libraries: libpython3.11.so.1.0: cannot open", None),
        ("python: /lib/libc.so.6: version `GLIBC_2.38' not found (required by python)", None),
        ("/usr/bin/python: can't open file '/x/measure.py': [Errno 2] No such file or directory", None),
        ("Fatal Python error: init_fs_encoding: failed to get the Python codec\nPython runtime state: x\n", "Fatal"),
        ("Fatal Python error: Illegal instruction\n\nThread 0x1:\n  File \"numpy/x.py\", line 1\n\nExt: a", "Fatal"),
        ('  File "measure.py", line 9\n    match x:\n          ^\nSyntaxError: invalid syntax', "SyntaxError"),
        ("Traceback (most recent call last):\n  File \"x\", line 1\nTypeError: unsupported operand", "TypeError"),
    ],
)  # fmt: skip
def test_what_other_systems_say(folder, summary, said, reason):
    LOG.write_text(said + "\n")
    shown, attempts = summary()
    assert f"(Python could not start: {reason or said}" in shown and attempts == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/x/torch/__init__.py:9: UserWarning: Failed to initialize NumPy\n  import numpy\n",
        "Traceback (most recent call last):\n  File \"x\", line 1\nKeyboardInterrupt\n",
        "2026-11-30 06:40:44,123 INFO measure.py, process 1 on x, settings: {}\n",
        "2026-11-30 06:40:44,123 INFO measure.py, process 1 on x, settings: {}\n/x: No such file or directory\n",
    ],
)  # fmt: skip
def test_a_program_that_was_killed_could_start(folder, summary, text):
    LOG.write_text(text)
    said, attempts = summary()
    assert "could not start" not in said and "killed from outside" in said and attempts == 3


@pytest.mark.parametrize(
    "line", ["raise KeyError('x')", "import os; os.kill(os.getpid(), 9)", "eval('1 +')", "raise MemoryError"]
)
def test_other_failures_are_sent_again(folder, summary, line):
    start(PROGRAM.format(line))
    said, attempts = summary()
    assert "could not start" not in said and attempts == 3


def test_memory_that_does_not_suffice_for_an_import(folder, summary):
    why = "/x/libtorch_cpu.so: failed to map segment from shared object: Cannot allocate memory"
    for line in (f"raise ImportError('{why}')", "raise MemoryError"):
        start(line + PROGRAM.format("pass"))
        said, attempts = summary()
        assert "the memory did not suffice (" in said and "could not start" not in said
        assert attempts == 3  # more of it may help
        start(PROGRAM.format(line))
        assert "the memory did not suffice (" in summary()[0]


def test_snakemake_that_can_not_start_on_a_node(folder, summary, tmp_path):
    """There the log of the job is not even begun; the cluster's own tells."""
    slurm = tmp_path / "5.log"
    slurm.write_text("/usr/bin/python: No module named snakemake\n")
    said, attempts = summary(slurm, local=False)
    assert "(Python could not start: /usr/bin/python: No module named snakemake. Mend" in said and attempts == 0
    slurm.write_text("slurmstepd: error: *** JOB 5 ON c1 CANCELLED AT 2026-11-30T06:40:44 ***\n")
    said, attempts = summary(slurm, local=False)
    assert "could not start" not in said and attempts == 3


def test_what_a_crash_says(folder, summary):
    code, _ = start(PROGRAM.format("import ctypes; ctypes.string_at(0)"))
    assert code in (-signal.SIGSEGV, 128 + signal.SIGSEGV)
    said, attempts = summary()
    assert "a library has crashed, Segmentation fault" in said and "memory" not in said and attempts == 3
    assert "string_at" in said


def test_the_terminal_is_the_program_s_again_once_its_log_is_open(folder):
    code, printed = start(PROGRAM.format("import logging, sys; logging.warning('seen'); print('too', file=sys.stderr)"))
    assert code == 0 and "WARNING seen" in printed and "too" in printed
    assert job_log.succeeded(LOG) and "WARNING seen" in LOG.read_text()
    start("import sys; print('early', file=sys.stderr)" + PROGRAM.format("pass"))
    assert "said before this log was open: early" in LOG.read_text()


def test_an_attempt_that_could_not_import_is_kept(folder):
    start(PROGRAM.format("import absent_library"))
    start(PROGRAM.format("pass"))
    assert "absent_library" in LOG.read_text() and job_log.succeeded(LOG)
    assert job_log.why_not_started(LOG) is None


def test_the_reason_behind_a_reason_is_named():
    try:
        try:
            raise ImportError("libcudnn.so.9: cannot open shared object file")
        except ImportError as error:
            raise ImportError("Unable to import required dependency\nnumpy.") from error
    except ImportError as error:
        said = faults.not_imported(error)
    assert "ImportError: Unable to import required dependency numpy., because of ImportError: libcudnn.so.9" in said
    assert len(faults.not_imported(ImportError("x" * 10**6))) < 1000 and Path(sys.executable).name in said
