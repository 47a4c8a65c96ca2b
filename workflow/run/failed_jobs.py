"""How the failed jobs of a run ended: the last lines of their logs, on the terminal."""

import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import snakemake_internals
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from overparam.jobs import faults, job_log

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow

TERMINATED = (
    "somebody ended it, or the cluster, say because its time was up. The same command goes on, a training from its "
    "saved state; `jobs.time_factor` and `jobs.max_minutes` in the configuration give jobs of a cluster more time"
)


class FailedJobs(logging.Handler):
    """Notes which jobs of a run fail, from what Snakemake tells its loggers.

    Parameters
    ----------
    workflow
        The run.
    results
        Folder of its results; the logs of jobs lie in ``logs`` there.
    """

    def __init__(self, workflow: "Workflow", results: str):
        super().__init__()
        self.workflow, self.results = workflow, Path(results)
        self.logs: dict[Path, list[Path]] = {}  # in the order of failure, each with those of the cluster
        if workflow.is_main_process:
            logger.addHandler(self)
            snakemake_internals.limit_attempts(self._attempts_left)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the log of a failed job."""
        if getattr(record, "event", None) == LogEvent.JOB_ERROR:
            logs = (self.results / "logs").absolute()
            paths = [Path(path) for path in record.log]
            own = [path for path in paths if path.absolute().is_relative_to(logs)]
            self.logs |= {path: [other for other in paths if other not in own] for path in own}

    def show(self) -> None:
        """Print how these jobs ended, except those that the user stopped or that succeeded at a further attempt."""
        if self.workflow.output_settings.show_failed_logs:
            return  # Snakemake has shown their logs whole
        for path in self.logs:
            if job_log.succeeded(path) or job_log.stopped_by(path, signal.SIGINT):
                continue
            lines = job_log.last_lines(path)
            if reason := self._why_not_started(path):
                lines.append(f"({_not_started(reason)})")
            elif job_log.stopped_by(path, signal.SIGTERM):
                lines.append(f"({TERMINATED})")
            elif not job_log.ended(path):
                lines.append(f"(here it stops: {self._why_it_stops(path)})")
            logger.error("\n    ".join([f"\n{path} ends:", *lines]))

    def _attempts_left(self, job: "Job") -> int:
        """Return how often Snakemake may send a job again: not at all where no memory would let Python start."""
        reasons = filter(None, map(self._why_not_started, map(Path, job.log)))
        return 0 if any(not faults.tells_of_memory(reason) for reason in reasons) else job.rule.restart_times

    def _why_not_started(self, path: Path) -> str | None:
        """Return why the program of a log could not start; where it has none, why Snakemake could not on its node."""
        logs = [path] if path.exists() else self.logs.get(path, [])
        return next(filter(None, map(job_log.why_not_started, logs)), None)

    def _why_it_stops(self, path: Path) -> str:
        """Return what most likely ended a job that did not come to its own end, and what to do."""
        if full := faults.no_room(self.results):
            return full
        if crash := job_log.crash(path):
            return f"a library has crashed, {crash}; the lines above say where. {faults.BROKEN}"
        killed = (
            "if no message of its own stands above, the job was killed from outside, most likely for lack of memory"
        )
        if self.workflow.local_exec:
            return ". ".join(filter(None, [killed, faults.limits("vut"), faults.LESS_MEMORY]))
        return f"{killed} or of time. Raise `memory_mb`, `jobs.time_factor` or `jobs.max_minutes` in the configuration"


def _not_started(reason: str) -> str:
    """Return that a program could not start, why, and what to do, unless the reason says so itself."""
    if faults.tells_of_memory(reason):
        return faults.short_of_memory(reason)
    advice = "" if faults.BROKEN in reason else f". {faults.BROKEN}"
    return f"{job_log.NOT_STARTED}: {reason}{advice}"
