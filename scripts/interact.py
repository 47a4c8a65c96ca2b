"""Make the interactive chart of one claim."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Make `settings.claim.interactive` from the inputs `measurements`, named by `settings.measures`, and `verdict`."""
    from overparam.drawing import claim_chart, labels
    from overparam.jobs import files, records
    from overparam.plan import checksums

    measurements, verdict = records.measurements(job.input("measurements")), records.verdict(job.input("verdict"))
    labels.attach(measurements, job.settings.get("measures"))
    claim_chart.save(job.settings["claim"]["interactive"], measurements, verdict, job.output("chart"))
    for path in job.outputs.get("checksums", []):
        files.write_text(path, checksums.listing([job.output("chart")], lineage=job.lineage))


if __name__ == "__main__":
    program.run(__doc__, work)
