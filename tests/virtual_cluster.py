"""A real SLURM of one host: two virtual nodes with two fake GPUs each, in a folder of its own, on loopback alone."""

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from project_copies import Project

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "setpriv")
NODES = ("n1", "n2")
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])  # Debian's daemons lie in sbin

# config_overrides lets two cores play eight; without DefMemPerCPU a job would take a whole node;
# munge gets a key and a socket of its own, so that nothing outside the folder is touched
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
DefMemPerCPU=500
MinJobAge={min_job_age}
KillWait={kill_wait}
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 RealMemory=64000 Gres=gpu:2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 RealMemory=64000 Gres=gpu:2
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpus Nodes=n2 MaxTime=INFINITE State=UP
"""
# any character device may stand for a GPU; a count without devices makes the node invalid
GPUS = "\n".join(f"NodeName={node} Name=gpu File={device}" for node in NODES for device in ("/dev/null", "/dev/zero"))


def missing() -> list[str]:
    """Return the programs of SLURM and munge that this machine lacks."""
    return [name for name in PROGRAMS if not shutil.which(name, path=SEARCHED)]


class Cluster:
    """A running SLURM.

    Parameters
    ----------
    folder
        Where it lives; must not exist yet, or be empty.
    min_job_age
        Seconds that it remembers a job after its end: in tests as good as for ever.
    kill_wait
        Seconds between SIGTERM and SIGKILL.

    Attributes
    ----------
    folder
        Where its state and logs lie.
    environment
        What a program needs in its environment to use it.
    """

    def __init__(self, folder: Path, min_job_age: int = 36000, kill_wait: int = 5):
        self.folder = folder
        # Snakemake's plugin takes SLURM_CONF from the jobs, whose `srun` would then look into /etc/slurm
        srun = folder / "bin/srun"
        srun.parent.mkdir(parents=True)
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF="{folder}/slurm.conf" exec {shutil.which("srun", path=SEARCHED)} "$@"\n'
        )
        srun.chmod(0o755)
        path = os.pathsep.join([str(srun.parent), SEARCHED])
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
        self._daemons: list[subprocess.Popen] = []
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (folder / name).mkdir(parents=True, exist_ok=True)
        values = {"host": socket.gethostname().split(".")[0], "user": getpass.getuser(), "folder": folder}
        text = CONFIGURATION.format(**values, ports=_free_ports(3), min_job_age=min_job_age, kill_wait=kill_wait)
        (folder / "slurm.conf").write_text(text)
        (folder / "gres.conf").write_text(GPUS)
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)

    def start(self) -> None:
        """Start the daemons and wait until both nodes take jobs."""
        folder, configuration = self.folder, str(self.folder / "slurm.conf")
        files = {"key": "key-file", "socket": "socket", "pid": "pid-file", "log": "log-file", "seed": "seed-file"}
        munge = [f"--{flag}={folder}/munge.{name}" for name, flag in files.items()]
        self._launch("munged", "--foreground", "--force", *munge)
        self._wait_for("munge", lambda: (folder / "munge.socket").exists())
        self._launch("slurmctld", "-D", "-c", "-f", configuration)
        for node in NODES:
            self._launch("slurmd", "-D", "-N", node, "-f", configuration)
        ready = ["idle"] * len(NODES)
        self._wait_for(
            "its nodes", lambda: self.ask("sinfo", "--noheader", "--Node", "-p", "main", "-o", "%T") == ready
        )

    def ask(self, *command: str) -> list[str]:
        """Return the lines that a command of SLURM prints, none if it fails."""
        run = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)
        return run.stdout.split("\n")[:-1] if run.returncode == 0 else []

    def jobs(self) -> list[dict[str, str]]:
        """Return what SLURM knows of each job, finished ones too, in the order of submission."""
        lines = self.ask("scontrol", "--oneliner", "show", "jobs")
        found = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return sorted((job for job in found if "JobId" in job), key=lambda job: int(job["JobId"]))

    def stop(self) -> None:
        """Cancel what runs, and end the daemons."""
        self.ask("scancel", "--user", getpass.getuser())
        with contextlib.suppress(TimeoutError):
            self._wait_for("its last jobs", lambda: not self.ask("squeue", "--noheader"))
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _launch(self, name: str, *arguments: str) -> None:
        # a daemon ends with the tests, however they end
        command = ["setpriv", "--pdeathsig", "TERM", shutil.which(name, path=SEARCHED), *arguments]
        with (self.folder / f"{name}.out").open("ab") as output:
            environment = {**os.environ, **self.environment}
            self._daemons.append(subprocess.Popen(command, env=environment, stdout=output, stderr=output))

    def _wait_for(self, what: str, ready, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end or any(daemon.poll() is not None for daemon in self._daemons):
                logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
                outputs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.out"))
                raise TimeoutError(f"SLURM: waited for {what}\n{outputs}\n{logs}")
            time.sleep(0.05)


@contextlib.contextmanager
def running(folder: Path, **settings: int) -> Iterator[Cluster]:
    """Give a SLURM that ends with the block."""
    cluster = Cluster(folder, **settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def use(cluster: Cluster, project: Project) -> Project:
    """Let a project send its jobs to SLURM, and look after them every second."""
    project.environment = cluster.environment
    project.executor = ["--workflow-profile", "workflow/profiles/slurm"]
    project.executor += ["--slurm-init-seconds-before-status-checks", "1"]
    return project
