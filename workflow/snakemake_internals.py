"""What Snakemake offers no option for: its settings and its plan, changed from within a Snakefile."""

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from snakemake.logging import logger
from snakemake.settings.types import RerunTrigger

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

LARGEST_COMPARED = 100_000_000  # bytes of a file that has a new time and is looked into; longer ones count as changed


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
