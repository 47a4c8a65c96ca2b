"""What jobs ask a cluster for, and whether this cluster can be used."""

import math

import slurm_check
from snakemake.logging import logger

SHORTEST_MINUTES = 10  # a node may be slow to start Python from a shared disk
EXPERIMENT_MINUTES = 60  # a guess for all experiments: nobody has counted their work


def memory(mb):
    """Return a function that gives this many MB to the first attempt at a job, and as much more to each further one."""
    return lambda wildcards, attempt: mb * attempt


def time_limit(minutes):
    """Return a function that gives the time limit of a job in minutes, from its estimate; more with each attempt."""

    def limit(wildcards, attempt):
        asked = math.ceil(max(SHORTEST_MINUTES, RUN["jobs"]["time_factor"] * minutes(wildcards))) * attempt
        return min(asked, RUN["jobs"]["max_minutes"] or asked)

    return limit


def training_minutes(wildcards):
    """Return about how long it takes to train a cell; a model that declares no cost is held for a full job."""
    return CELLS[wildcards.study, wildcards.cell].minutes or RUN["jobs"]["minutes"]


def experiment_minutes(wildcards):
    """Return about how long an experiment takes."""
    return EXPERIMENT_MINUTES


def asked_gpus(wildcards):
    """Return the number of GPUs that an experiment asks for."""
    return RUN["gpus"] if wildcards.experiment in GPU_EXPERIMENTS else 0


def partition(gpus):
    """Return the partition for jobs with this many GPUs; None asks for none, and the cluster chooses."""
    return (RUN["jobs"]["gpu_partition"] if gpus else None) or RUN["jobs"]["partition"]


def check_cluster():
    """Stop before anything is submitted if jobs go to a SLURM where Snakemake would not see them end; note their name."""
    settings = workflow.executor_settings
    if type(settings).__module__ != "snakemake_executor_plugin_slurm":
        return
    try:
        warning = slurm_check.check(settings.status_command, settings.init_seconds_before_status_checks)
    except slurm_check.Unfit as error:
        raise WorkflowError(f"Nothing was submitted: {error}.")
    if warning:
        logger.warning(warning)
    one_run.remember_jobs(RESULTS, snakemake_internals.jobs_name(workflow))
