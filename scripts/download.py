"""Download a file of a data set from its mirrors and verify it."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Fetch the file that the settings describe to the output `file`."""
    from overparam.datasets import download

    options = {
        name: job.settings[name] for name in ("attempts", "timeout", "backoff", "source") if name in job.settings
    }
    download.fetch(job.settings["urls"], job.output("file"), job.settings["sha256"], **options)


if __name__ == "__main__":
    program.run(__doc__, work)
