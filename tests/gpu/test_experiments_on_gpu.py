"""Every experiment that may use a GPU measures on it what it measures on the CPU, at sizes below those of smoke."""

import importlib

import numpy as np
import pandas as pd
import pytest
from cells_on_gpu import arithmetic_restored
from digits_data import digits_dataset
from pretended_gpu import pretended

from overparam import places
from overparam.plan import experiment_settings

SMALLER = {  # than smoke, within the limits of each setting
    "flat_minima": {"duration": 2, "n_seeds": 2, "width": 3, "n_looks": 2, "n_perturbations": 1},
    "initialisation_spread": {"n_initialisations": 2, "epochs": 6, "evaluations": 3},
    "interpolating_solutions": {"n_seeds": 2, "network_epochs": 6, "network_scaled_epochs": 6, "n_test": 100},
    "interpolation": {"n_seeds": 2, "network_epochs": 20, "step_limit": 5},
    "interpolation_threshold": {"n_seeds": 1, "n_train": [24], "n_test": 100},
    "network_jacobian": {"n_train": 30, "width": 4, "epochs": 2, "n_draws": 2},
    "optimisers": {"epochs": 4},
    "sample_wise": {"n_seeds": 1, "critical_n_train": [20], "n_test": 100},
    "weight_reuse": {"epochs": 10, "n_test": 100},
}
WITHIN = {  # groups of settings
    "interpolation_threshold": {"networks": {"n_train": [30], "steps": 16, "evaluations": 3}},
    "sample_wise": {"networks": {"n_train": [24, 48, 96], "steps": 12, "evaluations": 3}},
}
NAMES = [name for name in experiment_settings.names() if experiment_settings.declaration(name).get("gpu")]


def measured(name, gpus, **changes):
    """Return what an experiment measures."""
    asked = {**SMALLER.get(name, {}), **changes}
    found, wrong = experiment_settings.resolve(name, "smoke", asked)
    assert not wrong
    found |= {group: found[group] | values for group, values in WITHIN.get(name, {}).items()}
    module = importlib.import_module(places.measure_module(name))
    return module.measure({**found, "seed": 0, "memory_mb": 100, "gpus": gpus}, digits_dataset(400, 100))


def compare(name, **changes):
    """Return the share of values that are as on the CPU; everything that is no value is equal."""
    with arithmetic_restored(), pretended() as waits:
        found = measured(name, 1, **changes)
    with arithmetic_restored():
        expected = measured(name, 0, **changes)
    assert waits, "nothing was read from the GPU: it was not used"
    key = [column for column in found if found[column].dtype.kind in "OUTib"]
    pd.testing.assert_frame_equal(found[key], expected[key])
    values, on_cpu = (table["value"].to_numpy(float) for table in (found, expected))
    return np.isclose(values, on_cpu, rtol=0.01, atol=1e-6, equal_nan=True).mean()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_measures_on_the_gpu_what_it_does_on_the_cpu(name):
    assert compare(name) > 0.8


def test_jacobians_of_networks_with_batch_norm_on_maps_of_one_pixel():
    changes = {"model": "preact_resnet18", "width": 1, "n_train": 4, "control": False, "rank": 2, "epochs": 1}
    assert compare("network_jacobian", **changes, kernel_precision="float32") > 0.9
