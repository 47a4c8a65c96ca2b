"""From estimates to verdicts: supported, refuted or inconclusive.

An estimate is supported if its whole interval of 95 % lies in the predicted band, refuted if that of 99.5 % lies
outside, else inconclusive. A refutation asks for more because few seeds do not show how skewed their estimates are: at
95 % a mean of 3 to 12 lognormal ones would be refuted in 10 to 16 % although it lies on the edge of its band, at 99.5 %
in at most 5 %. Where many estimates could refute it asks for more still, see :mod:`.multiplicity`.

A conjunction is supported if all its parts are, refuted if any of them is, else inconclusive.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from overparam.judge.intervals import LEVEL, Interval

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
REFUTING = 0.995  # level at which an interval must lie outside its band to refute


@dataclasses.dataclass(frozen=True)
class Estimate:
    """One estimated number and where it was predicted to lie.

    Attributes
    ----------
    band
        Predicted range, ends included; infinite ends are unbounded.
    decisive
        False where an interval outside the band must not refute, say because the place was not in view.
    level
        Level at which the interval must lie outside the band to refute.
    """

    name: str
    interval: Interval
    band: tuple[float, float]
    decisive: bool = True
    level: float = REFUTING

    def outside(self, level: float) -> bool:
        """Tell whether the whole interval of this level lies outside the band."""
        (low, high), interval = self.band, self.interval.at(level)
        return bool(interval.high < low or interval.low > high) and not np.isnan(interval.estimate)

    @property
    def stray(self) -> bool:
        """Whether the interval of 95 % lies outside the band, but that of the level which refutes does not."""
        return self.decisive and self.outside(LEVEL) and not self.outside(self.level)

    @property
    def verdict(self) -> str:
        """Compare the interval with the band."""
        (low, high), interval = self.band, self.interval
        if np.isnan([interval.estimate, interval.low, interval.high]).any():
            return INCONCLUSIVE
        if low <= interval.low and interval.high <= high:
            open_ended = np.isinf(interval.low) and np.isinf(interval.high) and interval.low < interval.high
            return INCONCLUSIVE if open_ended else SUPPORTED
        return REFUTED if self.decisive and self.outside(self.level) else INCONCLUSIVE


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one prediction came to.

    Attributes
    ----------
    unanimous
        True where all estimates must lie outside to refute (a slope whose two fits differ refutes nothing).
    vacuous
        True for a bound that lies far from every measurement.
    detail
        Whatever explains the numbers, by name: plain JSON values.
    unmeasured
        Why there are no estimates, if the run has no rows that the prediction speaks of.
    """

    estimates: list[Estimate]
    n_seeds: int
    n_instances: int
    unanimous: bool = False
    vacuous: bool = False
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)
    unmeasured: str = ""

    @property
    def verdict(self) -> str:
        """Combine the verdicts of the estimates."""
        verdicts = [estimate.verdict for estimate in self.estimates]
        combined = combine(verdicts)
        return INCONCLUSIVE if self.unanimous and combined == REFUTED and set(verdicts) != {REFUTED} else combined


def combine(verdicts: Iterable[str]) -> str:
    """Return the verdict of a conjunction; of nothing at all: inconclusive."""
    verdicts = list(verdicts)
    if REFUTED in verdicts:
        return REFUTED
    return SUPPORTED if verdicts and set(verdicts) == {SUPPORTED} else INCONCLUSIVE


def band_of(limits: Iterable[float | None]) -> tuple[float, float]:
    """Return a band with null ends made infinite."""
    low, high = limits
    return (-np.inf if low is None else float(low), np.inf if high is None else float(high))
