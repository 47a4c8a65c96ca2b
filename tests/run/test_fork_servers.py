"""The server of a run: where it is started, and what `benchmark:` counts of what it does."""

import os
import signal
import subprocess
import sys
import tempfile
import types

import fork_servers
import psutil
import pytest
import snakemake_internals
import waiting
from snakemake import benchmark

from overparam.jobs import fork_client, surroundings

LARGE = 300_000_000  # bytes
TEXT = f"""
import sys
sys.path.insert(0, {str(surroundings.SCRIPTS)!r})
from overparam.jobs import fork_client
fork_client.hand_over()
held = bytearray(b"x") * {LARGE}
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that has imported one module, as a process."""
    monkeypatch.setenv(fork_client.VARIABLE, "")  # what is told below is forgotten after the test
    process = fork_servers.start(tmp_path / "socket", ["statistics"])
    yield process
    process.stdin.close()
    process.wait(timeout=waiting.PATIENCE)


def test_benchmarks_count_the_work_that_is_done_for_a_job(server, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark.BenchmarkTimer, "__init__", benchmark.BenchmarkTimer.__init__)
    snakemake_internals.sample_also(lambda asking: fork_servers.workers(server.pid, asking))
    program = tmp_path / "program.py"
    program.write_text(TEXT)
    # as in a run, where a shell starts the program
    with subprocess.Popen(
        f"{sys.executable} {program}; true", shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout.readline() == "begun\n"
        record = benchmark.BenchmarkRecord()
        benchmark.BenchmarkTimer(job.pid, record).work()
        job.communicate("", timeout=waiting.PATIENCE)
    assert record.max_rss > LARGE / 1024**2


def test_the_work_of_other_jobs_is_not_counted(server, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(TEXT)
    with subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout.readline() == "begun\n"
        assert [worker.ppid() for worker in fork_servers.workers(server.pid, [job.pid])] == [server.pid]
        assert fork_servers.workers(server.pid, [os.getpid()]) == []
        job.communicate("", timeout=waiting.PATIENCE)
    assert fork_servers.workers(server.pid, [job.pid]) == []


def test_of_a_server_that_is_gone_nothing_is_counted():
    assert fork_servers.workers(max(psutil.pids()) + 1, [1]) == []


@pytest.mark.parametrize(
    ("platform", "switch", "expected"), [("linux", "", True), ("linux", "0", False), ("darwin", "", False)]
)
def test_where_a_run_has_a_server(monkeypatch, platform, switch, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(fork_servers.SWITCH, switch)
    assert fork_servers.wanted() is expected


def test_libraries_are_imported_only_for_jobs_that_share_them():
    one = fork_servers.libraries({"measure": 1, "judge": 1, "draw_with_details": 1, "interact": 1, "prepare": 1})
    assert {"torch", "altair", "sklearn.datasets"}.isdisjoint(one) and {"pandas", "seaborn"} <= {*one}
    many = fork_servers.libraries({"measure": 4, "measure_networks": 1, "interact": 2, "prepare": 2})
    assert {"torch", "altair", "sklearn.datasets", "seaborn"} <= {*many}


def test_a_server_that_imports_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "endless.py").write_text("import time; time.sleep(1000)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(fork_client.VARIABLE, "")
    server = fork_servers.start(tmp_path / "socket", ["endless"])
    fork_servers.end(server)
    assert server.returncode == -signal.SIGKILL


def test_where_a_process_can_not_be_watched_there_is_no_server(monkeypatch):
    def forbidden(process):
        raise PermissionError

    monkeypatch.setattr(os, "pidfd_open", forbidden)
    assert not fork_servers.wanted()


def test_a_run_goes_on_where_no_server_can_listen(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(snakemake_internals, "around_execution", lambda workflow, around: None)
    monkeypatch.setattr(snakemake_internals, "planned_jobs", lambda workflow: {1: ("judge", "log", None)})
    run = fork_servers.ForkServer(types.SimpleNamespace(is_main_process=True, local_exec=True))
    run.begin()
    assert run.process is None
    assert run._until_it_ends(lambda: "done", None) == "done"
    assert list(folder.iterdir()) == []
