"""What jobs ask SLURM for, and what a failed one says."""

import pytest
import virtual_cluster
from project_copies import RESULTS, fresh

CELL = RESULTS / "training/mlp-digits-width/w2_n0-0.2_s0to2.parquet"
MEASUREMENTS = RESULTS / "measurements/polynomial_regression.parquet"

# stands in for train.py: writes which GPUs it sees, and how many it may use
WITNESS = """
import os, sys
from pathlib import Path
gpus = os.environ.get("CUDA_VISIBLE_DEVICES"), sys.argv[sys.argv.index("--gpus") + 1]
for name in ("table", "cost"):
    Path(sys.argv[sys.argv.index(name) + 1]).write_text("%s %s" % gpus)
"""
# stands in for measure.py
FAILURE = """
from overparam import errors
from overparam.jobs import program
def work(job):
    raise errors.UserError("the moon is in the wrong quarter; wait a week")
program.run("", work)
"""


@pytest.fixture(scope="module")
def sent(tmp_path_factory, cluster):
    """A project, a training and an experiment of it in SLURM's words, and what the run printed."""
    project = virtual_cluster.use(cluster, fresh(tmp_path_factory.mktemp("sent") / "project"))
    (project.folder / "scripts/train.py").write_text(WITNESS)
    (project.folder / "scripts/measure.py").write_text(FAILURE)
    jobs = {"partition": "main", "gpu_partition": "gpus", "account": "ours", "time_factor": 7}
    project.extra = {"gpus": 1, "memory_mb": 3000, "jobs": jobs}
    before = len(cluster.jobs())
    run = project.snakemake("--retries", "0", str(CELL), str(MEASUREMENTS), check=False)
    assert run.returncode
    measure, train = sorted(cluster.jobs()[before:], key=lambda job: job["Comment"])
    return project, train, measure, run.stdout


def test_gpus_only_where_they_are_used(sent):
    project, train, measure, _ = sent
    assert train["TresPerJob"] == "gres:gpu:1" and "TresPerJob" not in measure
    assert (project.folder / CELL).read_text() in ("0 1", "1 1")


def test_partition_account_time_and_memory(sent):
    _, train, measure, _ = sent
    assert train["Partition"] == "gpus" and measure["Partition"] == "main"
    assert train["TimeLimit"] == "00:10:00" and measure["TimeLimit"] == "07:00:00"
    for job in (train, measure):
        assert (job["Account"], job["MinMemoryNode"], job["NumCPUs"]) == ("ours", "3000M", "1")


def test_what_a_failed_job_says_is_seen(sent):
    assert "the moon is in the wrong quarter; wait a week" in sent[3]
