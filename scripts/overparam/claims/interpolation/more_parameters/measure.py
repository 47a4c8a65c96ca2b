"""Do larger networks generalise better? Test error over the number of parameters, within one architecture.

Comparing different architectures, as the slides of the talk do, mixes size with kind; their printed numbers are kept
beside.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.interpolation.printed_networks import N_TRAIN, PRINTED, RESNET
from overparam.training.stopping import at_end

KEYS = ["study", "dataset", "model", "width", "n_params", "n_train", "label_noise"]

LEAST = 3  # widths that a trend takes


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return train and test error of every network at its last epoch, and on which side of the threshold its width is.

    Parameters
    ----------
    settings
        ``fitted``: a width counts as beyond the interpolation threshold where the mean train error (given labels) over
        its seeds is at most this. Test samples take no part.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        ``arm`` ``one_architecture``: quantities ``train_error`` and ``test_error`` (true labels) by ``study``,
        ``dataset``, ``model``, ``width``, ``n_params``, ``n_train``, ``label_noise`` and ``regime`` (``beyond`` or
        ``below`` the threshold; ``few_beyond`` if less than three widths of a study are beyond it, which show no
        trend), with ``size``: ``smallest``, ``largest`` of its regime, or ``between``; a study of one width is left
        out. ``arm`` ``printed``: ``test_error`` of the unregularized networks of the talk and of Zhang et al. (arXiv
        1611.03530) by ``model`` and ``n_params``, CIFAR-10, seed 0.
        ``diverged``: 0 or 1 per network.
    """
    rows = at_end(training)
    rows = rows[rows.groupby("study")["width"].transform("nunique") > 1]
    train, test = (rows[rows["split"] == split] for split in ("train", "test"))
    mean = train.groupby(KEYS, as_index=False)["error_noisy"].mean()
    fits = mean["error_noisy"] <= settings["fitted"]
    n_fitting = fits.groupby([mean["study"], mean["label_noise"]]).transform("sum")
    mean["regime"] = np.select([~fits, n_fitting < LEAST], ["below", "few_beyond"], "beyond")
    sizes = mean.groupby(["study", "label_noise", "regime"])["width"]
    mean["size"] = np.select(
        [mean["width"] == sizes.transform("min"), mean["width"] == sizes.transform("max")],
        ["smallest", "largest"],
        "between",
    )
    measured = {
        "train_error": (train, train["error_noisy"]),
        "test_error": (test, test["error_clean"]),
        "diverged": (train, train["diverged"].astype(float)),
    }
    tables = [
        part[[*KEYS, "seed"]]
        .assign(arm="one_architecture", quantity=name, value=values.astype(float))
        .merge(mean[[*KEYS, "regime", "size"]], on=KEYS, how="left", validate="many_to_one")
        for name, (part, values) in measured.items()
    ]
    printed = pd.DataFrame(
        {
            "arm": "printed", "model": row.model, "width": row.width, "n_params": row.n_params, "n_train": N_TRAIN,
            "label_noise": 0.0, "place": row.place, "quantity": "test_error", "value": row.test_error, "seed": 0,
        }
        for row in (*PRINTED, RESNET)
        if row.labels == "true" and row.regularisation == "none"
    )  # fmt: skip
    table = pd.concat([*tables, printed], ignore_index=True)
    return table.sort_values(["arm", *KEYS, "quantity", "seed"], kind="stable", ignore_index=True)
