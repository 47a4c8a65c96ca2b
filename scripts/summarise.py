"""Write the verdicts of all claims as one table."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Tabulate the input `verdicts` of `settings.claims`.

    The input `stability`, if it is given, says how verdicts fared under other root seeds.
    """
    from overparam.jobs import files, records, table_checks
    from overparam.report import reading, summary

    verdicts = [records.verdict(path) for path in job.inputs.get("verdicts", [])]
    reference = reading.optional_table(job.inputs.get("stability", []))
    claims = reading.collect(job.settings["claims"], verdicts, reference)
    table = summary.table(claims)
    if claims and (problem := table_checks.problem(table, summary.COLUMNS)):
        raise ValueError(f"the table of verdicts: {problem}")
    files.write_table(job.output("table"), table)
    files.write_checksums(job.outputs, "table")


if __name__ == "__main__":
    program.run(__doc__, work)
