"""The table of Recht's talk and of Zhang et al. 2016 (arXiv 1611.03530, table 1): networks of published sizes.

Nothing is trained here: the training tables have the losses and errors of every network at its last epoch.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.interpolation.printed_networks import COUNTS, N_TRAIN, PRINTED, RESNET
from overparam.training.stopping import at_end


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return loss and errors of every network at its last epoch, and what is printed of it.

    Labels are random where the label noise is 1 and true where it is 0; networks with other levels are left out. Train
    errors count given labels, test errors true ones. Printed numbers have quantities of their own, and ``place`` says
    where they are printed; they hold for 50,000 images of CIFAR-10 and have the seed 0.

    Parameters
    ----------
    settings
        The root ``seed`` only; nothing is drawn here.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.
    """
    rows = at_end(training)
    rows = rows[rows["label_noise"].isin([0.0, 1.0])].copy()
    rows["labels"] = np.where(rows["label_noise"] == 1, "random", "true")
    explicit = (rows["weight_decay"] > 0) | rows["augmented"]
    rows["regularisation"] = np.where(explicit, "explicit", "none")
    rows["parameterization"] = np.where(rows["n_params"] > rows["n_train"], "over", "under")
    keys = ["study", "dataset", "model", "width", "n_params", "n_train", "parameterization", "labels", "regularisation"]
    train, test = (rows[rows["split"] == split].set_index([*keys, "seed"]) for split in ("train", "test"))
    counts = pd.Series(COUNTS).reindex(pd.MultiIndex.from_frame(train.reset_index()[["model", "width"]]))
    n_params = train.index.get_level_values("n_params").to_numpy(float)
    measured = {
        "n_params": n_params,
        "params_per_sample": n_params / train.index.get_level_values("n_train"),
        "excess_params": n_params - counts.to_numpy(float),
        "train_loss": train["loss_noisy"],
        "train_error": train["error_noisy"],
        "test_error": test["error_clean"].reindex(train.index),
        "diverged": train["diverged"].astype(float),
    }
    keyed = train.index.to_frame(index=False)
    tables = [
        keyed.assign(place=None, quantity=name, value=np.asarray(values, float)) for name, values in measured.items()
    ]
    table = pd.concat([*tables, _printed()], ignore_index=True)
    table = table[~((table["quantity"] == "excess_params") & table["value"].isna())]
    order = ["place", "model", "width", "study", "labels", "regularisation", "quantity", "seed"]
    return table.sort_values(order, kind="stable", ignore_index=True, na_position="first")


def _printed() -> pd.DataFrame:
    """Return the printed rows in the layout of the measured ones."""
    rows = []
    for row in (*PRINTED, RESNET):
        keys = {
            "model": row.model, "width": row.width, "labels": row.labels, "regularisation": row.regularisation,
            "place": row.place, "n_params": row.n_params, "n_train": N_TRAIN, "parameterization": "over",
            "seed": 0,
        }  # fmt: skip
        values = {"train_loss": row.train_loss, "train_error": row.train_error, "test_error": row.test_error}
        rows += [
            {**keys, "quantity": f"printed_{name}", "value": value}
            for name, value in values.items()
            if value is not None
        ]
    return pd.DataFrame(rows)
