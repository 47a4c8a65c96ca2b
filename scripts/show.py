"""Print the table of verdicts."""

import shutil
import sys

from overparam import files, program
from overparam.report import summary


def work(job: program.Job) -> None:
    """Print the input `table`, as wide as the terminal allows between 100 and 120 columns."""
    sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 still gets its table
    width = min(max(shutil.get_terminal_size((110, 24)).columns, 100), 120)
    print(summary.text(files.read_table(job.input("table")), width))


if __name__ == "__main__":
    program.run(__doc__, work)
