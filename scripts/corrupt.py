"""Corrupt the training labels of one data set: one noise level, one table for each seed of a block."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Draw the corruptions for the data set beside the input `info` and write them to the output `labels`."""
    from overparam.datasets import arrow, labels

    dataset = arrow.read(job.input("info").parent)
    level, definition, root = (job.settings[name] for name in ("label_noise", "definition", "seed"))
    shared = (dataset.train.labels, len(dataset.classes), level, definition)
    labels.write(job.output("labels"), [labels.draw(*shared, seed, root) for seed in job.settings["label_seeds"]])


if __name__ == "__main__":
    program.run(__doc__, work)
