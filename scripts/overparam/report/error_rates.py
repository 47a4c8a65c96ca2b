"""How often the judge errs by chance, from a table of simulated verdicts (tests/benchmarks/judge_error_rates.py)."""

from typing import Any

import pandas as pd

from overparam.judge.intervals import effective

TRUTHS = ["inside", "lower edge", "upper edge", "1.5 times the edge", "outside"]
EDGES = ["lower edge", "upper edge"]
RATE: dict[str, Any] = {"type": "number", "range": [0, 1]}
COLUMNS: dict[str, dict[str, Any]] = {  # declared as those of overparam.tables are
    "kind": {"type": "text"},
    "distribution": {"type": "text"},
    "n_seeds": {"type": "whole", "range": [2, None]},
    "truth": {"type": "text", "values": TRUTHS},
    "replications": {"type": "whole", "range": [1, None]},
    **{
        f"{verdict}{end}": RATE for verdict in ("supported", "refuted", "inconclusive") for end in ("", "_low", "_high")
    },
}
WITHOUT_CHANCE = ("bound", "equality")  # as the table names them: what must hold in every instance


def kind(prediction: dict[str, Any]) -> str:
    """Return what the table calls the way in which a judged prediction was judged."""
    declared, average = prediction["declared"], prediction["declared"].get("average")
    if prediction["kind"] == "bound" and "share" in declared:
        return "bound, share"
    if prediction["kind"] != "ordering":
        return prediction["kind"]
    average = effective(average or "mean", prediction["n_seeds"])
    return "ordering" if average == "mean" else f"ordering, {average}"


def at_the_edge(rates: pd.DataFrame, prediction: dict[str, Any]) -> tuple[float, float] | None:
    """Return how often a prediction comes to its own verdict by chance where the truth lies on an edge of its band.

    Returns
    -------
    tuple of float or None
        Rates for normal estimates, and for the kind of data on which the judge errs most; both are the same for
        outcomes 0 and 1. They are those of the next smaller number of seeds in the table. None if chance does not enter
        the verdict, or the table does not speak of it.
    """
    name = kind(prediction)
    rows = rates[(rates["kind"] == name) & rates["truth"].isin(EDGES)]
    if name in WITHOUT_CHANCE or prediction["verdict"] == "inconclusive" or rows.empty:
        return None
    known = rows["n_seeds"][rows["n_seeds"] <= prediction["n_seeds"]]
    rows = rows[rows["n_seeds"] == (known.max() if len(known) else rows["n_seeds"].min())]
    by_data = rows.groupby("distribution")[prediction["verdict"]].max()
    worst = float(by_data.max())
    return float(by_data.get("normal", worst)), worst
