"""Jobs that are cancelled, out of time, requeued or killed: their networks end with the bytes of an undisturbed run."""

import os
import re
import signal

import pytest
import virtual_cluster
from project_copies import RESULTS, Project, fresh
from waiting import until

pytestmark = pytest.mark.timeout(1800)  # the plugin looks at its jobs less and less often while none ends
STUDY = "mlp-digits-width"
WIDTHS = {"cancelled": 4, "out of time": 5, "requeued": 6, "killed": 7}


def cell(width):
    return RESULTS / f"training/{STUDY}/w{width}_n0.2_s0-1.parquet"


def long_cells(project: Project) -> Project:
    """Let a project train cells of seconds, which save their state often."""
    study = next(study for study in project.configuration()["studies"] if study["name"] == STUDY)
    changes = {"widths": list(WIDTHS.values()), "label_noise": [0.2], "seeds": [[0, 1]], "epochs": 2500}
    project.extra = {"studies": [{**study, **changes, "evaluations": 5}], "claims": ["B4"]}
    project.extra["jobs"] = {"checkpoint_minutes": 0.005, "max_minutes": 15}
    return project


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Project:
    """The project with all cells, trained on this machine."""
    project = long_cells(fresh(tmp_path_factory.mktemp("undisturbed") / "project"))
    project.snakemake(*(str(cell(width)) for width in WIDTHS.values()))
    return project


class Disturbed:
    """A project whose jobs are interfered with."""

    def __init__(self, project: Project, cluster: virtual_cluster.Cluster):
        self.project, self.cluster = project, cluster
        self.before = len(cluster.jobs())

    def jobs(self, width: int) -> list[dict[str, str]]:
        """Return what SLURM knows of the jobs of a cell."""
        comment = f"rule_train_wildcards_{STUDY}_{cell(width).stem}"
        return [job for job in self.cluster.jobs()[self.before :] if job["Comment"] == comment]

    def training(self, width: int) -> str:
        """Wait until a cell has saved a state, and return the id of its job."""
        until(
            lambda: list((self.project.folder / RESULTS).glob(f"state/*/w{width}.state")), f"a state of width {width}"
        )
        return self.jobs(width)[-1]["JobId"]

    def log(self, width: int) -> str:
        """Return what the jobs of a cell have logged."""
        return (self.project.folder / RESULTS / f"logs/train/{STUDY}/{cell(width).stem}.log").read_text()

    def signal(self, width: int, number: int) -> None:
        """Send a signal to the program that trains a cell, past SLURM."""
        os.kill(int(re.findall(r"process (\d+) on", self.log(width))[-1]), number)


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory, cluster) -> Disturbed:
    """A run whose jobs were each stopped once, in another way."""
    project = virtual_cluster.use(cluster, fresh(tmp_path_factory.mktemp("disturbed") / "project"))
    found = Disturbed(long_cells(project), cluster)
    run = project.start(*(str(cell(width)) for width in WIDTHS.values()))
    cluster.ask("scancel", found.training(WIDTHS["cancelled"]))
    late = found.training(WIDTHS["out of time"])
    found.signal(WIDTHS["out of time"], signal.SIGSTOP)  # SLURM looks at the clock every 30 s only
    cluster.ask("scontrol", "update", f"JobId={late}", "EndTime=now+1seconds")
    requeued = found.training(WIDTHS["requeued"])
    cluster.ask("scontrol", "requeue", requeued)
    found.training(WIDTHS["killed"])
    found.signal(WIDTHS["killed"], signal.SIGKILL)
    until(lambda: found.jobs(WIDTHS["requeued"])[-1]["JobState"] == "PENDING", "the requeued job")
    cluster.ask("scontrol", "update", f"JobId={requeued}", "StartTime=now")  # SLURM would let it wait for two minutes
    printed, _ = run.communicate()
    assert run.returncode == 0, printed
    return found


@pytest.mark.parametrize("fate", WIDTHS)
def test_a_stopped_job_loses_nothing(disturbed, undisturbed, fate):
    width = WIDTHS[fate]
    assert "going on from the state" in disturbed.log(width)
    assert ("stopped by SIGTERM" in disturbed.log(width)) == (fate != "killed")  # in SLURM's grace time
    assert (disturbed.project.folder / cell(width)).read_bytes() == (undisturbed.folder / cell(width)).read_bytes()


def test_how_they_were_stopped(disturbed):
    states = {fate: [job["JobState"] for job in disturbed.jobs(width)] for fate, width in WIDTHS.items()}
    assert states == {
        "cancelled": ["CANCELLED", "COMPLETED"],
        "out of time": ["TIMEOUT", "COMPLETED"],
        "requeued": ["COMPLETED"],
        "killed": ["FAILED", "COMPLETED"],
    }
    assert [job["Restarts"] for job in disturbed.jobs(WIDTHS["requeued"])] == ["1"]


def test_the_second_attempt_asks_for_more(disturbed):
    first, second = disturbed.jobs(WIDTHS["cancelled"])
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("4000M", "8000M")
    assert (first["TimeLimit"], second["TimeLimit"]) == ("00:10:00", "00:15:00")  # not twice: `max_minutes`


def test_the_run_dies_and_the_next_ends_its_jobs(submitted, cluster, undisturbed):
    """Two jobs at one cell would remove or replace each other's table."""
    width = WIDTHS["cancelled"]
    found = Disturbed(long_cells(submitted), cluster)
    left_behind = killed_run(found, width)
    found.signal(width, signal.SIGSTOP)  # it must not end by itself meanwhile; SLURM lets it go on to be ended
    printed = submitted.snakemake(str(cell(width))).stdout
    assert "Ending 1 jobs on the cluster" in printed
    assert (submitted.folder / cell(width)).read_bytes() == (undisturbed.folder / cell(width)).read_bytes(), printed
    assert [job["JobState"] for job in found.jobs(width)] == ["CANCELLED", "COMPLETED"]
    assert found.jobs(width)[0]["JobId"] == left_behind
    assert "stopped by SIGTERM" in found.log(width) and "going on from the state" in found.log(width)
    assert not list((submitted.folder / RESULTS).glob("state/*"))


def test_a_job_that_ends_after_its_run_leaves_a_record(submitted, cluster, undisturbed):
    """What it has made is taken by the next call, and trained anew once its settings change."""
    width = WIDTHS["cancelled"]
    found = Disturbed(long_cells(submitted), cluster)
    killed_run(found, width)
    until(lambda: found.jobs(width)[0]["JobState"] == "COMPLETED", "the job of the dead run")
    assert (submitted.folder / cell(width)).read_bytes() == (undisturbed.folder / cell(width)).read_bytes()
    assert submitted.plan(str(cell(width))) == {}
    submitted.extra["studies"][0]["epochs"] += 1
    assert submitted.plan(str(cell(width))) == {"train": 1}


def killed_run(found: Disturbed, width: int) -> str:
    """Start a run, kill it once it trains, and return the id of the job that it leaves."""
    run = found.project.start(str(cell(width)))
    left_behind = found.training(width)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    return left_behind
