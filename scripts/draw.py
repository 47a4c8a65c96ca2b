"""Draw the figures of one claim: the one that says what was found, and the details if there are any."""

from overparam.jobs import program

KINDS = ("svg", "png", "pdf", "alt")


def work(job: program.Job) -> None:
    """Draw `settings.claim.figure`, and `details` if there are any, from `measurements` and `verdict`."""
    from overparam.drawing import claim_figure, labels
    from overparam.jobs import files, records
    from overparam.plan import checksums

    measurements, verdict = records.measurements(job.input("measurements")), records.verdict(job.input("verdict"))
    labels.attach(measurements, job.settings.get("measures"))
    claim, outputs = job.settings["claim"], list(KINDS)
    claim_figure.save(claim["figure"], measurements, verdict, *map(job.output, KINDS))
    if claim.get("details"):
        more = [f"details_{kind}" for kind in KINDS]
        claim_figure.save(claim["details"], measurements, verdict, *map(job.output, more))
        outputs += more
    for path in job.outputs.get("checksums", []):
        files.write_text(path, checksums.listing(map(job.output, outputs), lineage=job.lineage))


if __name__ == "__main__":
    program.run(__doc__, work)
