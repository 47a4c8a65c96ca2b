"""The smoke configuration through SLURM: the bytes of the local run.

Some claims of every topic: ``tests/workflow/test_run.py`` makes everything a second time, on this machine.
"""

import pytest

CLAIMS = ["A1", "A4", "B1", "B4", "C1", "D2", "E2", "E17", "F1", "F5", "G2"]
KINDS = ("training/**/*.parquet", "measurements/*.parquet", "data/**/*.arrow")


@pytest.mark.timeout(3600)
def test_the_same_bytes_as_on_this_machine(finished, submitted, cluster):
    before = len(cluster.jobs())
    submitted.extra = {"claims": CLAIMS}
    submitted.snakemake("--until", "measure", "measure_networks")
    for pattern in KINDS:
        local, made = finished[0].made(pattern), submitted.made(pattern)
        assert made and made == {path: local[path] for path in made}, pattern
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
