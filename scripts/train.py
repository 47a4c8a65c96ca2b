"""Train the networks of one cell of a study, all noise levels and seeds of a width as one computation."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Train on the data set beside the input `dataset` with the corrupted labels in the inputs `labels`."""
    from overparam.datasets import arrow, labels
    from overparam.jobs import files
    from overparam.training import cell, machine, unfinished

    inputs = [job.input("dataset"), *job.inputs["labels"]]
    folder = job.state and job.state / unfinished.key(job.settings, job.code, inputs)
    already = job.made()
    with unfinished.opened(folder, 60 * job.checkpoint_minutes) as left:
        if left.waited and job.made() and not already:
            return  # by the job that this one has waited for
        dataset = arrow.read(job.input("dataset").parent)
        corruptions = [corruption for path in job.inputs["labels"] for corruption in labels.read(path)]
        table, cost = cell.train_cell(job.settings, dataset, corruptions, machine.prepare(job.gpus), left)
        files.write_json(job.output("cost"), cost)
        files.write_table(job.output("table"), table)


if __name__ == "__main__":
    program.run(__doc__, work)
