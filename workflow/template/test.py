"""WRITE: what the experiment is compared with: a closed form, or a plain loop."""

import pytest
import smoke_settings

from overparam.claims.__TOPIC__.__EXPERIMENT__ import measure


def test_measurements_have_their_closed_form():  # WRITE: the closed form of what is measured
    settings = smoke_settings.settings("__EXPERIMENT__", n_seeds=400, counts=[25])
    assert measure.measure(settings)["value"].mean() == pytest.approx((2 / (3.1416 * 25)) ** 0.5, rel=0.1)


def test_a_seed_draws_the_same_whatever_else_is_measured():
    few, many = (smoke_settings.settings("__EXPERIMENT__", n_seeds=n) for n in (2, 3))
    table = measure.measure(many)
    assert measure.measure(few).equals(table[table["seed"] < 2])
