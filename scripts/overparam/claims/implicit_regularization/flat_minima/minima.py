"""Minima at one train loss: where each lies in curvature, and what is measured there, beside the mean of its seed."""

import numpy as np
import pandas as pd

ORIGINS = {"step_size": "step sizes", "initialisation": "starts", "batch_size": "batch sizes"}
WEIGHTS = ("found", "rescaled")


def chosen(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the minima at equal loss with their place and height relative to the mean of their seed."""
    minima = measurements[
        measurements["arm"].eq("equal_loss")
        & measurements["origin"].notna()
        & measurements["model"].eq("network")
        & np.isfinite(measurements["value"])
    ]
    rows = minima[minima["quantity"].eq("loss_increase") & minima["reach"].eq("near") | minima["split"].eq("test")]
    rows = pd.concat([rows, _ratios(minima)], ignore_index=True)
    found = rows[rows["weights"] == "found"]
    keys = ["seed", "origin", "quantity"]
    means = found.groupby(keys)[["sharpness", "value"]].mean().add_suffix("_mean").reset_index()
    rows = rows.merge(means, on=keys, how="left")
    height = rows["value"] / rows["value_mean"]
    height = height.mask(rows["quantity"] == "error", rows["value"] - rows["value_mean"])
    height = height.mask(rows["quantity"] == "ratio", rows["value"])
    return rows.assign(place=rows["sharpness"] / rows["sharpness_mean"], height=height)


def _ratios(minima: pd.DataFrame) -> pd.DataFrame:
    """Return the rise of the loss over the expected one: near minima as found, and far from rescaled ones."""
    judged = minima[minima["reach"].eq(minima["weights"].map({"found": "near", "rescaled": "far"}))]
    keys = ["seed", "origin", "weights", "learning_rate", "start", "batch_size"]
    rise, expected = (judged[judged["quantity"] == name] for name in ("loss_increase", "expected_increase"))
    both = rise.merge(expected[[*keys, "value"]], on=keys, suffixes=("", "_expected"), validate="one_to_one")
    return both.assign(quantity="ratio", rise=both["value"], value=both["value"] / both["value_expected"])


def summary(rows: pd.DataFrame, quantity: str, origin: str, weights: str) -> float:
    """Return the ratio of means, or the rank correlation with λ_max, averaged over seeds as the verdict does it."""
    part = rows[(rows["quantity"] == quantity) & (rows["origin"] == origin) & (rows["weights"] == weights)]
    if quantity == "ratio":
        means = part.groupby("seed")[["rise", "value_expected"]].mean()
        return float(np.exp(np.log(means["rise"] / means["value_expected"]).mean()))
    ranks = part.groupby("seed")[["sharpness", "value"]].rank()
    by_seed = [own["sharpness"].corr(own["value"]) for _, own in ranks.groupby(part["seed"])]
    return float(np.nanmean(by_seed))


def at_equal_loss(measurements: pd.DataFrame, quantity: str) -> pd.Series:
    """Return the values of a quantity on the training samples at the minima as found."""
    return measurements[
        measurements["arm"].eq("equal_loss")
        & measurements["origin"].notna()
        & measurements["model"].eq("network")
        & measurements["weights"].eq("found")
        & measurements["quantity"].eq(quantity)
        & measurements["split"].eq("train")
    ]["value"]
