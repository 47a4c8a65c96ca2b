"""Train the networks of one cell of a study, all noise levels and seeds of a width as one computation."""

from overparam import files, labels, program
from overparam.datasets import arrow
from overparam.training import cell, machine


def work(job: program.Job) -> None:
    """Train on the data set beside the input `dataset` with the corrupted labels in the inputs `labels`."""
    dataset = arrow.read(job.input("dataset").parent)
    corruptions = [corruption for path in job.inputs["labels"] for corruption in labels.read(path)]
    table, cost = cell.train_cell(job.settings, dataset, corruptions, machine.prepare(job.gpus))
    files.write_json(job.output("cost"), cost)
    files.write_table(job.output("table"), table)


if __name__ == "__main__":
    program.run(__doc__, work)
