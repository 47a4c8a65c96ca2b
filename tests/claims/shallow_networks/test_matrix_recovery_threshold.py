"""The largest number of labels that UUᵀ fits."""

import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.shallow_networks.matrix_recovery_threshold import matrix_recovery_threshold as figure
from overparam.claims.shallow_networks.matrix_recovery_threshold import measure as matrix_recovery_threshold
from overparam.plan import experiment_settings


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    settings, _ = experiment_settings.resolve("matrix_recovery_threshold", "smoke", {})
    return matrix_recovery_threshold.measure({**settings, "seed": 0, "memory_mb": 100})


def test_counts_cover_the_shares_and_dr():
    assert matrix_recovery_threshold.sample_counts(20, 2, [0.5, 1.0, 1.1]) == [20, 39, 40, 43]
    assert matrix_recovery_threshold.sample_counts(20, 8, [0.5, 1.0, 1.1]) == [
        52,
        105,
        116,
    ]  # dr = 160 lies beyond their range


def test_fits_end_at_the_degrees_of_freedom(table):
    rows = table[(table["quantity"] == "fitted") & (table["start"] == "orthogonal")]
    below = rows[(rows["samples_over_limit"] < 0.6) & (rows["solver"] == "levenberg_marquardt")]
    assert len(below) >= 4 * 3 and (below["value"] == 1).all()
    assert (rows.loc[(rows["samples_over_limit"] > 1) & (rows["rank"] == 2), "value"] == 0).all()
    at = rows[(rows["place"] == "degrees") & (rows["rank"] >= 2)]
    assert (at["n_train"] == 10 * at["rank"]).all() and (at["value"] == 0).all()


def test_one_column_fits_no_more_than_rank_one(table):
    control = table[(table["quantity"] == "fitted") & (table["start"] == "one_column")]
    assert (control.loc[control["n_train"] > 10, "value"] == 0).all() and len(control) > 0


def test_largest_fits_stop_at_the_first_failure():
    case = {"quantity": "fitted", "place": "grid", "start": "orthogonal", "solver": "s", "rank": 1, "seed": 0}
    rows = [
        {**case, "n_train": n, "value": v, "samples_over_limit": (n - 0.5) / 10}
        for n, v in ((8, 1.0), (9, 1.0), (10, 0.0), (11, 1.0))
    ]
    assert figure.largest_fits(pd.DataFrame(rows))["largest"].tolist() == [9]


def test_figure_draws_and_states_the_shares(table):
    drawn = judged("E17", table)
    assert len(figure.draw(*drawn).axes) == 2
    at = table[(table["quantity"] == "fitted") & (table["place"] == "degrees") & (table["start"] == "orthogonal")]
    higher = at[at["rank"] >= 2]
    assert f"0 of {len(higher)} problems of rank 2 and more" in figure.alt_text(*drawn)
