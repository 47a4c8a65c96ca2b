"""Ticks at 1, 2 and 5 times the powers of ten, written as plain numbers, for logarithmic axes of few decades."""

from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter


def plain(*axes: Axis) -> None:
    """Label these logarithmic axes with plain numbers."""
    for axis in axes:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(NullFormatter())
