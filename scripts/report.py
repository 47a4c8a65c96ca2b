"""Make the page of a run."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Show the inputs `verdicts`, `figures` and `alt` of `settings.claims` on one page, the output `page`.

    The inputs `stability` and `error_rates`, if they are given, say how verdicts fared under other root seeds, and how
    often the judge errs.
    """
    from overparam.jobs import files, records
    from overparam.report import page, reading

    settings, inputs = job.settings, job.inputs
    verdicts = [records.verdict(path) for path in inputs.get("verdicts", [])]
    reference = reading.optional_table(inputs.get("stability", []))
    claims = reading.collect(settings["claims"], verdicts, reference)
    rates = reading.optional_table(inputs.get("error_rates", []))
    config = job.input("config").read_text(encoding="utf-8") if "config" in inputs else None
    pictures, alts = inputs.get("figures", []), inputs.get("alt", [])
    target, table = job.output("page"), job.input("table")
    files.write_text(target, page.render(claims, target, settings["preset"], pictures, alts, table, config, rates))
    files.write_checksums(job.outputs, "page")


if __name__ == "__main__":
    program.run(__doc__, work)
