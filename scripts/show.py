"""Print verdicts as a table as wide as the terminal, from 100 to 120 columns."""

import shutil

from overparam import files, program
from overparam.report import summary


def work(job: program.Job) -> None:
    """Print the input `table`, or the input `verdicts` of `settings.claims`."""
    if "table" in job.inputs:
        rows = files.read_table(job.input("table"))
    else:
        rows = summary.read(job.settings["claims"], job.inputs.get("verdicts", []))
    summary.show(rows, min(max(shutil.get_terminal_size((110, 24)).columns, 100), 120))


if __name__ == "__main__":
    program.run(__doc__, work)
