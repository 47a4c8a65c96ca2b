"""How the failed jobs of a run ended: the last lines of their logs, on the terminal."""

import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from overparam.jobs import faults, job_log

if TYPE_CHECKING:
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
        self.logs: dict[Path, None] = {}  # in the order of failure
        if workflow.is_main_process:
            logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the log of a failed job."""
        if getattr(record, "event", None) == LogEvent.JOB_ERROR:
            logs = (self.results / "logs").absolute()
            self.logs |= {path: None for path in map(Path, record.log) if path.absolute().is_relative_to(logs)}

    def show(self) -> None:
        """Print how these jobs ended, except those that the user stopped or that succeeded at a further attempt."""
        if self.workflow.output_settings.show_failed_logs:
            return  # Snakemake has shown their logs whole
        for path in self.logs:
            if job_log.succeeded(path) or job_log.stopped_by(path, signal.SIGINT):
                continue
            lines = job_log.last_lines(path)
            if job_log.stopped_by(path, signal.SIGTERM):
                lines.append(f"({TERMINATED})")
            elif not job_log.ended(path):
                lines.append(f"(here it stops: {self._why_it_stops()})")
            logger.error("\n    ".join([f"\n{path} ends:", *lines]))

    def _why_it_stops(self) -> str:
        """Return what most likely ended a job that did not come to its own end, and what to do."""
        if full := faults.no_room(self.results):
            return full
        killed = (
            "if no message of its own stands above, the job was killed from outside, most likely for lack of memory"
        )
        if self.workflow.local_exec:
            return f"{killed}. {faults.LESS_MEMORY}"
        return f"{killed} or of time. Raise `memory_mb`, `jobs.time_factor` or `jobs.max_minutes` in the configuration"
