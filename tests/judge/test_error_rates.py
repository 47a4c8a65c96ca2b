"""How often the judge errs, held to limits: a small part of the simulation in tests/benchmarks/judge_error_rates.py.

A limit is broken if even the lower end of the exact 95 % interval of the rate lies above it.
"""

import pytest
from judge_simulation import INSIDE, LOWER, NEAR, OUTSIDE, UPPER, cases, rates

EDGE = {"refuted": 0.05}  # of a truth on an edge of the band, which belongs to it
LIMITS = {  # by truth: how often at most a verdict may come out
    INSIDE: {"refuted": 0.0},
    OUTSIDE: {"supported": 0.0},
    LOWER: EDGE,
    UPPER: EDGE,
    NEAR: {"refuted": 0.01},
}
SUPPORTED_AT_THE_EDGE = {
    "normal": 0.05,
    "outcomes 0 and 1": 0.05,
    "t with 3 degrees of freedom": 0.05,
    "lognormal": 0.18,
}
EVERY_INSTANCE = ("bound", "equality")  # seeds violate these in a fifth of the cases: seen only with many seeds
SKEWED_AND_MANY = ("ordering, 20 estimates", "lognormal")  # Holm's correction cannot hold what no single test holds
REPLICATIONS = 120


def tried():
    """Yield the cases and numbers of seeds that tests try: those at the edges with few and with more seeds."""
    for case in cases():
        if (case.kind, case.distribution) == SKEWED_AND_MANY or case.kind in EVERY_INSTANCE:
            continue
        numbers = (max(4, case.fewest), min(24, case.most))
        for n_seeds in numbers[:1] if case.truth in (INSIDE, OUTSIDE) else numbers:
            yield pytest.param(case, n_seeds, id=f"{case.kind}-{case.distribution}-{case.truth}-{n_seeds}")


@pytest.mark.parametrize(("case", "n_seeds"), list(tried()))
def test_judge_errs_as_seldom_as_it_says(case, n_seeds):
    found = rates(case, n_seeds, max(16, REPLICATIONS // case.cost))
    limits = dict(LIMITS[case.truth])
    if case.truth in (LOWER, UPPER):
        limits["supported"] = SUPPORTED_AT_THE_EDGE[case.distribution]
    broken = {word: found[word] for word, limit in limits.items() if found[f"{word}_low"] > limit}
    assert not broken, f"{broken}, limits {limits}"
