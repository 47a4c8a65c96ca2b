"""The lock of a run: it dies with its process, and what a dead run left of Snakemake's own lock is cleared."""

import json
import platform
import signal
import subprocess
import sys
from pathlib import Path

import one_run
import pytest
from snakemake.exceptions import LockException, WorkflowError

RESULTS = "results/smoke"
HOLDER = """
import one_run
with one_run.alone("results/smoke"):
    print("held", flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def snakemakes_lock(folder, *paths):
    """Write a lock as Snakemake does."""
    locks = folder / ".snakemake/locks"
    locks.mkdir(parents=True, exist_ok=True)
    path = locks / f"{len(list(locks.iterdir()))}.output.lock"
    path.write_text("\n".join(paths) + "\n")
    return path


def killed_run(host=None):
    """Leave what a run leaves that was killed by SIGKILL; return its process."""
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        command, env={"PYTHONPATH": ":".join(sys.path)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
    record = Path(RESULTS) / ".run.json"
    if host:
        record.write_text(json.dumps(json.loads(record.read_text()) | {"host": host}))
    return holder.pid


def test_a_second_run_is_refused_and_told_who_is_at_work(folder):
    with (
        one_run.alone(RESULTS),
        pytest.raises(one_run.Busy, match=r"(?s)Nothing was started.*process \d+ on .*, since 20.*Wait"),
        one_run.alone(RESULTS),
    ):
        pass
    with one_run.alone(RESULTS):  # released
        pass
    assert [path.name for path in Path(RESULTS).iterdir()] == [".run.lock"]


def test_runs_of_two_presets_do_not_meet():
    with one_run.alone(RESULTS), one_run.alone("results/default"):
        pass


def test_the_lock_of_a_killed_run_is_cleared_and_this_is_said(folder, caplog):
    process = killed_run()
    own = snakemakes_lock(folder, "results/smoke/claims.parquet")
    other = snakemakes_lock(folder, "results/default/claims.parquet")
    with one_run.alone(RESULTS):
        assert not own.exists() and other.exists()
    assert f"process {process}" in caplog.text and "the lock was removed" in caplog.text


@pytest.mark.parametrize("host", ["elsewhere", None])
def test_a_lock_whose_run_can_not_be_looked_for_is_left_to_the_user(folder, caplog, host):
    if host:
        killed_run(host)
    left = snakemakes_lock(folder, "results/smoke/claims.parquet")
    with one_run.alone(RESULTS):
        assert left.exists()
    assert "can't be told from here" in caplog.text
    assert ("elsewhere" in caplog.text) == bool(host)


def test_where_locks_are_not_supported_snakemakes_own_must_do(folder, monkeypatch):
    def unsupported(*arguments, **options):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("filelock.FileLock.acquire", unsupported)
    left = snakemakes_lock(folder, "results/smoke/claims.parquet")
    with one_run.alone(RESULTS), one_run.alone(RESULTS):
        assert left.exists()


def test_the_record_says_who_and_where(folder, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/snakemake", "--cores", "2"])
    with one_run.alone(RESULTS):
        record = json.loads((Path(RESULTS) / ".run.json").read_text())
    assert (record["host"], record["command"]) == (platform.node(), "snakemake --cores 2")


def test_the_command_to_resume_is_the_one_that_was_given():
    said = one_run.incomplete(["--cores", "2", "B4", "--configfile", "my file.yaml"])
    assert "snakemake --rerun-incomplete --cores 2 B4 --configfile 'my file.yaml'\n" in said


SLURM = """#!{python}
import pathlib, sys
jobs = pathlib.Path({jobs!r})
if "squeue" in sys.argv[0]:
    assert sys.argv[sys.argv.index("--name") + 1] == "run-7"
    print(jobs.read_text())
elif sys.argv[1:] == ["--name", "run-7"]:
    jobs.write_text({left!r})
"""


@pytest.fixture
def cluster(folder, monkeypatch):
    """Two jobs of a run that was killed, and programs that list and end them; more jobs may stay."""
    jobs = folder / "jobs"
    jobs.write_text("11\n12\n")
    monkeypatch.setattr("slurm_jobs.POLL", 0.01)
    monkeypatch.setattr("slurm_jobs.PATIENCE", 0.5)
    monkeypatch.setenv("PATH", str(folder))
    killed_run()
    one_run.remember_jobs(RESULTS, "run-7")

    def programs(left=""):
        for name in ("squeue", "scancel"):
            (folder / name).write_text(SLURM.format(python=sys.executable, jobs=str(jobs), left=left))
            (folder / name).chmod(0o755)
        return jobs

    return programs


def test_jobs_of_a_killed_run_are_ended_first(cluster, caplog):
    jobs = cluster()
    with one_run.alone(RESULTS):
        assert not jobs.read_text()
    assert "Ending 2 jobs" in caplog.text
    jobs.write_text("13\n")  # nobody remembers a run that came to its end
    with one_run.alone(RESULTS):
        assert jobs.read_text()


@pytest.mark.parametrize("left", ["12\n", None], ids=["do not end", "can't be asked"])
def test_nothing_starts_beside_jobs_that_stay(cluster, left):
    if left:
        cluster(left)
    with pytest.raises(WorkflowError, match=r"Nothing was started.*`scancel --name run-7`"), one_run.alone(RESULTS):
        pass
    assert "run-7" in (Path(RESULTS) / ".run.json").read_text()  # the next call tries again


def test_jobs_of_a_run_that_may_live_are_left_alone(folder, cluster):
    jobs = cluster()
    record = Path(RESULTS) / ".run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"host": "elsewhere"}))
    left = snakemakes_lock(folder, "results/smoke/claims.parquet")
    for _ in range(2):  # Snakemake stops at its lock; who left it stays known
        with pytest.raises(LockException), one_run.alone(RESULTS):
            raise LockException
        assert jobs.read_text() and left.exists()
    left.unlink()  # by `snakemake --unlock`
    with one_run.alone(RESULTS):
        assert not jobs.read_text()
