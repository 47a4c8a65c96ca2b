"""Draw the figure of one claim."""

from overparam.drawing import claim_figure, labels
from overparam.jobs import program, records


def work(job: program.Job) -> None:
    """Draw `settings.claim.figure` from the inputs `measurements`, named as in `settings.measures`, and `verdict`."""
    measurements, verdict = records.measurements(job.input("measurements")), records.verdict(job.input("verdict"))
    labels.attach(measurements, job.settings.get("measures"))
    outputs = map(job.output, ("svg", "png", "pdf", "alt"))
    claim_figure.save(job.settings["claim"]["figure"], measurements, verdict, *outputs)


if __name__ == "__main__":
    program.run(__doc__, work)
