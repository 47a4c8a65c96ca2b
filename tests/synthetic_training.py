"""Training tables with known dips, peaks and stopping times, as the trainer would write them."""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from overparam import models
from overparam.datasets.arrow import Dataset

EPOCHS = [0, 1, 3, 10, 30, 100]


def table(widths=(2, 8, 32), levels=(0.0, 0.2), seeds=(0, 1, 2), n_train=100, study="s", final=None) -> pd.DataFrame:
    """Return a table in which every model is best on held-out samples at epoch 10.

    Test error falls to 0.1 + level / 10 at epoch 10 and rises to ``final(width, level)`` at the last epoch, whose
    default is 0.1 + level. False labels are fitted from epoch 10 on, all of them at the end; the distance is the square
    root of the epoch times 1 + level. A network has 20 parameters per unit of width.
    """
    final = final or (lambda width, level: 0.1 + level)
    rows = []
    for width, level, seed in itertools.product(widths, levels, seeds):
        best, end, jitter = 0.1 + level / 10, final(width, level), 0.001 * seed
        clean = np.interp(np.log1p(EPOCHS), np.log1p([0, 10, 100]), [0.9, best, end]) + jitter
        unfitted = np.interp(np.log1p(EPOCHS), np.log1p([0, 10, 100]), [0.9, 0.9, 0.0])
        for epoch, error, wrong in zip(EPOCHS, clean, unfitted, strict=True):
            model = {
                "study": study, "dataset": "digits", "model": "mlp", "width": width, "n_params": 20 * width,
                "n_classes": 10, "n_train": n_train, "weight_decay": 0.0, "augmented": False,
                "label_noise": level, "noise_definition": "random_label", "seed": seed, "epoch": epoch,
                "step": 10 * epoch, "distance": epoch**0.5 * (1 + level),
                "weight_norm": 2.0 + epoch, "diverged": False,
            }  # fmt: skip
            train = error * (1 - level) * (epoch < 100) + level * wrong
            heldout = error + level
            errors = {
                "train": (train, error, wrong if level else np.nan),
                "heldout": (heldout, error, np.nan),
                "test": (np.nan, error, np.nan),
            }
            for split, (noisy, true, corrupted) in errors.items():
                values = {"error_noisy": noisy, "error_clean": true, "error_corrupted": corrupted}
                losses = {"loss_noisy": 2 * noisy, "loss_clean": 2 * true, "corrupted_fraction": 0.9 * level}
                rows.append({**model, "split": split, **values, **losses})
    return pd.DataFrame(rows)


def of_study(study: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Return such a table for a study of a configuration, with the numbers of parameters that its networks have."""
    widths, levels, seeds = (flat(study[key]) for key in ("widths", "label_noise", "seeds"))
    made = table(widths, levels, seeds, study["n_train"], study["name"])
    made = made if study["n_heldout"] else made[made["split"] != "heldout"]
    shape, n_classes = dataset.train.images.shape[1:], len(dataset.classes)
    counts = {width: models.build(study["model"], width, 1, shape, n_classes).n_params for width in widths}
    return made.assign(
        dataset=study["dataset"],
        n_params=made["width"].map(counts),
        model=study["model"],
        noise_definition=study["noise_definition"],
        weight_decay=float(study["optimizer"].get("weight_decay", 0)),
        augmented=any((study["augmentation"] or {}).values()),
        **{name: made[name].clip(upper=1) for name in ("error_noisy", "error_clean")},
    )


def flat(grid: list[Any]) -> list[Any]:
    """Return the values of a grid whose groups are lists."""
    return [value for group in grid for value in (group if isinstance(group, list) else [group])]
