"""Jobs of one machine take a device each, and a killed one gives its own back. No GPU is needed: devices are names."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from overparam.errors import UserError
from overparam.jobs import devices

SCRIPTS = Path(devices.__file__).resolve().parents[2]
WHOLE, DIVIDED = "GPU-11111111-aaaa", "GPU-22222222-bbbb"
LISTING = f"""GPU 0: NVIDIA A100-SXM4-40GB (UUID: {WHOLE})
GPU 1: NVIDIA A100-SXM4-40GB (UUID: {DIVIDED})
  MIG 3g.20gb     Device  0: (UUID: MIG-cccc-1)
  MIG 3g.20gb     Device  1: (UUID: MIG-cccc-2)
"""
JOB = """
import logging, sys, time
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
from overparam.jobs import devices
name = devices.take()
print("has", name, flush=True)
sys.stdin.read()
"""
PATIENCE = 60.0  # seconds after which a wait has failed


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a whole GPU and one that is divided in two, and no locks yet."""
    tools, temporary = tmp_path / "bin", tmp_path / "tmp"
    tools.mkdir()
    temporary.mkdir()
    tool = tools / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTING}END\n")
    tool.chmod(0o755)
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tool


@pytest.fixture
def start():
    """Start jobs that take a device and keep it until their input is closed; none outlives the test."""
    jobs = []

    def start(**environment):
        job = subprocess.Popen(
            [sys.executable, "-c", JOB], text=True, env={**os.environ, "PYTHONPATH": str(SCRIPTS), **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        jobs.append(job)
        return job

    yield start
    for job in jobs:
        job.kill()
        job.communicate()


def taken(job):
    """Return the device of a job, which must not have had to wait."""
    assert job.stdout.readline().startswith("device ")
    return job.stdout.readline().split()[1]


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        ("0,2", ["0", "2"]),
        (" GPU-1 , MIG-cccc-1", ["GPU-1", "MIG-cccc-1"]),
        ("", []),
        ("-1", []),
        ("1,-1,0", ["1"]),  # CUDA stops at the first wrong entry
        ("NoDevFiles", []),  # what SLURM sets for a job without a GPU
        (None, [WHOLE, "MIG-cccc-1", "MIG-cccc-2"]),
    ],
)
def test_which_devices_there_are(machine, visible, names):
    assert devices.available({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}) == names


def test_no_driver_no_devices(machine, monkeypatch):
    machine.write_text("#!/bin/sh\nexit 9\n")
    assert devices.available({}) is None
    machine.unlink()
    monkeypatch.setenv("PATH", str(machine.parent))
    assert devices.available({}) is None and devices.take({}) is None


@pytest.mark.parametrize("visible", ["", "-1", "none"])
def test_devices_that_are_hidden_are_not_taken(machine, visible):
    with pytest.raises(UserError, match=f"CUDA_VISIBLE_DEVICES is {visible!r}; set `gpus: 0`"):
        devices.take({"CUDA_VISIBLE_DEVICES": visible})


def test_jobs_take_different_devices_and_a_further_one_waits_for_the_first_that_is_free(machine, start):
    jobs = [start() for _ in range(3)]
    names = [taken(job) for job in jobs]
    assert sorted(names) == sorted([WHOLE, "MIG-cccc-1", "MIG-cccc-2"])
    late = start()
    assert late.stdout.readline().startswith("all devices are taken by other jobs")
    jobs[1].send_signal(signal.SIGKILL)
    jobs[1].wait(PATIENCE)
    assert taken(late) == names[1]


def test_the_same_device_by_its_number_and_by_its_name(machine, start):
    by_number = start(CUDA_VISIBLE_DEVICES="0")
    assert taken(by_number) == "0"
    by_part_of_its_name = start(CUDA_VISIBLE_DEVICES="GPU-1111")
    assert by_part_of_its_name.stdout.readline().startswith("all devices are taken")
    by_number.communicate()
    assert taken(by_part_of_its_name) == "GPU-1111"


def test_the_variable_is_respected(machine, start):
    first, second = (start(CUDA_VISIBLE_DEVICES="MIG-cccc-2,MIG-cccc-1") for _ in range(2))
    assert {taken(first), taken(second)} == {"MIG-cccc-1", "MIG-cccc-2"}


def test_many_jobs_share_few_devices_and_never_one(machine, tmp_path):
    alone = """
import time
from pathlib import Path
from overparam.jobs import devices
mark = Path(devices.take())
mark.touch(exist_ok=False)  # fails beside another job on this device
time.sleep(0.1)
mark.unlink()
"""
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS), "CUDA_VISIBLE_DEVICES": "4,5"}
    jobs = [subprocess.Popen([sys.executable, "-c", alone], cwd=tmp_path, env=environment) for _ in range(6)]
    assert [job.wait(PATIENCE) for job in jobs] == [0] * 6


def test_slurm_assigns_a_single_device_and_nothing_is_locked(machine, start):
    jobs = [start(CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID=number) for number in ("7", "8", "8")]
    assert [job.stdout.readline() for job in jobs] == ["has None\n"] * 3
    assert not (machine.parent.parent / "tmp" / devices.FOLDER).exists()


def test_several_devices_of_one_slurm_job_are_shared_within_it(machine, start):
    inside = [start(CUDA_VISIBLE_DEVICES="0,1", SLURM_JOB_ID="7") for _ in range(2)]
    assert {taken(job) for job in inside} == {"0", "1"}
    assert taken(start(CUDA_VISIBLE_DEVICES="0,1", SLURM_JOB_ID="8")) == "0"  # those of another job are others


def test_a_process_keeps_the_device_that_it_has(machine, monkeypatch):
    monkeypatch.setattr(devices, "held", [])
    environment = {}
    assert devices.take(environment) == devices.take(environment) == environment["CUDA_VISIBLE_DEVICES"] == WHOLE
    assert len(devices.held) == 1


def test_where_locks_are_not_supported_the_choice_is_left_to_cuda(machine, monkeypatch, caplog):
    def unsupported(*arguments, **options):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("filelock.FileLock.acquire", unsupported)
    assert devices.take({}) is None and "can't be locked" in caplog.text and not devices.held


def test_every_user_may_lock(machine):
    folder = devices._folder()
    assert folder.stat().st_mode & 0o1777 == 0o1777


def test_why_torch_sees_no_gpu(tmp_path):
    kernel = tmp_path / "version"
    said = devices.unseen("13.2", kernel)
    assert "built for CUDA 13.2, which needs version 580 of the NVIDIA driver or a later one, and no NVIDIA" in said
    assert said.endswith("or set `gpus: 0` in the config to use the CPU")
    kernel.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n")
    assert "version 535.183.01 of the driver runs here: install one that it can use" in devices.unseen("13.2", kernel)
    assert "keeps the GPU from this job" in devices.unseen("12.6", kernel)
    assert "an NVIDIA driver made for it" in devices.unseen("99.0", kernel)
    assert "without CUDA" in devices.unseen(None, kernel)
