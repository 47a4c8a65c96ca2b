"""Verdicts whose predictions say something else: a figure that types a number a second time does not follow them."""

import copy
from typing import Any

import matplotlib.pyplot as plt
import numpy as np


def altered(verdict: dict[str, Any], name: str, form: str = "printed", **declared: Any) -> dict[str, Any]:
    """Return a copy of a verdict in which one prediction of a form declares something else."""
    found = copy.deepcopy(verdict)
    prediction = next(one for one in found["forms"][form]["predictions"] if one["name"] == name)
    prediction["declared"] |= declared
    return found


def uprights(axis: plt.Axes) -> list[float]:
    """Return the places of the vertical lines that cross the whole of an axis."""
    lines = [line for line in axis.get_lines() if np.array_equal(line.get_ydata(), [0, 1])]
    return [float(line.get_xdata()[0]) for line in lines if line.get_xdata()[0] == line.get_xdata()[1]]


def levels(axis: plt.Axes) -> list[float]:
    """Return the heights of the horizontal lines that cross the whole of an axis."""
    lines = [line for line in axis.get_lines() if np.array_equal(line.get_xdata(), [0, 1])]
    return [float(line.get_ydata()[0]) for line in lines if line.get_ydata()[0] == line.get_ydata()[1]]
