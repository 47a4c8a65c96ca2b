"""The smoke configuration through SLURM: the bytes of the local run.

What is judged and drawn never goes there; ``tests/workflow/test_run.py`` makes it a second time.
"""

import pytest

KINDS = ("training/**/*.parquet", "measurements/*.parquet", "data/**/*.arrow")


@pytest.mark.timeout(3600)
def test_the_same_bytes_as_on_this_machine(finished, submitted, cluster):
    before = len(cluster.jobs())
    submitted.snakemake("--until", "train", "measure", "measure_networks")
    for pattern in KINDS:
        made = submitted.made(pattern)
        assert made and made == finished[0].made(pattern), pattern
    jobs = cluster.jobs()[before:]
    assert {job["Comment"].split("_wildcards_")[0] for job in jobs} == {
        "rule_train",
        "rule_measure",
        "rule_measure_networks",
    }
    assert len(jobs) == len(submitted.made("training/**/*.parquet")) + len(submitted.made("measurements/*.parquet"))
    assert not any("gpu" in job["TRES"] for job in jobs)


def test_another_executor_and_other_limits_rerun_nothing(project):
    project.executor = ["--workflow-profile", "workflow/profiles/slurm"]
    assert project.plan() == {}
    jobs = {"partition": "any", "account": "ours", "time_factor": 5, "max_minutes": 30, "checkpoint_minutes": 1}
    project.extra = {"jobs": jobs}
    assert project.plan() == {}
