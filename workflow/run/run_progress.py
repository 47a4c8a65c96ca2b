"""How far a run is, and how long it will still take: a line wherever nothing else was said for a while."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import snakemake_internals
from durations import Durations
from snakemake.logging import logger
from snakemake.settings.types import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

INTERVAL = 10.0  # seconds for which a run is silent at most
ON_A_CLUSTER = 60.0  # the same where jobs run elsewhere, for hours
SHOWN = 3  # jobs at work that a line names
PRIOR = 30.0  # seconds that the expected pace of a rule weighs, beside what its finished jobs took
SILENT = (LogEvent.SHELLCMD, LogEvent.DEBUG_DAG, LogEvent.JOB_STARTED, LogEvent.RESOURCES_INFO, LogEvent.RULEGRAPH)


@dataclasses.dataclass
class Work:
    """One job of a run.

    Attributes
    ----------
    rule, says
        Its rule, and what the run says when it starts.
    expected
        Seconds that it should take.
    started, took
        When it started, and how many seconds it took; ``None`` as long as it has not.
    """

    rule: str
    says: str
    expected: float
    started: float | None = None
    took: float | None = None


class RunProgress(logging.Handler):
    """Follows the jobs of a run by what Snakemake tells its loggers, and speaks where nobody else does.

    Parameters
    ----------
    workflow
        The run.
    results
        Folder of its results; the logs of jobs lie in ``logs`` there, and name them.
    durations
        Returns what says how long each job should take; called once, when the run begins.
    """

    def __init__(self, workflow: "Workflow", results: str, durations: Callable[[], Durations]):
        super().__init__()
        self.workflow, self.results, self.durations = workflow, results, durations
        self.jobs: dict[int, Work] = {}
        self.parallel = 1
        self.spoken = time.monotonic()
        self.over = threading.Event()
        if workflow.is_main_process:
            snakemake_internals.around_execution(workflow, self._until_it_ends)

    def _until_it_ends(self, execute, common):
        try:
            done = execute()
            if common.dryrun_exec:
                self._foretell()
            return done
        finally:
            self.over.set()
            logger.removeHandler(self)

    def begin(self) -> None:
        """Say how long the run will take, and watch it from here on."""
        self._plan()
        logger.addHandler(self)
        if len(self.jobs) > 1:
            self._say(f"{len(self.jobs)} jobs, {about(self.left(time.monotonic()))} to go")
        interval = INTERVAL if self.workflow.local_exec else ON_A_CLUSTER
        threading.Thread(target=self._watch, args=(interval,), daemon=True).start()

    def _plan(self) -> None:
        """Note the jobs that the run starts, and how long each should take."""
        durations = self.durations()
        for number, (rule, log, says) in snakemake_internals.planned_jobs(self.workflow).items():
            name = log.removeprefix(f"{self.results}/logs/").removesuffix(".log")
            self.jobs[number] = Work(rule, says or name, durations.of(name))
        self.parallel = snakemake_internals.jobs_at_once(self.workflow)

    def _foretell(self) -> None:
        """Say how long a run would take that is only planned."""
        self._plan()
        if self.jobs:
            alone = about(sum(job.expected for job in self.jobs.values()))
            at_once = f"{self.parallel} at once" if self.parallel > 1 else "one at a time"
            jobs = f"{len(self.jobs)} jobs" if len(self.jobs) > 1 else "1 job"
            logger.info(
                f"{jobs}, {alone} of one core; {at_once}, {about(self.left(0.0))}. Of jobs that never ran here "
                "the time is a guess from those of the reference run, or from the size of what is trained."
            )

    def emit(self, record: logging.LogRecord) -> None:
        """Note when a job starts, ends or fails, and that something was said."""
        event, now = getattr(record, "event", None), time.monotonic()
        if record.levelno >= logging.INFO and event not in SILENT:
            self.spoken = now
        job = self.jobs.get(getattr(record, "jobid", getattr(record, "job_id", None)))
        if job is None:
            return
        if event == LogEvent.JOB_INFO:
            job.started = now
        elif event == LogEvent.JOB_FINISHED:
            job.took = now - (job.started or now)
        elif event == LogEvent.JOB_ERROR:
            job.started = None  # it may be sent again

    def _watch(self, interval: float) -> None:
        """Speak up whenever nothing was said for an interval, until the run is over."""
        while not self.over.wait(max(self.spoken + interval - time.monotonic(), interval / 10)):
            now = time.monotonic()
            if now - self.spoken >= interval and (line := self.line(now)):
                self._say(line)

    def _say(self, text: str) -> None:
        self.spoken = time.monotonic()
        logger.info(text, extra={"quietness": Quietness.PROGRESS})

    def line(self, now: float) -> str | None:
        """Return how far the run is, the time left and the jobs at work; ``None`` if no job is at work."""
        jobs = list(self.jobs.values())
        working = sorted((job for job in jobs if job.started and job.took is None), key=lambda job: job.started or 0)
        if not working:
            return None
        done = sum(job.took is not None for job in jobs)
        named = [f"{job.says} (for {spell(now - (job.started or now))})" for job in working[:SHOWN]]
        more = [f"{len(working) - SHOWN} more"] if len(working) > SHOWN else []
        return f"{done} of {len(jobs)} jobs done, {about(self.left(now))} left; at work: {', '.join(named + more)}"

    def left(self, now: float) -> float:
        """Return the seconds that the run should still take, at the pace of the jobs that are done."""
        todo = []
        for job in self.jobs.values():
            if job.took is None:
                length = job.expected * self._pace(job.rule)
                # a job that takes longer than expected has some way to go, nobody knows how far
                todo.append(max(length - (now - job.started), length / 10) if job.started else length)
        return max(sum(todo) / min(self.parallel, len(todo)), *todo) if todo else 0.0

    def _pace(self, rule: str) -> float:
        """Return how many times as long as expected the jobs of a rule take."""
        done = [(job.took, job.expected) for job in self.jobs.values() if job.rule == rule and job.took is not None]
        return (PRIOR + sum(took for took, _ in done)) / (PRIOR + sum(expected for _, expected in done))


def about(seconds: float) -> str:
    """Return a duration that is known roughly."""
    return "less than a minute" if seconds < 50 else f"about {spell(seconds)}"


def spell(seconds: float) -> str:
    """Return a duration in the unit that a reader would choose."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 60 / 24:.0f} days"
