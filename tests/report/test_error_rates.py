"""How many verdicts are to be expected wrong follows from how often the judge errs on what is simulated."""

import pytest

from overparam import places
from overparam.jobs import files, table_checks
from overparam.report import error_rates


def judged(kind, verdict="supported", n_seeds=8, **declared):
    return {"kind": kind, "verdict": verdict, "n_seeds": n_seeds, "declared": declared}


@pytest.mark.parametrize(
    ("kind", "n_seeds", "declared", "expected"),
    [
        ("slope", 8, {}, "slope"),
        ("bound", 8, {}, "bound"),
        ("bound", 8, {"share": 0.8}, "bound, share"),
        ("ordering", 8, {"average": "mean"}, "ordering"),
        ("ordering", 8, {"average": "proportion"}, "ordering, proportion"),
        ("ordering", 8, {"average": "median"}, "ordering"),  # the mean below 20 seeds
        ("ordering", 24, {"average": "median"}, "ordering, median"),
    ],
)
def test_kinds_of_the_table(kind, n_seeds, declared, expected):
    assert error_rates.kind(judged(kind, n_seeds=n_seeds, **declared)) == expected


@pytest.mark.parametrize(
    ("n_seeds", "expected"), [(2, (0.03, 0.18)), (7, (0.03, 0.18)), (8, (0.02, 0.12)), (99, (0.02, 0.12))]
)
def test_rates_are_those_of_no_more_seeds(slope_rates, n_seeds, expected):
    assert error_rates.at_the_edge(slope_rates, judged("slope", n_seeds=n_seeds)) == expected


def test_chance_does_not_enter_what_is_exact_undecided_or_unknown(slope_rates):
    assert error_rates.at_the_edge(slope_rates, judged("slope", "inconclusive")) is None
    assert error_rates.at_the_edge(slope_rates, judged("bound")) is None
    assert error_rates.at_the_edge(slope_rates, judged("peak")) is None


def test_reference_is_what_its_reader_expects():
    rates = files.read_table(places.ERROR_RATES)
    assert table_checks.problem(rates, error_rates.COLUMNS) is None
    for kind in ("slope", "threshold", "ordering", "peak", "monotone"):
        for verdict in ("supported", "refuted"):
            normal, worst = error_rates.at_the_edge(rates, judged(kind, verdict))
            assert 0 <= normal <= worst < 0.3
