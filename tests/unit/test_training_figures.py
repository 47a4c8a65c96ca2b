"""Figures of trained networks: numbers in the alt text are those of the table, and drawing works without torch."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import synthetic_training
from matplotlib import pyplot

from overparam.experiments import label_corruption, width_sweep
from overparam.figures import (
    corruption_is_fitted,
    distance_over_training,
    early_stopping_is_robust,
    model_wise_double_descent,
    studies,
)

VERDICT = {"data": {"name": "digits", "label": "digits"}}
CORRUPTION = [corruption_is_fitted, early_stopping_is_robust, distance_over_training]


def corrupted(studies_named=("a",)):
    """Return measurements of small and large networks at three levels of corruption."""
    tables = [synthetic_training.table(widths=(2, 32), levels=(0.0, 0.2, 0.4), study=name) for name in studies_named]
    return label_corruption.measure({"seed": 0}, pd.concat(tables))


def swept(names=("a",)):
    """Return measurements of a sweep with a peak of 50 % at width 16 and 20 % noise."""
    final = lambda width, level: 0.3 + level * (width == 16)  # noqa: E731
    tables = [synthetic_training.table((4, 8, 16, 32), (0.0, 0.2), study=name, final=final) for name in names]
    return width_sweep.measure({"seed": 0}, pd.concat(tables))


def test_alt_text_of_the_sweep_names_dip_peak_and_descent():
    text = model_wise_double_descent.alt_text(swept(), VERDICT)
    assert "falls to 30.1%" in text and "rises to 50.1% at width 16" in text and "20 % label noise" in text


def test_alt_text_of_a_sweep_without_peak_says_so():
    measurements = width_sweep.measure({"seed": 0}, synthetic_training.table(final=lambda width, level: 1 / width))
    assert "no interior peak" in model_wise_double_descent.alt_text(measurements, VERDICT)


def test_alt_texts_of_corruption_carry_the_numbers():
    measurements = corrupted()
    assert "at least 100.0%" in corruption_is_fitted.alt_text(measurements, VERDICT)
    robust = early_stopping_is_robust.alt_text(measurements, VERDICT)
    assert "loses 4.0 points" in robust and "to the end 40.0" in robust and "chance is 10.0%" in robust
    assert "14 at ρ = 0.4" in distance_over_training.alt_text(measurements, VERDICT)


@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_every_study_has_its_axes(names):
    assert len(model_wise_double_descent.draw(swept(names), VERDICT).axes) == 2 * len(names)
    for module, panels in zip(CORRUPTION, (3, 3, 2), strict=True):
        figure = module.draw(corrupted(names), VERDICT)
        assert len(figure.axes) == panels * len(names)
        assert figure.get_size_inches()[0] * figure.dpi <= 900
    pyplot.close("all")


def test_the_label_of_another_data_set_is_not_borrowed():
    data = {"data": {"name": "cifar10_small", "label": "CIFAR-10 (JPEG)"}}
    assert studies.data_label("cifar10_small", data) == "CIFAR-10 (JPEG)"
    assert studies.data_label("digits", data) == "digits"


def test_crossing_is_interpolated_in_the_logarithm():
    assert studies.crossing([1, 4], [0.3, -0.1], 0.1) == pytest.approx(2)
    assert studies.crossing([1, 4], [0.3, 0.2], 0.1) is None
    assert studies.crossing([1, 4], [0.05, 0.01], 0.1) is None


def test_some_levels_keep_both_ends():
    levels = list(np.arange(10) / 10)
    assert studies.some(levels) == pytest.approx([0, 0.2, 0.4, 0.7, 0.9])
    assert studies.some([0.1, 0.3]) == [0.1, 0.3]


def test_figures_do_not_import_torch():
    names = ", ".join(f"overparam.figures.{module.__name__.rpartition('.')[2]}" for module in CORRUPTION)
    code = f"import sys; sys.path.insert(0, 'scripts'); import {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
