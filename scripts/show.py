"""Print verdicts as a table."""

import os
import shutil
import sys

from overparam.jobs import program

WIDEST = 140  # columns


def work(job: program.Job) -> None:
    """Print the input `verdicts` in the order of `settings.claims`, a line each, as wide as the terminal allows.

    Only those are printed that are there, whole, and of the lineage that `settings.lineages` asks for; in colour if the
    terminal has any and NO_COLOR is not set.
    """
    from overparam.report import present, reading, summary, terminal

    sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 still gets its table
    width = min(shutil.get_terminal_size((110, 24)).columns, WIDEST)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    reference = reading.optional_table(job.inputs.get("stability", []))
    settings, verdicts = job.settings, job.inputs["verdicts"]
    claims, left_out = present.collect(settings["claims"], settings.get("lineages"), verdicts, reference)
    if claims:
        print(terminal.text(summary.table(claims), width, colour))
    for sentence in left_out:
        print(sentence)


if __name__ == "__main__":
    program.run(__doc__, work)
