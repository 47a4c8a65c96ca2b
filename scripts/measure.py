"""Run one experiment and write its measurements."""

from overparam.claims import measuring
from overparam.jobs import files, program


def work(job: program.Job) -> None:
    """Measure what ``settings.experiment`` names."""
    inputs = (job.inputs.get(name, []) for name in ("datasets", "training", "costs"))
    machine = {"memory_mb": job.memory_mb, "gpus": job.gpus}
    table, cost = measuring.measure(job.settings["experiment"], job.settings["settings"], *inputs, **machine)
    files.write_json(job.output("cost"), cost)
    files.write_table(job.output("table"), table)


if __name__ == "__main__":
    program.run(__doc__, work)
