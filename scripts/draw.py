"""Draw the figure of one claim."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Draw `settings.claim.figure` from the inputs `measurements`, named as in `settings.measures`, and `verdict`."""
    from overparam.drawing import claim_figure, labels
    from overparam.jobs import files, records
    from overparam.plan import checksums

    measurements, verdict = records.measurements(job.input("measurements")), records.verdict(job.input("verdict"))
    labels.attach(measurements, job.settings.get("measures"))
    kinds = ("svg", "png", "pdf", "alt")
    claim_figure.save(job.settings["claim"]["figure"], measurements, verdict, *map(job.output, kinds))
    for path in job.outputs.get("checksums", []):
        files.write_text(path, checksums.listing(map(job.output, kinds), lineage=job.lineage))


if __name__ == "__main__":
    program.run(__doc__, work)
