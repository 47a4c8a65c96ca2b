"""Corrupted labels are ignored at first and fitted in the end.

Zhang et al. 2016 (arXiv 1611.03530, figure 1) and Li, Soltanolkotabi & Oymak 2019 (arXiv 1903.11680).
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.training.stopping import MODEL, at_stopping, long

CONDITIONS = ["stopping", "epoch", "parameterization"]


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return what every network fits, how it generalises and how far it is from its start, over time and corruption.

    Every model has rows for each evaluated epoch, which have no ``stopping``, and rows for the epoch at which each
    stopping rule stops. A network is compared with the one of the same seed that was trained without corruption; a
    study without such networks has no ``distance_over_clean``.

    Parameters
    ----------
    settings
        The root ``seed`` only; nothing is drawn here.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    rows = pd.concat([at_stopping(training), training.assign(stopping=None)], ignore_index=True)
    rows["parameterization"] = np.where(rows["n_params"] > rows["n_train"], "over", "under")
    table = pd.concat([long(rows, CONDITIONS), _per_model(rows)], ignore_index=True)
    order = [*MODEL[:-1], "stopping", "quantity", "split", "labels", "epoch", "seed"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _per_model(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the quantities that a model has once per epoch; they stand in the rows of its training samples."""
    train = rows[rows["split"] == "train"]
    start = train[train["epoch"] == 0].drop_duplicates(MODEL)[[*MODEL, "weight_norm"]]
    norm = train[MODEL].merge(start, on=MODEL, how="left")["weight_norm"].to_numpy()
    fitted = 1 - train["error_corrupted"].astype("float64")
    measured = {
        "fitted": fitted,
        "fitted_over_chance": fitted * train["n_classes"],
        "distance": train["distance"],
        "relative_distance": train["distance"] / norm,
        "diverged": train["diverged"].astype("float64").where(train["stopping"] == "final"),
    }
    keys = train[[*MODEL, *CONDITIONS]]
    tidy = [
        keys.assign(split="train", labels=None, quantity=name, value=values.astype("float64"))
        for name, values in measured.items()
    ]
    table = pd.concat([*tidy, _over_clean(train)], ignore_index=True)
    missing = table["value"].isna() & (
        table["quantity"].isin(["fitted", "fitted_over_chance"]) & (table["label_noise"] == 0)
        | (table["quantity"] == "diverged") & (table["stopping"] != "final")
    )
    return table[~missing]


def _over_clean(train: pd.DataFrame) -> pd.DataFrame:
    """Return the distance of networks with corrupted labels over that of their twins without, at the same epoch."""
    twins = [column for column in MODEL if column not in ("label_noise", "noise_definition")] + ["epoch"]
    clean = train[(train["label_noise"] == 0) & train["stopping"].isna()]
    clean = clean[[*twins, "distance"]].rename(columns={"distance": "clean_distance"})
    pairs = train[(train["label_noise"] > 0) & train["study"].isin(clean["study"].unique())]
    pairs = pairs.merge(clean, on=twins, how="left", validate="many_to_one")
    at_start = (pairs["distance"] == 0) & (pairs["clean_distance"] == 0)
    values = (pairs["distance"] / pairs["clean_distance"]).mask(at_start, 1.0)
    return pairs[[*MODEL, *CONDITIONS]].assign(
        split="train", labels=None, quantity="distance_over_clean", value=values.astype("float64")
    )
