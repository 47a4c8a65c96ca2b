"""Pages of what is there, at the end of a run that was not to make all of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import snakemake_internals

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


def watch(workflow: "Workflow", write: Callable[[], None]) -> None:
    """Let every run of ``workflow`` that succeeds end with ``write``, also where nothing was to be done.

    Runs that fail call it themselves, and only where something was done. Dry runs, and the processes that a run starts
    for its jobs, write nothing.
    """

    def watched(execute, common):
        done = execute()
        if not common.dryrun_exec:
            write()
        return done

    if workflow.is_main_process:
        snakemake_internals.around_execution(workflow, watched)
