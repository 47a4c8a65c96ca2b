"""Make one data set: the view of a source that the settings describe, as memory-mapped Arrow files."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Read the source from the inputs (`archive`, or `train` and `test`, or none) and write the view."""
    from overparam.datasets import arrow, sources, views

    source = sources.read(job.settings, {name: paths for name, paths in job.inputs.items() if paths})
    arrow.write(job.output("info").parent, views.view(source, job.settings))


if __name__ == "__main__":
    program.run(__doc__, work)
