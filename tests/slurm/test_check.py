"""Before anything is submitted, a run asks whether it would see its jobs end."""

import shutil

import pytest
import virtual_cluster
from project_copies import RESULTS

MEASUREMENTS = RESULTS / "measurements/polynomial_regression.parquet"
CELL = RESULTS / "training/mlp-digits-width/w2_n0-0.2_s0to2.parquet"
PROFILE = ["--workflow-profile", "workflow/profiles/slurm"]


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory, cluster):
    """A second SLURM, which forgets jobs 6 s after their end."""
    with virtual_cluster.running(tmp_path_factory.mktemp("forgetful"), min_job_age=6) as started:
        yield started


def refused(project, *arguments):
    """Return the message of a run that submits nothing."""
    project.executor = PROFILE
    run = project.snakemake(str(MEASUREMENTS), *arguments, check=False)
    assert run.returncode and "Nothing was submitted" in run.stdout, run.stdout
    assert "Traceback" not in run.stdout
    assert not (project.folder / RESULTS / "logs").exists()
    return run.stdout


def test_sacct_without_accounting(submitted, cluster):
    before = len(cluster.jobs())
    message = refused(submitted, "--slurm-status-command", "sacct")
    assert "`--slurm-status-command squeue --slurm-init-seconds-before-status-checks 8`" in message
    assert len(cluster.jobs()) == before


def test_jobs_are_forgotten_too_soon(sources, forgetful):
    sources.environment = forgetful.environment
    assert "`--slurm-init-seconds-before-status-checks 2`" in refused(sources)
    assert not forgetful.jobs()


@pytest.fixture
def few_programs(sources, tmp_path):
    """A folder with the only programs that the project finds: none of SLURM."""
    folder = tmp_path / "few programs"
    folder.mkdir()
    for program in ("bash", "sh", "which", "env"):
        (folder / program).symlink_to(shutil.which(program))
    sources.environment = {"PATH": str(folder)}
    return folder


def test_there_is_no_slurm(sources, few_programs):
    assert "no `sbatch` on this machine" in refused(sources)


def test_the_controller_does_not_answer(sources, few_programs):
    for program in ("sbatch", "scontrol"):
        (few_programs / program).write_text("#!/bin/sh\necho 'Unable to contact slurm controller' >&2; exit 1\n")
        (few_programs / program).chmod(0o755)
    assert "SLURM does not answer: Unable to contact slurm controller; start again once" in refused(sources)


@pytest.mark.parametrize(("profile", "gpus"), [("default", 0), ("gpu", 1)])
def test_the_other_profiles_need_no_slurm(sources, few_programs, profile, gpus):
    sources.executor = ["--workflow-profile", f"workflow/profiles/{profile}"]
    sources.environment["CUDA_VISIBLE_DEVICES"] = "0"
    assert f"--gpus {gpus} " in sources.snakemake("-n", "-p", str(CELL)).stdout
