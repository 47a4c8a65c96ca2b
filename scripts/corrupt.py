"""Corrupt the training labels of one data set, once for one noise level and seed."""

from overparam import labels, program
from overparam.datasets import arrow


def work(job: program.Job) -> None:
    """Draw the corruption for the data set beside the input `info` and write the table to the output `labels`."""
    dataset = arrow.read(job.input("info").parent)
    names = ("label_noise", "definition", "label_seed", "seed")
    table = labels.draw(dataset.train.labels, len(dataset.classes), *(job.settings[name] for name in names))
    labels.write(job.output("labels"), table)


if __name__ == "__main__":
    program.run(__doc__, work)
