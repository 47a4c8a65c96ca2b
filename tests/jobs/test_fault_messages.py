"""What a fault of the machine is called, and what to do about it."""

import errno

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
