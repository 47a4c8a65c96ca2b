"""Draw the figure of one claim."""

from overparam import drawing, files, program


def work(job: program.Job) -> None:
    """Draw `settings.figure` from the inputs `measurements` and `verdict`."""
    measurements, verdict = files.read_table(job.input("measurements")), files.read_json(job.input("verdict"))
    drawing.save(job.settings["figure"], measurements, verdict, *map(job.output, ("svg", "png", "pdf", "alt")))


if __name__ == "__main__":
    program.run(__doc__, work)
