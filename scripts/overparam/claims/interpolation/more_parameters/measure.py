"""Do larger networks generalise better? Test error over the number of parameters, within one architecture.

Comparing different architectures, as the slides of the talk do, mixes size with kind. Their printed numbers are kept
beside those measured here.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.interpolation.printed_networks import N_TRAIN, PRINTED, RESNET
from overparam.training.stopping import at_end

KEYS = ["study", "dataset", "model", "width", "n_params", "n_train", "label_noise"]

LEAST = 3  # number of widths that it takes to show a trend


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return train and test error of every network at its last epoch, and on which side of the threshold its width is.

    Train errors count given labels, test errors true ones. A study of one width is left out. In a study with fewer
    than three widths beyond the threshold these show no trend, and have a regime of their own. The printed numbers are
    those of the unregularized networks of the talk and of Zhang et al. (arXiv 1611.03530), with the seed 0.

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
        One row per value, as ``experiment.yaml`` declares under ``measures``.
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
