"""What a fault of the machine is called, and what to do about it."""

import errno
import resource

import numpy as np
import pytest
import torch

from overparam.jobs import faults


def message(error, tmp_path):
    return faults.explained(error, [tmp_path / "deep/down/table.parquet"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "x.json can't be written: the disk is full ("),
        (errno.EDQUOT, "x.json can't be written: the quota on this disk is used up ("),
        (errno.EROFS, "x.json can't be written: the file system is read-only. Make its folder writable"),
        (errno.EACCES, "x.json can't be written: permission denied. Make its folder writable"),
        (errno.EIO, "x.json can't be written: the disk, or the network to it, has failed"),
    ],
)
def test_files_that_can_not_be_written(tmp_path, number, words):
    said = message(OSError(number, "as the system says", str(tmp_path / "x.json")), tmp_path)
    assert said.startswith(str(tmp_path)) and words in said and said.endswith("then run the same command again")


def test_without_a_name_the_room_is_that_of_the_outputs(tmp_path):
    said = message(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert said.startswith("a file can't be written: the disk is full") and f" MB free in {tmp_path})" in said


def test_the_error_behind_an_error_counts(tmp_path):
    """As torch.save raises it where the disk is full."""
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 704 vs 598")  # noqa: B904
    except RuntimeError as error:
        assert "the disk is full" in message(error, tmp_path)


def test_too_little_memory(tmp_path):
    with pytest.raises(RuntimeError) as of_torch:
        torch.ones(10**15)
    with pytest.raises(MemoryError) as of_numpy:
        np.ones(10**17)
    of_a_gpu = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    of_a_library = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
    of_the_system = OSError(errno.ENOMEM, "Cannot allocate memory")
    for error in (of_torch.value, of_numpy.value, of_a_gpu, of_a_library, of_the_system):
        said = message(error, tmp_path)
        assert said.startswith("the memory did not suffice (")
        assert all(word in said for word in ("--cores", "`memory_mb`", "`jobs.minutes`", "`batch_size`"))


@pytest.mark.parametrize(
    "error", [KeyError("x"), RuntimeError("shapes differ"), FileNotFoundError(errno.ENOENT, "", "x")]
)
def test_mistakes_are_not_explained_away(tmp_path, error):
    assert message(error, tmp_path) is None


@pytest.fixture
def limit(monkeypatch):
    """Let the shell have set limits of its own; nothing else is limited."""
    given = {}
    monkeypatch.setattr(resource, "getrlimit", lambda which: (given.get(which, resource.RLIM_INFINITY),) * 2)
    return lambda which, most: given.update({which: most})


def test_a_limit_on_the_size_of_files(tmp_path, limit):
    error = OSError(errno.EFBIG, "File too large", str(tmp_path / "x.arrow"))
    said = message(error, tmp_path)
    assert said == (
        f"{tmp_path}/x.arrow can't be written: its disk takes no file so large. Put the results on another, then run "
        "the same command again"
    )
    limit(resource.RLIMIT_FSIZE, 1024 * 1000)
    said = message(error, tmp_path)
    assert said.startswith(f"{tmp_path}/x.arrow can't be written: `ulimit -f` allows no file above 1.02 MB. Lift")
    assert "(`ulimit -Sf unlimited`" in said and said.endswith("then run the same command again")
    assert message(OSError(errno.EFBIG, "File too large"), tmp_path).startswith("a file can't be written: `ulimit -f`")


def test_a_limit_on_open_files(tmp_path, limit):
    limit(resource.RLIMIT_NOFILE, 64)
    said = message(OSError(errno.EMFILE, "Too many open files", "x"), tmp_path)
    assert said.startswith("`ulimit -n` allows 64 open files. Raise it (`ulimit -n 4096`)")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        ImportError("libx.so: cannot allocate memory in static TLS block"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
    ],
)
def test_a_limit_on_memory(tmp_path, limit, error):
    assert "ulimit" not in message(error, tmp_path)
    limit(resource.RLIMIT_AS, 2 * 10**9)
    limit(resource.RLIMIT_NPROC, 10**5)  # enough of them
    said = message(error, tmp_path)
    assert "`ulimit -v` allows 2000 MB of memory to a process" in said and "`ulimit -u`" not in said
    assert "lift that first (`ulimit -Sv unlimited`, or ask whoever set it)" in said and "--cores" in said
    limit(resource.RLIMIT_NPROC, 20)
    assert "`ulimit -u` allows 20 processes" in message(error, tmp_path)


def test_a_limit_on_work_is_told_of_jobs_that_were_killed(limit):
    assert faults.limits("vut") is None
    limit(resource.RLIMIT_CPU, 30)
    assert "`ulimit -t` allows 30 seconds of work to a process" in faults.limits("vut")
