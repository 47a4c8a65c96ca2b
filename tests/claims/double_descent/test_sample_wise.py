"""Risk over the number of samples and effective model complexity, against brute force and an independent library."""

import numpy as np
import pandas as pd
import pytest
from declared_tables import declared
from digits_data import digits_dataset
from undecided_verdicts import undecided

from overparam.claims.double_descent.random_feature_maps import normalised_inputs
from overparam.claims.double_descent.sample_wise import effective_model_complexity, sample_wise_non_monotonicity
from overparam.claims.double_descent.sample_wise import effective_model_complexity_details as details
from overparam.claims.double_descent.sample_wise import measure as sample_wise
from overparam.claims.double_descent.sample_wise.measure import largest, measure
from overparam.claims.double_descent.sample_wise.network_sample_sizes import peak
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.seeding import generator

SETTINGS = {
    "seed": 0, "memory_mb": 100, "dataset": "digits", "n_seeds": 2, "features": ["relu", "fourier"],
    "n_features": [10, 20], "samples_per_feature": [0.5, 0.9, 1, 1.1, 3], "n_test": 60, "label_noise": [0, 0.2],
    "steps": [10, 10_000], "near_zero_loss": 0.01, "fitted_error": 0.1, "pool_shares": [0.5, 1],
    "pool_n_features": 20, "n_draws": 2, "critical_n_train": [10, 20], "resolution": 0.02, "cutoff": 1e-13,
    "heldout_fraction": 0.2, "networks": {
        "n_seeds": 2, "widths": [4, 16], "n_train": [8, 16, 32, 64, 128], "label_noise": [0.2], "batch_size": 16,
        "optimizer": {"name": "adam", "learning_rate": 0.02}, "steps": 200, "earlier_steps": [4], "evaluations": 6,
        "heldout_share": 0.25, "pool_width": 16, "resolution": 0.45,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(400, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return measure(SETTINGS, dataset)


@pytest.mark.parametrize("answer", [0, 1, 7, 64, 199])
@pytest.mark.parametrize("guess", [1, 30, 500])
def test_the_search_finds_the_last_integer_that_holds(answer, guess):
    assert largest(lambda n: n <= answer, guess, 200, 0) == answer


def test_the_search_says_when_everything_holds_and_stops_at_its_resolution():
    assert largest(lambda n: True, 10, 200, 0.1) == np.inf
    tried = []
    assert largest(lambda n: tried.append(n) or n <= 1000, 10, 10**6, 0.1) == pytest.approx(1000, rel=0.1)
    assert len(tried) < 13


def test_losses_are_those_of_the_pseudoinverse(table, dataset):
    x_train, x_test = normalised_inputs(dataset)
    order = generator(0, "sample_wise", 1, "images").permutation(400)
    features = sample_wise._Images(SETTINGS, dataset)._map("relu", 20, 1, "curve")
    given = labels.corrupt(
        dataset.train.labels[order], 10, 0.2, "wrong_label", generator(0, "sample_wise", 1, "label noise")
    )
    rows = table.query("seed == 1 and features == 'relu' and n_features == 20 and label_noise == 0.2")
    rows = rows[(rows["method"] == "minimum_norm") & (rows["split"] == "test")].set_index(["n_train", "quantity"])
    for n in (10, 18, 22, 60):
        coefficients = np.linalg.pinv(features(x_train[order[:n]])) @ np.eye(10)[given[:n]]
        scores, wanted = features(x_test[:60]) @ coefficients, dataset.test.labels[:60]
        loss = ((scores - np.eye(10)[wanted]) ** 2).sum(axis=1).mean()
        assert rows.loc[(n, "loss"), "value"] == pytest.approx(loss, rel=1e-8)
        assert rows.loc[(n, "error"), "value"] == pytest.approx((scores.argmax(axis=1) != wanted).mean())


def test_converged_fits_interpolate_up_to_n_equal_to_features_and_their_risk_peaks_there(table):
    loss = table[(table["quantity"] == "loss") & (table["method"] == "minimum_norm")]
    train, test = (loss[loss["split"] == split].groupby("samples_per_feature")["value"] for split in ("train", "test"))
    assert (train.max()[:1] < 1e-15).all()
    assert (train.min()[1.05:] > 1e-4).all()
    assert (np.log(test.get_group(1)).mean() > [np.log(test.get_group(ratio)).mean() for ratio in (0.5, 3)]).all()


def test_complexity_agrees_with_trying_every_number_of_samples(table, dataset):
    images = sample_wise._Images(SETTINGS, dataset)
    found = table[(table["quantity"] == sample_wise.EMC) & (table["seed"] == 0) & (table["features"] == "relu")]
    found = found[(found["n_features"] == 20) & (found["pool_share"] == 0.5)]
    fitted = np.array([images._fitted(0, "relu", 20, n, 200) for n in range(1, 201)])  # (n, procedures, criteria)
    for column, criterion in enumerate(("near_zero_loss", "train_error")):
        for index, procedure in enumerate(images.procedures):
            steps = found["steps"].isna() if procedure["steps"] is None else found["steps"] == procedure["steps"]
            value = found[steps.fillna(False) & (found["criterion"] == criterion)]["value"].item()
            changes = 1 + np.flatnonzero(fitted[:-1, index, column] & ~fitted[1:, index, column])
            assert np.abs(changes - value).min() <= 1 + 0.02 * value  # one of the places where it stops fitting


def test_at_convergence_the_complexity_is_the_number_of_features(table):
    rows = table[(table["quantity"] == sample_wise.EMC) & (table["criterion"] == "near_zero_loss")]
    rows = rows[rows["method"] == "minimum_norm"]
    assert len(rows) == 2 * 2 * 3  # seeds, kinds; N = 10 once, N = 20 for two pools
    assert (np.abs(rows["value"] - rows["n_features"].astype(float)) <= 2).all()
    critical = table[(table["quantity"] == "critical_width") & (table["method"] == "minimum_norm")]
    assert (np.abs(critical["value"] - critical["n_train"].astype(float)) <= 2).all()


def test_fewer_steps_fit_fewer_samples(table):
    rows = table[(table["quantity"] == sample_wise.EMC) & (table["method"] == "gradient_descent")]
    keys = ["seed", "features", "n_features", "criterion", "pool_share"]
    wide = rows.assign(steps=rows["steps"].astype(int)).pivot_table(index=keys, columns="steps", values="value")
    assert (wide[10] <= wide[10_000]).all() and (wide[10] < wide[10_000]).any()


def test_limits_are_counted(dataset):
    table = measure({**SETTINGS, "n_seeds": 1, "features": ["relu"], "fitted_error": 1.0, "label_noise": [0]}, dataset)
    table = table[table["n_features"].notna()]
    hit = table[(table["quantity"] == "limit_hit") & (table["criterion"] == "train_error")]["value"]
    assert len(hit) and (hit == 1).all()
    assert np.isinf(
        table[(table["quantity"] == sample_wise.EMC) & (table["criterion"] == "train_error")]["value"]
    ).all()


@pytest.fixture(scope="module")
def networks(table) -> pd.DataFrame:
    return table[table["features"] == "network"]


def test_the_complexity_of_networks_lies_where_they_stop_fitting(networks):
    found = networks[(networks["quantity"] == sample_wise.EMC) & (networks["steps"] == 200)]
    found = found[(found["pool_share"] == 1) & (found["criterion"] == "train_error") & (found["value"] < 128)]
    error = networks[(networks["quantity"] == "error") & (networks["split"] == "train") & (networks["steps"] == 200)]
    assert len(found)
    for row in found.itertuples():
        curve = error[(error["width"] == row.width) & (error["seed"] == row.seed)].set_index("n_train")["value"]
        fitted, missed = curve[curve <= 0.1].index, curve[curve > 0.1].index
        assert row.value == 0 or row.value >= min(fitted, default=0)
        assert row.value < max(missed)
        if row.value in curve.index:
            assert curve[row.value] <= 0.1


def test_wider_networks_fit_more_samples_and_few_steps_fit_fewer(networks):
    found = networks[(networks["quantity"] == sample_wise.EMC) & (networks["criterion"] == "train_error")]
    mean = found[found["pool_share"] == 1].groupby(["steps", "width"])["value"].mean()
    assert mean[200, 16] > mean[200, 4]
    assert mean[200, 16] > mean[4, 16]


def test_early_stopping_takes_a_moment_of_training(networks):
    keys = ["width", "n_train", "seed", "split"]
    loss = networks[networks["quantity"] == "loss"]
    stopped = loss[loss["method"] == "early_stopping"].set_index(keys)["value"]
    last = loss[loss["steps"] == 200].set_index(keys)["value"]
    assert len(stopped) == len(last) == 2 * 5 * 2 * 2
    difference = (stopped - last).groupby("split")
    assert (difference.get_group("train") > -0.05).all()  # it stops no later
    assert (difference.mean() * [-1, 1] > 0).all()  # test, train: better on test samples, on average


@pytest.mark.parametrize(
    ("curve", "place"),
    [([3, 1, 2, 4, 2, 0], 3), ([0, 5, 0, 9, 8.5, 8], 1), ([5, 4, 3, 2, 1], 1), ([1, 3, np.nan, 0, 2, 0], 1)],
)
def test_the_inner_peak_is_the_most_prominent_one(curve, place):
    assert peak(np.array(curve, dtype=float)) == place


def test_too_many_samples_for_networks_are_refused(dataset):
    settings = {**SETTINGS, "networks": {**SETTINGS["networks"], "n_train": [100, 321]}}
    with pytest.raises(UserError, match="n_train of 321 and 80 held out"):
        measure(settings, dataset)


def test_the_same_settings_give_the_same_table(table, dataset):
    pd.testing.assert_frame_equal(table, measure(SETTINGS, dataset), check_exact=True)


def test_too_few_images_are_refused(dataset):
    with pytest.raises(UserError, match="ask for 401 samples, but digits has 400"):
        measure({**SETTINGS, "critical_n_train": [401]}, dataset)


def test_the_figures_draw_and_their_texts_have_the_numbers(table):
    table = declared(table, "sample_wise")
    assert sample_wise_non_monotonicity.draw(table, undecided("sample_wise_non_monotonicity")).axes
    verdict = undecided("effective_model_complexity")
    verdict["cost"]["settings"]["fitted_error"] = 0.3
    assert effective_model_complexity.draw(table, verdict).axes
    assert "fitted to 30 % train error" in effective_model_complexity.alt_text(table, verdict)
    error = table.query(
        "quantity == 'error' and split == 'test' and features == 'relu' and n_features == 20 and label_noise == 0 "
        "and method == 'minimum_norm' and samples_per_feature == 3"
    )["value"].mean()
    text = sample_wise_non_monotonicity.alt_text(table, undecided("sample_wise_non_monotonicity"))
    assert f"{100 * error:.1f} % at n = 3 N" in text
    assert "rises from 10 at n = 10 to 20 at n = 20" in effective_model_complexity.alt_text(table, verdict)
    complexity = table.query(
        "features == 'network' and quantity == 'effective_model_complexity' and criterion == 'near_zero_loss' and "
        "steps == 200 and width == 16 and pool_share == 1"
    )["value"]
    with np.errstate(divide="ignore"):
        assert f"{np.exp(np.log(complexity).mean()):.0f} with 16 units" in effective_model_complexity.alt_text(
            table, verdict
        )
    error = table.query(
        "features == 'network' and quantity == 'error' and split == 'test' and steps == 200 and width == 4 and "
        "n_train == 16"
    )["value"].mean()
    assert f"{100 * error:.1f} % at n = 16" in text


def test_numbers_of_samples_that_are_compared_in_words_are_those_of_the_claim(table):
    for limits, shown in (
        ({"min": 1.0, "max": 1.1}, "{} (test loss"),
        ({"above": 9}, "{}; 16 units not measured there"),
    ):
        side = {"where": {"labels_per_parameter": limits}}
        changes = {"networks_twice_the_data_raise_the_loss": {"greater": side, "less": side}}
        verdict = undecided("sample_wise_non_monotonicity", **changes)
        text = sample_wise_non_monotonicity.alt_text(declared(table, "sample_wise"), verdict)
        assert shown.format("at n = 32" if "min" in limits else "4 units not measured there") in text


def test_the_figure_has_the_band_and_the_steps_of_the_claim(table):
    changes = {
        f"{whose}_at_the_complexity_by_bisection": {"band": [0.25, 4], "where": {"steps": [10_000, None]}}
        for whose in ("peaks", "networks_peak")
    }
    given = declared(table, "sample_wise"), undecided("effective_model_complexity", **changes)
    said = [text.get_text() for text in effective_model_complexity.draw(*given).axes[1].texts]
    assert "predicted: within a factor of 4" in said
    drawn = details.draw(*given)
    titles = [axis.get_title() for axis in drawn.axes]
    assert "≥ 10,000 steps or converged\nband: within a factor of 4" in titles
    assert "networks\nband: within a factor of 4" in titles
