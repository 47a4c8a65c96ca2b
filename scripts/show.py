"""Print verdicts as a table."""

import shutil
import sys

from overparam import files, program
from overparam.report import reading, summary


def work(job: program.Job) -> None:
    """Print the input `verdicts` of `settings.claims`, as wide as the terminal allows from 100 to 120 columns."""
    sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 still gets its table
    width = min(max(shutil.get_terminal_size((110, 24)).columns, 100), 120)
    claims = reading.collect(job.settings["claims"], [files.read_json(path) for path in job.inputs["verdicts"]])
    print(summary.text(summary.table(claims), width))


if __name__ == "__main__":
    program.run(__doc__, work)
