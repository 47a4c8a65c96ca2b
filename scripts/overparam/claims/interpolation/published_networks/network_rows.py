"""The rows of the table of published networks: one for each network on true or random labels."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from overparam.claims.interpolation import network_names
from overparam.judge.intervals import over_seeds


class Row(NamedTuple):
    """One row of the table: a network on true or random labels, with or without regularization."""

    model: str
    n_params: int
    labels: str
    regularisation: str
    rows: pd.DataFrame
    printed: pd.Series

    @property
    def name(self) -> str:
        """The name that the row has in the figure."""
        words = {
            "random labels": self.labels == "random",
            "regularized": self.regularisation == "explicit",
            "p < n": (self.rows["parameterization"] == "under").all(),
        }
        return ", ".join([network_names.short(self.model), *(word for word, applies in words.items() if applies)])

    def values(self, quantity: str) -> np.ndarray:
        """Return one value per seed."""
        return self.rows.loc[self.rows["quantity"] == quantity, "value"].to_numpy(float)

    def interval(self, quantity: str) -> tuple[float, float]:
        """Return the judge's 95 % interval over seeds, cut off at 0 and, for an error, at 1."""
        found = over_seeds(self.values(quantity)).clipped(0.0, 1.0 if quantity.endswith("error") else np.inf)
        return found.low, found.high


def table(measurements: pd.DataFrame) -> list[Row]:
    """Return the rows in the order of true labels first, then by parameters; all networks of one kind together."""
    keys = ["model", "n_params", "labels", "regularisation"]
    measured = measurements[measurements["place"].isna()]
    printed = measurements[measurements["place"].notna()]
    rows = []
    for key, part in measured.groupby(keys):
        model, n_params, given, regularisation = key
        same = (printed["model"] == model) & (printed["labels"] == given)
        own = printed[same & (printed["regularisation"] == regularisation)].set_index("quantity")["value"]
        rows.append(Row(model, int(n_params), given, regularisation, part, own.rename(lambda name: name[8:])))
    kind = {model: number for number, model in enumerate(network_names.SHORT)}
    return sorted(
        rows, key=lambda row: (row.labels == "random", kind.get(row.model, len(kind)), row.regularisation == "explicit")
    )


def data(table: list[Row], verdict: dict) -> str:
    """Return the label of the images; the networks see them at several sizes."""
    return (verdict.get("data") or {}).get("label") or table[0].rows["dataset"].iloc[0]


def sizes(table: list[Row]) -> str:
    sizes = sorted({int(size) for row in table for size in row.rows["n_train"]})
    return f"n = {sizes[0]:,}" if len(sizes) == 1 else f"n = {sizes[0]:,} to {sizes[-1]:,}"
