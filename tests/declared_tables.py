"""Tables as a figure gets them: with what their experiment says of them."""

import pandas as pd

from overparam.drawing import labels
from overparam.plan import experiment_settings


def declared(table: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Return the table with the declaration of its experiment, as the program that draws attaches it."""
    found = table.copy()
    labels.attach(found, experiment_settings.measures(experiment))
    return found
