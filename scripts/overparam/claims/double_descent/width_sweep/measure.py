"""Model-wise double descent of trained networks (Nakkiran et al. 2019, arXiv 1912.02292, section 5)."""

from typing import Any

import pandas as pd

from overparam.training.stopping import MODEL, at_stopping, long


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return error and loss of every network at its last epoch and where early stopping would have kept it.

    All networks stay in, diverged ones included.

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
    rows = at_stopping(training)
    values = long(rows, ["stopping", "epoch"])
    ends = rows[(rows["split"] == "train") & (rows["stopping"] == "final")]
    diverged = ends[[*MODEL, "stopping", "epoch", "split"]].assign(
        labels=None, quantity="diverged", value=ends["diverged"].astype("float64")
    )
    table = pd.concat([values, diverged], ignore_index=True)
    order = [*MODEL[:-1], "stopping", "quantity", "split", "labels", "seed"]
    return table.sort_values(order, kind="stable", ignore_index=True)
