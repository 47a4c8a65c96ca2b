"""The remainder obeys its bound, and does not where the premises fail."""

from smoke_settings import settings

from overparam.claims.linearity.linear_remainder import measure as linear_remainder


def test_remainder_obeys_the_bound_unless_the_premises_fail():
    table = linear_remainder.measure(settings("linear_remainder", n_seeds=3, largest_exponent=7))
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
