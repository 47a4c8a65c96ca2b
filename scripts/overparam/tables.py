"""The tables that pass from one part of the house to the next: every column stands here once, in its order.

A column is described as an experiment describes those of its own table under ``measures``: its type (``text``,
``whole``, ``number`` or ``truth``), the ``values`` or the closed ``range`` that it can have, and whether a row may have
none (``gaps``).
"""

from typing import Any

SHARE = {"type": "number", "unit": "fraction", "range": [0, 1]}
LOSS = {"type": "number", "unit": "the settings' loss", "range": [0, None], "gaps": True}
NORM = {"type": "number", "unit": "1", "range": [0, None], "gaps": True}
COUNT = {"type": "whole", "range": [1, None]}
FROM_0 = {"type": "whole", "range": [0, None]}

# one row per measured value; an experiment adds its own columns
MEASUREMENTS: dict[str, dict[str, Any]] = {
    "quantity": {"type": "text", "meaning": "what was measured"},
    "value": {"type": "number", "meaning": "the number", "gaps": True},
    "seed": {"type": "whole", "meaning": "number of the independent repetition"},
}

# one row per network, epoch and split; errors and losses are gaps where there is nothing to be wrong about, or where a
# network diverged
TRAINING: dict[str, dict[str, Any]] = {
    "study": {"type": "text", "meaning": "name of the study"},
    "dataset": {"type": "text", "meaning": "name of the data set"},
    "model": {"type": "text", "meaning": "name of the network"},
    "width": COUNT | {"meaning": "hidden units or channels"},
    "n_params": COUNT | {"meaning": "trained parameters"},
    "n_classes": COUNT | {"meaning": "classes of the data set"},
    "n_train": COUNT | {"meaning": "training samples"},
    "weight_decay": {"type": "number", "range": [0, None], "meaning": "weight decay of the optimizer"},
    "augmented": {"type": "truth", "meaning": "whether training images are augmented"},
    "label_noise": SHARE | {"meaning": "share of the training labels that were drawn anew"},
    "noise_definition": {
        "type": "text",
        "values": ["wrong_label", "random_label", "given_labels"],
        "meaning": "whether labels drawn anew are always wrong, or right by chance, or whether people gave the labels",
    },
    "seed": FROM_0 | {"meaning": "number of the independent repetition"},
    "epoch": FROM_0 | {"meaning": "epochs trained"},
    "step": FROM_0 | {"meaning": "optimizer steps taken"},
    "split": {"type": "text", "values": ["train", "heldout", "test"], "meaning": "samples that are evaluated"},
    "loss_noisy": LOSS | {"meaning": "mean loss under the labels given to the trainer"},
    "loss_clean": LOSS | {"meaning": "mean loss under the true labels"},
    "error_noisy": SHARE | {"gaps": True, "meaning": "share misclassified under the labels given to the trainer"},
    "error_clean": SHARE | {"gaps": True, "meaning": "share misclassified under the true labels"},
    "error_corrupted": SHARE
    | {"gaps": True, "meaning": "share of the samples with a false label that miss that label"},
    "corrupted_fraction": SHARE | {"meaning": "share of the samples that have a false label"},
    "distance": NORM | {"meaning": "Euclidean distance of all parameters from their initial values"},
    "weight_norm": NORM | {"meaning": "Euclidean norm of all parameters"},
    "diverged": {"type": "truth", "meaning": "whether a loss or parameter has become infinite or no number"},
}

# what tells one trained network from another
MODEL = ["study", "dataset", "model", "width", "n_params", "n_train", "label_noise", "noise_definition", "seed"]
