"""What jobs ask SLURM for, and what a failed one says."""

from project_copies import RESULTS

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
FAILURE = """
from overparam import program
def work(job):
    raise program.UserError("the moon is in the wrong quarter; wait a week")
program.run(__doc__ or "", work)
"""


def test_gpu_partition_account_time_and_memory(submitted, cluster):
    (submitted.folder / "scripts/train.py").write_text(WITNESS)
    jobs = {"partition": "main", "gpu_partition": "gpus", "account": "ours", "time_factor": 7}
    submitted.extra = {"gpus": 1, "memory_mb": 3000, "jobs": jobs}
    before = len(cluster.jobs())
    submitted.snakemake(str(CELL), str(MEASUREMENTS))
    train, measure = sorted(cluster.jobs()[before:], key=lambda job: job["Comment"], reverse=True)
    assert train["Partition"] == "gpus" and measure["Partition"] == "main"
    assert train["TresPerJob"] == "gres:gpu:1" and "TresPerJob" not in measure
    assert {train["Account"], measure["Account"]} == {"ours"}
    assert train["TimeLimit"] == "00:10:00" and measure["TimeLimit"] == "07:00:00"
    assert train["MinMemoryNode"] == measure["MinMemoryNode"] == "3000M"
    assert train["NumCPUs"] == measure["NumCPUs"] == "1"
    assert (submitted.folder / CELL).read_text() in ("0 1", "1 1")


def test_what_a_failed_job_says_is_seen(submitted):
    (submitted.folder / "scripts/train.py").write_text(FAILURE)
    run = submitted.snakemake("--retries", "0", str(CELL), check=False)
    assert run.returncode
    assert "the moon is in the wrong quarter; wait a week" in run.stdout
