"""Faults of the machine: each ends in a message, leaves nothing half written, and costs nothing once it is mended."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import single_programs
from project_copies import RESULTS
from waiting import until

from overparam.jobs import job_log

CLAIM = "C1"
TABLE = RESULTS / "measurements/three_point_sgd.parquet"
LOG = RESULTS / "logs/measure/three_point_sgd.log"
CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """A program of every kind, each with what an undisturbed run of it makes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    made = single_programs.every_kind(folder)
    for program in made.values():
        assert program.run(folder) == (0, "")
    return {name: (program, program.made(folder)) for name, program in made.items()}


@pytest.fixture
def disk(tmp_path):
    """Mount small file systems of their own; they go with the test."""
    mounted = []

    def mount(folder, size):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if os.geteuid() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            pytest.skip("mounting a small file system needs root")
        mounted.append(folder)
        return folder

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def fill(folder, left=0):
    """Fill the disk of a folder but for so many bytes."""
    filler = folder / "filler"
    space = os.statvfs(folder)
    filler.write_bytes(b"x" * max(space.f_bavail * space.f_bsize - left, 0))
    return filler


def same_results(project, undisturbed):
    """Assert that a run made what the undisturbed run made."""
    for pattern in ("**/*.parquet", "**/*.svg", "**/*.png", "**/*.pdf", "**/*.alt.txt"):
        assert project.made(pattern) == undisturbed.made(pattern), pattern
    assert {**project.made("claims/*/*"), **project.made("measurements/*")}.keys() == {
        **undisturbed.made("claims/*/*"),
        **undisturbed.made("measurements/*"),
    }.keys()
    hidden = [
        path
        for path in (project.folder / RESULTS).rglob(".*")
        if path.is_file() and path.suffix != ".lock" and path.name != ".records-of"
    ]
    assert not hidden


def job_process(project):
    """Wait for the first job of a run; return its process."""
    log = project.folder / LOG
    return int(until(lambda: log.exists() and re.search(r"process (\d+) on", log.read_text()), "the job starts")[1])


@contextlib.contextmanager
def stopped(process):
    """Keep a process from going on."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def refused(project, *arguments):
    """Run Snakemake, which must fail; return what it printed, which must not hold a traceback."""
    run = project.snakemake(*arguments, check=False)
    assert run.returncode == 1, run.stdout
    assert "Traceback" not in run.stdout and "Logging error" not in run.stdout
    return run.stdout


# --- disks ---


@pytest.mark.parametrize(("name", "room"), [("prepare", 8192), ("corrupt", 0), ("train", 8192)])
def test_a_full_disk(programs, tmp_path, disk, name, room):
    program, expected = programs[name]
    folder = disk(tmp_path / "small", "1m")
    filler = fill(folder, left=room)
    code, printed = program.run(folder, log=tmp_path / "job.log")
    assert code == 1 and "Traceback" not in printed
    assert re.search(r"small/.* can't be written: the disk is full \(0\.0 MB free in .*\)\. Make room", printed)
    assert program.made(folder).items() <= expected.items()  # whole or absent
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    filler.unlink()
    assert program.run(folder, log=tmp_path / "job.log") == (0, "")
    assert program.made(folder) == expected
    assert "the disk is full" in (tmp_path / "job.log").read_text()  # of the first attempt


def test_a_full_disk_under_the_log_alone(programs, tmp_path, disk):
    program, expected = programs["corrupt"]
    logs = disk(tmp_path / "logs", "64k")
    fill(logs)
    code, printed = program.run(tmp_path, log=logs / "job.log")
    assert code == 0 and program.made(tmp_path) == expected
    assert printed.count("\n") == 1 and "job.log has gaps: [Errno 28] No space left on device" in printed


def test_a_log_that_can_not_be_opened(programs, tmp_path, disk):
    program, _ = programs["corrupt"]
    logs = disk(tmp_path / "logs", "64k")
    remount(logs, "ro")
    code, printed = program.run(tmp_path, log=logs / "job.log")
    assert code == 1 and program.made(tmp_path) == {}
    assert printed.endswith(
        "job.log can't be written: the file system is read-only. "
        "Make its folder writable, then run the same command again\n"
    )


def test_a_read_only_folder(programs, tmp_path, disk):
    program, expected = programs["corrupt"]
    folder = disk(tmp_path / "small", "1m")
    remount(folder, "ro")
    code, printed = program.run(folder, log=tmp_path / "job.log")
    assert code == 1 and "Traceback" not in printed
    assert re.search(r"small/\S+ can't be written: the file system is read-only\. Make its folder writable", printed)
    remount(folder, "rw")
    assert program.run(folder, log=tmp_path / "job.log") == (0, "") and program.made(folder) == expected


def test_a_run_on_a_disk_that_fills(untouched, undisturbed, disk):
    results = disk(untouched.folder / "results", "2m")
    filler = fill(results, left=8192)
    assert "run.json can't be written: the disk is full" in refused(untouched)
    assert not untouched.made("[!.]*") and not untouched.made(".run.json.*")
    filler.unlink()
    untouched.snakemake(f"{RESULTS}/claims/{CLAIM}/verdict.json")
    filler = fill(results, left=50_000)
    printed = refused(untouched)
    assert f"logs/draw/{CLAIM}.log ends:\n" in printed
    last = printed.partition(f"logs/draw/{CLAIM}.log ends:\n")[2]
    assert re.match(r" .* ERROR .*figure\.\w+ can't be written: the disk is full .* Make room, then run", last)
    assert not untouched.made(f"claims/{CLAIM}/figure*")
    filler.unlink()
    untouched.snakemake()
    same_results(untouched, undisturbed)


def test_a_run_on_a_read_only_disk(untouched, undisturbed, disk):
    results = disk(untouched.folder / "results", "2m")
    remount(results, "ro")
    printed = refused(untouched)
    assert "results/smoke can't be written: the file system is read-only. Make its folder writable" in printed
    remount(results, "rw")
    untouched.snakemake(str(TABLE))
    assert untouched.made("measurements/*.parquet") == undisturbed.made("measurements/*.parquet")


@pytest.mark.parametrize(("name", "room"), [("prepare", 4096), ("corrupt", 100), ("train", 4096)])
def test_a_limit_on_the_size_of_files(programs, tmp_path, name, room):
    program, expected = programs[name]
    folder = tmp_path / "results"
    limits = (room, resource.RLIM_INFINITY)
    code, printed = program.run(folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))
    assert code == 1 and "Traceback" not in printed, printed
    assert re.search(r"results/\S+ can't be written: `ulimit -f` allows no file above \S+ MB\. Lift the limit", printed)
    assert program.made(folder).items() <= expected.items()
    assert program.run(folder)[0] == 0 and program.made(folder) == expected


# --- files of an earlier run ---


def test_a_truncated_table(disturbed, undisturbed):
    path = disturbed.folder / TABLE
    path.write_bytes(path.read_bytes()[:-100])
    printed = disturbed.snakemake().stdout
    assert f"Missing or damaged since they were made, so made again once asked for: {TABLE}\n" in printed
    same_results(disturbed, undisturbed)


@pytest.mark.parametrize(
    ("which", "maker", "reader"),
    [("train.arrow", "prepare", "corrupt"), ("test.arrow", "prepare", "corrupt"), ("labels.arrow", "corrupt", "train")],
)
def test_data_that_change_after_they_were_verified(programs, tmp_path, which, maker, reader):
    """A single bit; of a pixel, which no check of the layout sees, or in the labels."""
    (maker, _), (reader, expected) = programs[maker], programs[reader]
    for path in {path for _, path in reader.inputs}:
        for beside in path.parent.glob("*.arrow"):
            shutil.copy(beside, tmp_path)
        shutil.copy(path, tmp_path)
    path = tmp_path / which
    whole = path.read_bytes()
    place = len(whole) // 2
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    results = tmp_path / "results"
    code, printed = reader.within(tmp_path).run(results)
    assert code == 1 and not reader.made(results) and "Traceback" not in printed
    assert which in printed and "; delete it and run again" in printed
    assert which == "labels.arrow" or "was changed after it was made" in printed
    path.unlink()
    assert maker.within(tmp_path).run(tmp_path)[0] == 0
    assert reader.within(tmp_path).run(results)[0] == 0 and reader.made(results) == expected


def test_a_data_set_that_was_deleted_is_made_again(untouched):
    target = f"{RESULTS}/data/digits/labels/wrong_label_0.2_s0.arrow"
    untouched.snakemake(target)
    before = untouched.made("data/**/*.*")
    folder = untouched.folder / RESULTS / "data/digits"
    images = (folder / "train.arrow").read_bytes()
    (folder / "train.arrow").write_bytes(images[:5000] + bytes([images[5000] ^ 1]) + images[5001:])
    (untouched.folder / target).unlink()
    printed = refused(untouched, target)
    assert "train.arrow: was changed after it was made; delete it and run again" in printed
    (folder / "train.arrow").unlink()
    untouched.snakemake(target)
    assert untouched.made("data/**/*.*") == before


# --- memory and kills ---


def test_too_little_memory(programs, tmp_path):
    hungry = programs["train"][0].changed(model="mlp3", widths=[10**6])
    limit = 8 << 30  # bytes of address space; libraries map a part of them and use less
    code, printed = hungry.run(tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert code == 1 and not hungry.made(tmp_path) and "Traceback" not in printed
    assert "the memory did not suffice (" in printed and "`jobs.minutes`" in printed and "--cores" in printed
    assert "`ulimit -v` allows 8590 MB of memory to a process" in printed


@pytest.mark.parametrize("megabytes", [100, 200, 400, 800])
def test_too_little_memory_for_the_libraries(programs, tmp_path, megabytes):
    """Wherever it ends: as Python starts, as a library is loaded, or later."""
    program, expected = programs["train"]
    limit = megabytes << 20
    code, printed = program.run(tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert code and not program.made(tmp_path) and "Traceback" not in printed, printed
    said = (f"`ulimit -v` allows {limit / 1e6:.0f} MB of memory", "OpenBLAS error: Memory allocation still failed")
    assert any(words in printed for words in said), printed
    assert program.run(tmp_path)[0] == 0 and program.made(tmp_path) == expected


@contextlib.contextmanager
def memory_limit(megabytes):
    """Yield a file: a process that writes its number there gets no more memory than that, and is killed for more."""
    first_version = (CGROUPS / "memory").is_dir()
    folder = (CGROUPS / "memory" if first_version else CGROUPS) / f"overparam-test-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if first_version else "memory.max")).write_text(str(megabytes << 20))
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip("limiting the memory of a process as clusters do needs root and control groups")
    try:
        yield folder / "cgroup.procs"
    finally:
        until(lambda: not (folder / "cgroup.procs").read_text(), "the killed job is gone")
        folder.rmdir()


def test_a_job_that_is_killed_for_its_memory(programs, tmp_path):
    program, expected = programs["train"]
    hungry = program.changed(model="mlp3", widths=[6000])
    with memory_limit(500) as processes:
        code, _ = hungry.run(tmp_path, preexec_fn=lambda: processes.write_text(str(os.getpid())))
    assert code == -signal.SIGKILL
    assert not program.made(tmp_path) and not job_log.ended(tmp_path / "job.log")
    assert program.run(tmp_path) == (0, "") and program.made(tmp_path) == expected
    assert (tmp_path / "job.log").read_text().count("settings:") == 2  # the killed attempt's is kept


def test_a_job_of_a_run_that_is_killed(untouched, undisturbed):
    with untouched.start(str(TABLE)) as run:
        os.kill(job_process(untouched), signal.SIGKILL)
        printed, _ = run.communicate()
    assert run.returncode == 1 and "Traceback" not in printed
    last = printed.partition(f"{LOG} ends:\n")[2]
    assert "the job was killed from outside, most likely for lack of memory. Run fewer jobs at once" in last
    assert not untouched.made("measurements/*")
    untouched.snakemake(str(TABLE))
    assert untouched.made("measurements/*.parquet") == undisturbed.made("measurements/*.parquet")
    assert (untouched.folder / LOG).read_text().count("settings:") == 2


def test_a_run_that_is_killed_leaves_no_lock(untouched, undisturbed):
    with untouched.start() as run:
        until(lambda: untouched.made("logs/measure/*"), "the first job starts")
        run.kill()
        run.communicate()
    assert list((untouched.folder / ".snakemake/locks").glob("*.lock"))
    printed = untouched.snakemake("--rerun-incomplete").stdout  # as `make run` does
    assert f"The run of process {run.pid}, started" in printed and "the lock was removed" in printed
    same_results(untouched, undisturbed)


# --- two at once ---


def test_two_runs_in_one_folder(untouched, undisturbed):
    with untouched.start(str(TABLE)) as first:
        job = job_process(untouched)
        with stopped(job):  # so that the first run lasts until the others have looked
            printed = refused(untouched, CLAIM)
            dry = untouched.snakemake("-n")
        first.communicate()
    assert "Nothing was started: another run is at work on results/smoke" in printed
    assert f"process {first.pid} on" in printed and "Wait until it ends, or stop it" in printed
    assert "dry-run" in dry.stdout
    assert first.returncode == 0
    assert untouched.made("measurements/*.parquet") == undisturbed.made("measurements/*.parquet")


def test_a_job_of_a_killed_run_that_still_writes(programs, tmp_path):
    """Stopped in the middle of its first file until its successor is done, it mixes nothing."""
    program = programs["prepare"][0].changed(n_train=1500, resolution=128, colour=True)
    (tmp_path / "expected").mkdir()
    assert program.run(tmp_path / "expected")[0] == 0
    expected = program.made(tmp_path / "expected")
    folder = tmp_path / "results"
    with program.start(folder, log=tmp_path / "first.log") as first:
        (part,) = until(lambda: [path for path in folder.glob(".train.arrow.*") if path.stat().st_size], "it writes")
        with stopped(first.pid):
            assert part.stat().st_size < len(expected["train.arrow"])
            assert not program.made(folder)
            assert program.run(folder, log=tmp_path / "second.log")[0] == 0
            assert program.made(folder) == expected and part.exists()
        first.communicate()
    assert first.returncode == 0 and program.made(folder) == expected
    assert not list(folder.glob(".*"))


# --- numbers ---


def test_training_that_diverges(programs, tmp_path):
    wild = programs["train"][0].changed(optimizer={"name": "sgd", "learning_rate": 1e30})
    code, printed = wild.run(tmp_path)
    assert code == 0 and "diverged: [" in printed
    table = pd.read_parquet(tmp_path / "table.parquet")
    last = table[table["epoch"] == table["epoch"].max()]
    assert last["diverged"].all() and set(last["width"]) == {4, 8}
