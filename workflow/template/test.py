"""WRITE: what the experiment is compared with: a closed form, or a plain loop."""

import math

import pytest
import smoke_settings

from overparam.claims.__TOPIC__.__EXPERIMENT__ import measure


def test_measurements_have_their_closed_form():  # WRITE: the closed form of what is measured
    settings = smoke_settings.settings("__EXPERIMENT__", n_seeds=400, counts=[25])
    assert measure.measure(settings)["value"].mean() == pytest.approx(math.sqrt(2 / (math.pi * 25)), rel=0.1)


def test_a_seed_draws_the_same_whatever_else_is_measured():
    settings = smoke_settings.settings("__EXPERIMENT__", n_seeds=3)
    few, many = (measure.measure({**settings, "n_seeds": n_seeds}) for n_seeds in (2, 3))
    assert few.equals(many[many["seed"] < 2])
