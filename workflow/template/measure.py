"""WRITE: what is measured, with the formulas and the paper that they come from.

The example takes the mean of n standard normal draws, whose distance from 0 is √(2/(πn)) on average.
"""

from typing import Any

import pandas as pd

from overparam.progress import Progress
from overparam.seeding import generator


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """WRITE: how it is measured; what the settings mean and what the table holds stands in ``experiment.yaml``."""
    rows: list[dict[str, Any]] = []
    progress = Progress(settings["n_seeds"], "seeds")
    for seed in range(settings["n_seeds"]):
        random = generator(settings["seed"], "__EXPERIMENT__", seed)
        draws = random.standard_normal(max(settings["counts"]))
        for count in settings["counts"]:
            value = abs(draws[:count].mean())
            rows.append({"quantity": "mean_error", "value": value, "seed": seed, "count": count})
        progress.advance()
    return pd.DataFrame(rows)
