"""Run one experiment and write its measurements."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Measure what ``settings.experiment`` names."""
    from overparam.claims import measuring
    from overparam.jobs import files, finished_parts

    inputs = (job.inputs.get(name, []) for name in ("datasets", "training", "costs"))
    machine = {"memory_mb": job.memory_mb, "gpus": job.gpus}
    folder = job.state and job.state / finished_parts.key(job.settings, job.code, job.inputs.get("datasets", []))
    with finished_parts.opened(folder) as kept:
        table, cost = measuring.measure(
            job.settings["experiment"], job.settings["settings"], *inputs, kept=kept, **machine
        )
    files.write_json(job.output("cost"), cost)
    files.write_table(job.output("table"), table)
    files.write_checksums(job.outputs, "table", "cost")


if __name__ == "__main__":
    program.run(__doc__, work)
