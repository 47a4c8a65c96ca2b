"""The spread of the test loss over initial weights."""

import numpy as np
import pandas as pd
import pytest
import torch
from declared_tables import declared
from digits_data import digits_dataset
from scipy import stats
from undecided_verdicts import undecided

from overparam import models
from overparam.claims.double_descent.initialisation_spread import measure as initialisation_spread
from overparam.claims.double_descent.initialisation_spread import no_stuck_networks, norm_of_networks
from overparam.claims.double_descent.initialisation_spread import similar_loss_across_initialisations as figure
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError

SETTINGS = {
    "seed": 0, "memory_mb": 100, "gpus": 0, "dataset": "digits", "model": "mlp", "widths": [2, 8, 64], "n_train": 40,
    "n_heldout": 60, "n_seeds": 2, "n_initialisations": 5, "label_noise": 0.2, "epochs": 200, "batch_size": 40,
    "learning_rate": 0.01, "evaluations": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(300, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return initialisation_spread.measure(SETTINGS, dataset)


def quantity(table: pd.DataFrame, name: str, stopping: str = "final") -> pd.Series:
    rows = table[(table["quantity"] == name) & (table["stopping"] == stopping)]
    return rows.set_index(["width", "seed"])["value"].sort_index()


def test_spreads_are_those_of_the_losses(table):
    losses = table[table["quantity"] == "loss"].groupby(["width", "seed"])["value"]
    assert (losses.size() == 5).all()
    pd.testing.assert_series_equal(quantity(table, "spread"), losses.std(), check_names=False)
    pd.testing.assert_series_equal(
        quantity(table, "relative_spread"), losses.apply(stats.variation, ddof=1), check_names=False
    )
    expected = losses.apply(lambda values: stats.iqr(values) / np.median(values))
    pd.testing.assert_series_equal(quantity(table, "interquartile"), expected, check_names=False)


def test_wide_networks_fit_the_noise_and_narrow_or_early_stopped_ones_do_not(table):
    fitted = quantity(table, "fitted")
    assert (fitted[64] == 1).all() and (fitted[2] == 0).all()
    assert (quantity(table, "train_error", "heldout_loss")[64] > 0).all()
    assert (quantity(table, "mean_loss", "heldout_loss") <= quantity(table, "mean_loss", "initial")).all()
    assert (table.loc[table["quantity"] == "diverged", "value"] == 0).all()


def test_parameters_are_counted_in_labels(table):
    row = table[table["width"] == 8].iloc[0]
    assert row["n_params"] == 65 * 8 + 9 * 10 and row["params_per_label"] == pytest.approx(610 / 400)


def test_the_same_settings_give_the_same_table(table, dataset):
    pd.testing.assert_frame_equal(table, initialisation_spread.measure(SETTINGS, dataset), check_exact=True)


def test_a_seed_does_not_depend_on_how_many_there_are(table, dataset):
    fewer = initialisation_spread.measure({**SETTINGS, "n_seeds": 1, "widths": [8], "epochs": 20}, dataset)
    more = initialisation_spread.measure({**SETTINGS, "n_seeds": 2, "widths": [8], "epochs": 20}, dataset)
    np.testing.assert_allclose(quantity(fewer, "mean_loss")[8], quantity(more, "mean_loss")[8].iloc[:1], rtol=1e-3)


def test_images_must_suffice(dataset):
    with pytest.raises(UserError, match="need 360 training images, but digits has 300"):
        initialisation_spread.measure({**SETTINGS, "n_heldout": 320}, dataset)


def test_figure_and_its_text(table):
    verdict = undecided("similar_loss_across_initialisations")
    assert len(figure.draw(declared(table, "initialisation_spread"), verdict).axes) == 3
    spread = quantity(table, "spread").groupby(level=0).mean()
    assert f"standard deviation of {spread[2]:.2g} at" in figure.alt_text(table, verdict)


def test_rescaled_units_have_the_least_norm_and_no_rescaling_changes_it():
    pack = models.build("mlp", 5, 3, (1, 4, 4), 10)
    pack.initialise([torch.Generator().manual_seed(seed) for seed in range(3)])
    least = initialisation_spread.balanced_norms(pack)
    assert (least <= pack.vectors().double().norm(dim=1)).all()
    factors = torch.linspace(0.1, 4, 5)
    with torch.no_grad():
        pack.hidden.weight *= factors[:, None]
        pack.hidden.bias *= factors
        pack.output.weight /= factors
    torch.testing.assert_close(initialisation_spread.balanced_norms(pack), least, rtol=1e-6, atol=0)
    with torch.no_grad():  # the best rescaling makes incoming and outgoing weights of every unit equally long
        incoming = torch.cat([pack.hidden.weight, pack.hidden.bias[..., None]], dim=2).norm(dim=2)
        best = (pack.output.weight.norm(dim=1) / incoming).sqrt()
        pack.hidden.weight *= best[..., None]
        pack.hidden.bias *= best
        pack.output.weight /= best[:, None]
    torch.testing.assert_close(pack.vectors().double().norm(dim=1), least, rtol=1e-6, atol=0)


def test_deeper_networks_have_no_least_norm():
    assert initialisation_spread.balanced_norms(models.build("mlp3", 5, 2, (1, 4, 4), 10)).isnan().all()


def test_figures_on_fits_and_norms_say_what_was_measured(table):
    measured = declared(table, "initialisation_spread")
    verdict = undecided("no_stuck_networks", every_initialisation_fits_far_beyond={"band": [0.9, None]})
    assert len(no_stuck_networks.draw(measured, verdict).axes) == 2
    assert "100 % at 12 nK parameters" in no_stuck_networks.alt_text(measured, verdict)
    verdict, norm = undecided("norm_of_networks"), quantity(table, "weight_norm").groupby(level=0).mean()
    assert len(norm_of_networks.draw(measured, verdict).axes) == 2
    assert f"as they are {norm[2]:.2f} at" in norm_of_networks.alt_text(measured, verdict)
    unknown = measured.assign(value=measured["value"].mask(measured["quantity"] == "balanced_norm"))
    unknown.attrs = measured.attrs
    assert len(norm_of_networks.draw(unknown, verdict).axes) == 1
