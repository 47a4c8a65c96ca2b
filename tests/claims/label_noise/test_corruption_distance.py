"""Distances from the initialisation: which labels are false, the bound, the control, and the figures."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged
from scipy import integrate, special, stats

from overparam import seeding
from overparam.claims.label_noise.corruption_distance import early_distance, overfitting_distance
from overparam.claims.label_noise.corruption_distance import measure as corruption_distance
from overparam.claims.label_noise.corruption_distance.measure import WHOLE, WITHIN, Case
from overparam.errors import UserError
from overparam.plan import experiment_settings
from overparam.theory.clusterable_data import draw_clusters


def settings(**overrides) -> dict:
    resolved, problems = experiment_settings.resolve("corruption_distance", "smoke", overrides)
    assert not problems
    return {**resolved, "seed": 0, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return corruption_distance.measure(settings())


@pytest.mark.parametrize(("kind", "each"), [(WITHIN, 2), (WHOLE, 6)])
def test_false_labels_lie_in_as_many_clusters_as_asked_for(kind, each):
    data = draw_clusters(5, 2, 6, 4, 0.1, seeding.generator(0, "test_corruption_distance"))
    case = Case("corruption", 5, 6, 0.1, 10, 3, 2, kind)
    given = corruption_distance.given_classes(data, case, seeding.generator(0, "labels"))
    counts = np.bincount(data.cluster[given != data.classes], minlength=5)
    assert sorted(counts) == [0, 0, each, each, each]


def wide(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["sweep", "n_clusters", "n_per_cluster", "radius", "width", "corruption", "n_corrupted", "stage", "seed"]
    return table.pivot(index=keys, columns="quantity", values="value").reset_index()


def test_fitted_means_fitted_and_early_does_not(table):
    rows = wide(table)
    fitted = rows[rows["stage"] == "fitted"]
    assert (fitted["residual_share"] <= settings()["residual_tolerance"]).all()
    assert (fitted["limit_hit"] == 0).all()
    early = rows[(rows["stage"] == "early") & (rows["corruption"] == WITHIN)]
    floor = 2 * np.sqrt(early["n_corrupted"] / (early["n_clusters"] * early["n_per_cluster"]))  # ‖y − ȳ‖ over ‖y‖
    assert (early["residual_share"] > 0.7 * floor).all()


def test_early_distance_obeys_its_bound_and_fitting_breaks_it(table):
    rows = wide(table)
    rows = rows[rows["corruption"] == WITHIN]
    share = rows["distance"] / rows["root_l_bound"]
    assert (share[rows["stage"] == "early"] <= 1).all()
    assert (share[rows["stage"] == "early"] > 0.4).all()
    assert (share[rows["stage"] == "fitted"] > 1.5).all()


def test_bound_is_that_of_the_initial_residual(table):
    rows = table[(table["quantity"] == "root_l_bound") & (table["sweep"] == "clusters")]
    smallest, _ = integrate.quad(lambda g: special.expit(g) ** 2 * stats.norm.pdf(g), -12, 12)
    mean, square = (
        integrate.quad(lambda g, p=p: np.logaddexp(0, g) ** p * stats.norm.pdf(g), -12, 12)[0] for p in (1, 2)
    )
    # ‖f₀ − y‖²/n has the mean 1 + Var φ(g)
    relative = rows["value"] / np.sqrt(rows["n_clusters"] / smallest)
    assert relative[rows["n_clusters"] == 8].mean() == pytest.approx((1 + square - mean**2) ** 0.5, rel=0.15)


def test_conflicts_within_clusters_cost_distance_and_flipped_clusters_do_not(table):
    rows = table[(table["quantity"] == "distance") & (table["stage"] == "fitted") & table["smallest_radius"]]
    rows = rows[rows["sweep"] == "corruption"]
    means = rows.groupby(["corruption", "n_corrupted"])["value"].mean()
    slopes = {kind: np.polyfit(np.log(part.index), np.log(part), 1)[0] for kind, part in (
        (kind, means[kind]) for kind in (WITHIN, WHOLE)
    )}  # fmt: skip
    assert slopes[WITHIN] > 0.3
    assert abs(slopes[WHOLE]) < 0.2
    assert means[WITHIN].min() > means[WHOLE].max()


def test_sizes_of_one_seed_share_centres_and_weights(table):
    early = table[(table["quantity"] == "root_l_bound") & (table["sweep"] == "samples") & (table["stage"] == "early")]
    spread = early.groupby("seed")["value"].agg(np.ptp)
    assert (spread < 0.1 * early["value"].mean()).all()


def test_table_is_repeatable_and_has_no_double_rows(table):
    pd.testing.assert_frame_equal(table, corruption_distance.measure(settings()))
    assert not table.duplicated([column for column in table.columns if column != "value"]).any()


@pytest.mark.parametrize(("claim", "figure"), [("F6", early_distance), ("F7", overfitting_distance)])
def test_figures_draw_and_say_their_numbers(table, claim, figure):
    measurements, verdict = judged(claim, table)
    assert figure.draw(measurements, verdict).axes
    text = figure.alt_text(measurements, verdict)
    assert "(control)" in text and "nan" not in text


def test_exponents_of_the_early_distance_are_the_judges(table):
    _, verdict = judged("F6", table)
    estimates = {one["name"]: one["estimates"][0] for one in verdict["forms"]["printed"]["predictions"]}
    estimates["slope-in-clusters"]["estimate"], estimates["does-not-grow-with-samples"]["estimate"] = 0.513, None
    text = early_distance.alt_text(table, verdict)
    assert "clusters with exponent 0.51, with the number of samples with unknown" in text


def test_the_guide_has_the_predicted_slope(table):
    measurements, verdict = judged("F7", table)
    verdict["forms"]["printed"]["predictions"][0]["declared"]["band"] = [0.9, 1.1]
    (axis,) = overfitting_distance.draw(measurements, verdict).axes
    assert "predicted slope 1" in [text.get_text() for text in axis.texts]
    (guide,) = [line for line in axis.lines if line.get_linestyle() == ":"]
    x, y = guide.get_data()
    assert y[-1] / y[0] == pytest.approx(x[-1] / x[0])
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("false labels s", "‖W − W₀‖")


def test_more_corrupted_clusters_than_clusters_are_refused():
    with pytest.raises(UserError, match="n_clusters = 4"):
        corruption_distance.measure(settings(corrupted=[1, 2, 5]))
