"""The one module that touches what Snakemake offers no option for: its plan, its settings, its records, its attempts.

Each function says what it changes. ``tests/run/test_snakemake_internals.py`` tells when another version of Snakemake
has changed what they rest on.
"""

import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import psutil
from snakemake import benchmark
from snakemake.exceptions import WorkflowError
from snakemake.jobs import Job
from snakemake.logging import logger
from snakemake.persistence import PersistenceBase
from snakemake.settings.types import RerunTrigger
from snakemake_interface_executor_plugins.settings import ExecMode

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

LARGEST_COMPARED = 100_000_000  # bytes of a file that has a new time and is looked into; longer ones count as changed


def sample_memory_every(seconds: float) -> None:
    """Let `benchmark:` read the memory of a job this often; its own twice a second takes a tenth of two cores."""
    benchmark.BENCHMARK_INTERVAL_SHORT = seconds


def sample_also(others: Callable[[list[int]], Iterable[psutil.Process]]) -> None:
    """Let `benchmark:` count processes that work for a job and do not descend from it, given those that do."""

    class Tree(psutil.Process):
        def children(self, recursive=False):
            found = super().children(recursive)
            return [*found, *others([self.pid, *(process.pid for process in found)])]

    begin = benchmark.BenchmarkTimer.__init__

    @functools.wraps(begin)
    def beginning(self, pid, *arguments, **named):
        begin(self, pid, *arguments, **named)
        self.main = Tree(pid)

    benchmark.BenchmarkTimer.__init__ = beginning


def limit(workflow: "Workflow", resource: str, most: int) -> None:
    """Let a run use no more of a resource than this at once, unless its command says otherwise."""
    workflow.global_resources.setdefault(resource, most)


def around_execution(workflow: "Workflow", around: Callable[[Callable[[], bool], Any], bool]) -> None:
    """Let a run be executed by ``around``, which is given what executes it and the settings common to all jobs.

    A second call goes around the first. A run that ends in a WorkflowError shows its sentences without a traceback.
    """
    execute = workflow.execute

    @functools.wraps(execute)
    def executing(*, executor_plugin, **arguments):
        try:
            return around(
                lambda: execute(executor_plugin=executor_plugin, **arguments), executor_plugin.common_settings
            )
        except WorkflowError:
            if not workflow.output_settings.verbose:
                sys.tracebacklimit = 0  # Snakemake lists every function of ours below the sentences, else
            raise

    workflow.execute = executing


def after_success(workflow: "Workflow", do: Callable[[], None]) -> None:
    """Let every run that succeeds end with ``do``, also where nothing was to be done.

    Dry runs, and the processes that a run starts for its jobs, do not. A second call comes after the first.
    """

    def around(execute, common):
        done = execute()
        if not common.dryrun_exec:
            do()
        return done

    if workflow.is_main_process:
        around_execution(workflow, around)


def distrust_times(workflow: "Workflow") -> None:
    """Let content decide what has changed, never the time of a file alone, whatever the user's profile says."""
    prepare = workflow._prepare_dag

    @functools.wraps(prepare)
    def preparing(*arguments, **named):
        settings = workflow.dag_settings
        settings.max_checksum_file_size = max(settings.max_checksum_file_size, LARGEST_COMPARED)
        if workflow.is_main_process and set(settings.rerun_triggers) != set(RerunTrigger.all()):
            logger.warning(
                "--rerun-triggers is set aside: results of other settings or other code would be shown as if they "
                "were of these."
            )
        settings.rerun_triggers = RerunTrigger.all()
        return prepare(*arguments, **named)

    workflow._prepare_dag = preparing


def remake(workflow: "Workflow", damaged: Callable[[], Iterable[str]]) -> None:
    """Let a run make those files again that ``damaged`` finds, as far as it is asked for them."""
    build = workflow._build_dag

    @functools.wraps(build)
    def building():
        found = list(damaged())
        if found:
            logger.warning(f"Missing or damaged since they were made, so made again once asked for: {', '.join(found)}")
        workflow.dag.forcefiles.update(found)
        return build()

    if workflow.is_main_process:
        workflow._build_dag = building


def outputs_to_be_made(workflow: "Workflow") -> set[str]:
    """Return the outputs of all jobs that a run is about to start."""
    return {str(path) for job in workflow.dag.needrun_jobs() for path in job.output}


def planned_jobs(workflow: "Workflow") -> dict[int, tuple[str, str, str | None]]:
    """Return the jobs that a run is about to start by their numbers: rule, first log, what is said when they start."""
    jobs = [job for job in workflow.dag.needrun_jobs(exclude_finished=False) if job.log]
    return {workflow.dag.jobid(job): (job.rule.name, str(job.log[0]), job.message) for job in jobs}


def jobs_at_once(workflow: "Workflow") -> int:
    """Return how many jobs of one thread a run may have at work at once, on this machine or on a cluster."""
    limits = workflow.resource_settings
    return (limits.cores if workflow.local_exec else limits.nodes) or 1


def jobs_name(workflow: "Workflow") -> str:
    """Return the name that the jobs of a run have on a cluster."""
    return workflow.scheduler._executor.run_uuid


def limit_attempts(left: Callable[[Job], int]) -> None:
    """Let ``left`` say how often a job that failed may be sent again; ``job.rule.restart_times`` is what was asked."""
    Job.restart_times = property(lambda job: left(job))  # in the class: jobs have slots


def record_own_work() -> None:
    """Let this process, which runs a job on a cluster, record what it makes: Snakemake leaves that to the run alone.

    If that is dead by then there is no record, and a file without one is taken for good whatever is edited later.
    """
    finished = PersistenceBase.finished

    @functools.wraps(finished)
    async def recorded(self, job):
        settings = self.dag.workflow.workflow_settings
        mode, settings.exec_mode = settings.exec_mode, ExecMode.DEFAULT
        try:
            await finished(self, job)
        finally:
            settings.exec_mode = mode

    PersistenceBase.finished = recorded
