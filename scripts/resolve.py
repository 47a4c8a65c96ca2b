"""Save the configuration of a run with all its defaults."""

from overparam import files, program


def work(job: program.Job) -> None:
    """Write the settings as they are."""
    files.write_json(job.output("config"), job.settings)


if __name__ == "__main__":
    program.run(__doc__, work)
