"""The remainder obeys its bound, and does not where the premises fail."""

import pandas as pd
import pytest
from judged_claims import judged
from smoke_settings import settings

from overparam.claims.linearity.linear_remainder import linear_remainder_bound
from overparam.claims.linearity.linear_remainder import measure as linear_remainder


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return linear_remainder.measure(settings("linear_remainder", n_seeds=3, largest_exponent=7))


def test_remainder_obeys_the_bound_unless_the_premises_fail(table):
    keys = ["activation", "output", "direction", "seed", "width", "trial"]
    wide = table.pivot(index=keys, columns="quantity", values="value").reset_index()
    ratio = wide["remainder"] / wide["remainder_bound"]
    smooth = (wide["activation"] != "relu") & (wide["output"] == "linear")
    worst = wide["direction"] == "worst"
    assert (ratio[smooth] <= 1).all()
    assert (ratio[smooth & worst] > 0.5).all()
    assert (ratio[(wide["activation"] == "relu") & (wide["output"] == "linear") & worst] > 1).all()
    assert (ratio[(wide["output"] == "squared") & worst] > 1).all()
    assert (wide.loc[smooth & worst, "remainder"] <= wide.loc[smooth & worst, "remainder_ball_bound"]).all()
    assert wide["limit_hit"].max() == 0


def test_figure_states_the_tightest_ratios_as_judged(table):
    drawn = judged("D2", table)
    assert linear_remainder_bound.draw(*drawn).axes[0].get_ylabel() == "|R(θ)|"
    shares = linear_remainder_bound._shares(table, "tanh", "linear")
    text = linear_remainder_bound.alt_text(*drawn)
    assert f"bound β‖θ − θ₀‖²/(2√m) is {shares.max():.3g}" in text
    squared = linear_remainder_bound._shares(table, "tanh", "squared").max()
    assert f"with the tanh output squared (control) {squared:.3g}" in text


def test_worst_remainder_is_compared_with_the_largest_hessian_of_the_ball(table):
    worst = table[(table["direction"] == "worst") & (table["output"] == "linear")]
    wide = worst.pivot(index=["seed", "width", "activation"], columns="quantity", values="value")
    expected = wide["remainder"] / wide["remainder_ball_bound"]
    pd.testing.assert_series_equal(wide["remainder_over_hessian"], expected, check_names=False)
    assert wide.drop("relu", level="activation")["remainder_over_hessian"].between(0.5, 1).all()
