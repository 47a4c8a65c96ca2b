"""Corrupted labels: fitted in the end, ignored at first (Zhang et al. 2016, arXiv 1611.03530, figure 1;
Li, Soltanolkotabi & Oymak 2019, arXiv 1903.11680).
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.training.stopping import MODEL, at_stopping, long

CONDITIONS = ["stopping", "epoch", "parameterization"]


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return what every network fits, how it generalises and how far it is from its start, over time and corruption.

    Parameters
    ----------
    settings
        The root ``seed`` only; nothing is drawn here.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        Rows with ``stopping`` null are the trajectory, one per evaluated ``epoch``; the others are taken at the epoch
        where the rule ``stopping`` (``final``, ``heldout_error``, ``heldout_loss``) stops.
        ``parameterization`` is ``over`` where n_params > n_train, else ``under``. Quantities:

        - ``error`` (fraction of samples), ``loss`` by ``split`` and ``labels``;
        - ``fitted``: fraction of the corrupted training samples whose given label the network predicts
          (null without corruption), and ``fitted_over_chance``: the same times the number of classes;
        - ``distance``: ‖θ − θ₀‖ over all parameters, and ``relative_distance``: divided by ‖θ₀‖;
        - ``distance_over_clean``: the distance divided by that of the network with the same seed, at the same epoch,
          that was trained without corruption (1 where both are still at their start; no rows at label_noise = 0 or in
          studies without such networks);
        - ``diverged`` (0 or 1, at the last epoch).
    """
    rows = pd.concat([at_stopping(training), training.assign(stopping=None)], ignore_index=True)
    rows["parameterization"] = np.where(rows["n_params"] > rows["n_train"], "over", "under")
    table = pd.concat([long(rows, CONDITIONS), _per_model(rows)], ignore_index=True)
    order = [*MODEL[:-1], "stopping", "quantity", "split", "labels", "epoch", "seed"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _per_model(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the quantities that a model has once per epoch, taken from its training split."""
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
    """Return the distance of corrupted networks, divided by that of their clean twins at the same epoch."""
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
