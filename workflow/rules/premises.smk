"""What must hold before Snakemake reads the configuration: else it would end in a traceback, or wait for ever."""

import sys
from pathlib import Path

import snakemake
from snakemake.exceptions import WorkflowError

# by the path of this file: another Snakefile may include it
BASE = Path(sys._getframe().f_code.co_filename).resolve().parents[2]
sys.path[:0] = [str(BASE / "scripts"), str(BASE / "workflow/run")]

import premises

if UNMET := premises.unmet(BASE, workflow, snakemake.__version__):
    raise WorkflowError(f"Nothing was started: {UNMET}")

from overparam.jobs import surroundings

surroundings.clear_for_jobs()

from overparam.plan.config import check_files
from overparam.errors import UserError

try:
    check_files([BASE / "config/config.yaml", *workflow.configfiles])
except UserError as error:
    raise WorkflowError(f"The configuration is wrong, nothing was started:\n{error}")
