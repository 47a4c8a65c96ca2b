"""Draw the figure of one claim."""

from overparam import drawing, files, program


def work(job: program.Job) -> None:
    """Draw `settings.claim.figure` from the inputs `measurements` and `verdict`."""
    measurements, verdict = files.read_table(job.input("measurements")), files.read_json(job.input("verdict"))
    outputs = map(job.output, ("svg", "png", "pdf", "alt"))
    drawing.save(job.settings["claim"]["figure"], measurements, verdict, *outputs)


if __name__ == "__main__":
    program.run(__doc__, work)
