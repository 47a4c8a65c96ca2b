"""Measurements with a known truth, drawn many times, and how often the judge says what of them.

Noise over seeds has mean 0 and standard deviation 1. A truth lies on an edge of the band, or ``FAR`` standard
deviations of a seed away from it: *inside*, or *outside* below the lower edge. On an edge, which belongs to the band, a
refutation is wrong; and a support is as frequent as for a truth just outside, where it is wrong.
"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from judged_tables import X, scalars, table
from scipy import stats

from overparam.judge.predictions import evaluate
from overparam.seeding import generator

SEEDS = (3, 4, 8, 12, 24, 72)
VERDICTS = ("supported", "refuted", "inconclusive")
INSIDE, LOWER, UPPER, OUTSIDE, NEAR = "inside", "lower edge", "upper edge", "outside", "1.5 times the edge"
FAR = 3.0
FINE = np.exp(np.linspace(-1, 1, 27))  # places of outcomes 0 and 1
STEEP = 12.0  # their chance is 1 / (1 + exp(STEEP (log x - place)))
SHARE = 0.8
PARTS = 20

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
NOISE: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "lognormal": lambda rng, shape: (rng.lognormal(size=shape) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e),
    "t with 3 degrees of freedom": lambda rng, shape: rng.standard_t(3, size=shape) / np.sqrt(3),
}
OUTCOMES = "outcomes 0 and 1"


@dataclasses.dataclass(frozen=True)
class Case:
    """One kind of prediction on one kind of data with a known truth.

    Attributes
    ----------
    draw
        Makes the measurements of ``n_seeds`` seeds.
    cost
        Replications are divided by this: what takes longer is repeated less often.
    fewest, most
        Numbers of seeds between which the case says something, or is worth its time.
    """

    kind: str
    distribution: str
    truth: str
    prediction: dict[str, Any]
    draw: Callable[[np.random.Generator, int], pd.DataFrame]
    cost: int = 1
    fewest: int = 0
    most: int = max(SEEDS)

    def verdicts(self, n_seeds: int, replications: int, root: int = 0) -> dict[str, int]:
        """Return how often each verdict comes out."""
        rng = generator(root, "error rates", self.kind, self.distribution, self.truth, n_seeds)
        asked = {"name": "p", "quantity": "error", **self.prediction}
        found = [evaluate(self.draw(rng, n_seeds), asked)["verdict"] for _ in range(replications)]
        return {verdict: found.count(verdict) for verdict in VERDICTS}


def cases() -> Iterator[Case]:
    """Yield every kind of prediction on every kind of data that makes sense for it."""
    for distribution in NOISE:
        yield from _averages(distribution)
        yield from _ranks(distribution)
        yield from _peaks(distribution)
    yield from _outcomes()
    yield from _instances()


def _averages(distribution: str) -> Iterator[Case]:
    """Yield what is judged by the average of a number per seed, in a band from 0 to 2 FAR standard deviations."""
    noise, top = NOISE[distribution], 2 * FAR
    compared = {"kind": "ordering", "greater": {}, "less": 0, "band": [0, top]}
    power = {"kind": "slope", "x": "width", "band": [0, 0.1 * top]}
    centre = np.log(32)
    crossing = {
        "kind": "threshold", "x": "width", "level": 0.45, "direction": "falling",
        "band": np.exp([centre, centre + 0.1 * top]).tolist(),
    }  # fmt: skip
    middle = (1 - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e) if distribution == "lognormal" else 0.0
    for truth, shift in {INSIDE: FAR, LOWER: 0.0, UPPER: top, OUTSIDE: -FAR}.items():

        def numbers(rng: np.random.Generator, *shape: int, shift: float = shift) -> np.ndarray:
            return shift + noise(rng, shape)

        def medians(rng: np.random.Generator, n: int, numbers: Any = numbers) -> pd.DataFrame:
            return scalars(numbers(rng, n) - middle)

        def parts(rng: np.random.Generator, n: int, numbers: Any = numbers) -> pd.DataFrame:
            return pd.concat([scalars(numbers(rng, n), part=k) for k in range(PARTS)])

        def powers(rng: np.random.Generator, n: int, numbers: Any = numbers) -> pd.DataFrame:
            return table(X ** (0.1 * numbers(rng, n, 1)))

        def lines(rng: np.random.Generator, n: int, numbers: Any = numbers) -> pd.DataFrame:
            return table(0.45 - 0.1 * (np.log(X) - centre - 0.1 * numbers(rng, n, 1)))

        yield Case("ordering", distribution, truth, compared, lambda rng, n, numbers=numbers: scalars(numbers(rng, n)))
        yield Case("ordering, median", distribution, truth, {**compared, "average": "median"}, medians, 2, fewest=20)
        if truth in (LOWER, UPPER):
            several = {**compared, "each": ["part"]}
            yield Case(f"ordering, {PARTS} estimates", distribution, truth, several, parts, 6, fewest=4, most=12)
        yield Case("slope", distribution, truth, power, powers, 3)
        yield Case("threshold", distribution, truth, crossing, lines, 3)


def _ranks(distribution: str) -> Iterator[Case]:
    mean = expected_rank_correlation(distribution)
    bands = {INSIDE: [mean - 0.5, 1], LOWER: [mean, 1], UPPER: [-1, mean], OUTSIDE: [1 - (1 - mean) / 20, 1]}
    for truth, band in bands.items():
        asked = {"kind": "monotone", "x": "width", "band": band}
        yield Case("monotone", distribution, truth, asked, lambda rng, n: table(_ranked(distribution, rng, n)), 6)


def _ranked(distribution: str, rng: np.random.Generator, n: int) -> np.ndarray:
    return np.arange(len(X)) + 2 * NOISE[distribution](rng, (n, len(X)))


@cache
def expected_rank_correlation(distribution: str) -> float:
    """Return Spearman's correlation that curves of :func:`_ranked` have on average."""
    values = _ranked(distribution, generator(0, "rank correlation", distribution), 100_000)
    ranks, n = stats.rankdata(values, axis=1), len(X)
    return float(np.mean(1 - 6 * np.sum((ranks - np.arange(1, n + 1)) ** 2, axis=1) / (n * (n**2 - 1))))


def _peaks(distribution: str) -> Iterator[Case]:
    shape = np.exp(-((np.arange(len(X)) - 4.0) ** 2))
    for truth, height in {INSIDE: 1 + FAR, LOWER: 1.0, NEAR: 1.5, OUTSIDE: 0.0}.items():

        def draw(rng: np.random.Generator, n: int, height: float = height) -> pd.DataFrame:
            return table(height * shape + 0.5 * NOISE[distribution](rng, (n, len(X))))

        asked = {"kind": "peak", "x": "width", "prominence": (1 - shape[0]).item()}
        yield Case("peak", distribution, truth, asked, draw, 6 if truth != NEAR else 3)


def _outcomes() -> Iterator[Case]:
    rate = {"kind": "ordering", "average": "proportion", "greater": {}, "less": 0}
    rates = {INSIDE: (0.95, [0.5, 1]), LOWER: (0.5, [0.5, 1]), UPPER: (0.5, [0, 0.5]), OUTSIDE: (0.05, [0.5, 1])}
    for truth, (chance, band) in rates.items():

        def draw(rng: np.random.Generator, n: int, chance: float = chance) -> pd.DataFrame:
            return scalars(rng.random(n) < chance)

        yield Case("ordering, proportion", OUTCOMES, truth, {**rate, "band": band}, draw)
    top = 0.6
    crossing = {"kind": "threshold", "x": "width", "level": 0.5, "direction": "falling", "band": [1, np.exp(top)]}
    for truth, place in {INSIDE: top / 2, LOWER: 0.0, UPPER: top, OUTSIDE: -top / 2}.items():

        def curve(rng: np.random.Generator, n: int, place: float = place) -> pd.DataFrame:
            chances = 1 / (1 + np.exp(STEEP * (np.log(FINE) - place)))
            return table(rng.random((n, len(FINE))) < chances, FINE)

        yield Case("threshold", OUTCOMES, truth, crossing, curve, 3)


def _instances() -> Iterator[Case]:
    """Yield inequalities and equalities that some seeds violate: a fifth of them where every instance is spoken of."""
    kept = {INSIDE: 0.99, LOWER: SHARE, OUTSIDE: 0.3}
    for truth, chance in kept.items():

        def draw(rng: np.random.Generator, n: int, chance: float = chance) -> pd.DataFrame:
            return scalars(np.where(rng.random(n) < chance, 0.5, 2.0))

        yield Case("bound, share", OUTCOMES, truth, {"kind": "bound", "limit": 1, "share": SHARE}, draw)
    for truth, chance in {INSIDE: 1.0, OUTSIDE: 0.8}.items():

        def every(rng: np.random.Generator, n: int, chance: float = chance) -> pd.DataFrame:
            return scalars(np.where(rng.random(n) < chance, 1.0, 2.0))

        yield Case("bound", OUTCOMES, truth, {"kind": "bound", "limit": 1}, every, 2)
        yield Case("equality", OUTCOMES, truth, {"kind": "equality", "equals": 1}, every, 2)


def rates(case: Case, n_seeds: int, replications: int, root: int = 0) -> dict[str, Any]:
    """Return a row: how often each verdict came out, and the rates of the decided ones with exact 95 % intervals."""
    counts = case.verdicts(n_seeds, replications, root)
    row: dict[str, Any] = {
        "kind": case.kind, "distribution": case.distribution, "n_seeds": n_seeds, "truth": case.truth,
        "replications": replications,
    }  # fmt: skip
    for verdict in VERDICTS:
        exact = stats.binomtest(counts[verdict], replications).proportion_ci(method="exact")
        row |= {verdict: counts[verdict] / replications, f"{verdict}_low": exact.low, f"{verdict}_high": exact.high}
    return row
