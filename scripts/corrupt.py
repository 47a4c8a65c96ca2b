"""Corrupt the training labels of one data set: one noise level, one table for each seed of a block."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Draw the corruptions for the data set beside the input `info`, or take labels from the input `given`, if any.

    Those are of the images that the data set was made from, which lie in the inputs of `prepare.py`.
    """
    from overparam.datasets import arrow, given_labels, image_sources, labels

    dataset = arrow.read(job.input("info").parent)
    level, definition, root = (job.settings[name] for name in ("label_noise", "definition", "seed"))
    clean, seeds, n_classes = dataset.train.labels, job.settings["label_seeds"], len(dataset.classes)
    if definition != labels.GIVEN:
        made = [labels.draw(clean, n_classes, level, definition, seed, root) for seed in seeds]
    elif level == 0:
        made = given_labels.corruptions(clean, None, n_classes, level, seeds, "")
    else:
        images = {name: job.inputs[name] for name in ("archive", "train", "test") if job.inputs.get(name)}
        source = image_sources.read(job.settings["source"], images)
        given = given_labels.read(job.input("given"), job.settings["columns"], source, dataset)
        made = given_labels.corruptions(clean, given, n_classes, level, seeds, str(job.input("given")))
    labels.write(job.output("labels"), made)


if __name__ == "__main__":
    program.run(__doc__, work)
