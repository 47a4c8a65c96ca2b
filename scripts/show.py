"""Print verdicts as a table."""

import shutil
import sys

from overparam.jobs import program, records
from overparam.report import reading, summary


def work(job: program.Job) -> None:
    """Print the input `verdicts` in the order of `settings.claims`, 100 to 120 columns wide as the terminal allows."""
    sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 still gets its table
    width = min(max(shutil.get_terminal_size((110, 24)).columns, 100), 120)
    verdicts = [records.verdict(path) for path in job.inputs["verdicts"]]
    given = {verdict["claim"] for verdict in verdicts}
    claims = reading.collect([entry for entry in job.settings["claims"] if entry["id"] in given], verdicts)
    print(summary.text(summary.table(claims), width))


if __name__ == "__main__":
    program.run(__doc__, work)
