"""What experiments ask of a data set that they train on, and may hold out samples of."""

from typing import Any

from overparam.datasets.arrow import Dataset
from overparam.errors import UserError


def check(experiment: str, settings: dict[str, Any], dataset: Dataset) -> None:
    """Refuse a data set with fewer training images than ``n_train`` and ``n_heldout``, if there is one, need together.

    Raises
    ------
    UserError
        With the numbers that are set, and how many images there are.
    """
    n, held, available = settings["n_train"], settings.get("n_heldout", 0), len(dataset.train)
    if n > available and "n_heldout" not in settings:
        raise UserError(f"{experiment}: n_train is {n}, but {dataset.name} has {available} training images")
    if n + held > available:
        raise UserError(
            f"{experiment}: n_train = {n} and n_heldout = {held} need {n + held} training images, but {dataset.name} "
            f"has {available}"
        )
