"""Print verdicts as a table."""

import shutil
import sys

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Print the input `verdicts` in the order of `settings.claims`, 100 to 120 columns wide as the terminal allows.

    Only those are printed that are there, whole, and of the lineage that `settings.lineages` asks for.
    """
    from overparam.report import present, reading, summary

    sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 still gets its table
    width = min(max(shutil.get_terminal_size((110, 24)).columns, 100), 120)
    reference = reading.optional_table(job.inputs.get("stability", []))
    settings, verdicts = job.settings, job.inputs["verdicts"]
    claims, left_out = present.collect(settings["claims"], settings.get("lineages"), verdicts, reference)
    if claims:
        print(summary.text(summary.table(claims), width))
    for sentence in left_out:
        print(sentence)


if __name__ == "__main__":
    program.run(__doc__, work)
