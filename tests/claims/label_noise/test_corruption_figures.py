"""The figures on label corruption: numbers in the alt text are those of the table."""

import pandas as pd
import pytest
import synthetic_training

from overparam.claims.label_noise.label_corruption import corruption_is_fitted, early_stopping_is_robust
from overparam.claims.label_noise.label_corruption import (
    distance_tells_learning_from_overfitting as distance_over_training,
)
from overparam.claims.label_noise.label_corruption import measure as label_corruption

VERDICT = {"data": {"name": "digits", "label": "digits"}}

CORRUPTION = [corruption_is_fitted, early_stopping_is_robust, distance_over_training]


def corrupted(studies_named=("a",)):
    """Return measurements of small and large networks at three levels of corruption."""
    tables = [synthetic_training.table(widths=(2, 32), levels=(0.0, 0.2, 0.4), study=name) for name in studies_named]
    return label_corruption.measure({"seed": 0}, pd.concat(tables))


def test_alt_texts_of_corruption_carry_the_numbers():
    measurements = corrupted()
    assert "at least 100%" in corruption_is_fitted.alt_text(measurements, VERDICT)
    robust = early_stopping_is_robust.alt_text(measurements, VERDICT)
    assert "loses 4.0 points" in robust and "to the end 40.0" in robust and "chance is 10.0%" in robust
    distance = distance_over_training.alt_text(measurements, VERDICT)
    assert "14 at ρ = 0.4" in distance and "at least 1.2 times" in distance and "at most 1.4 times" in distance


def test_what_is_bounded_in_words_is_rounded_to_the_safe_side():
    measurements = corrupted()
    noisy = (measurements["split"] == "train") & (measurements["labels"] == "noisy")
    measurements.loc[noisy & (measurements["quantity"] == "error"), "value"] = 0.00351
    assert "at least 99.6%" in corruption_is_fitted.alt_text(measurements, VERDICT)
    measurements.loc[(measurements["quantity"] == "fitted") & (measurements["stopping"] == "heldout_loss"), "value"] = (
        0.10011
    )
    assert "at most 10.1%" in early_stopping_is_robust.alt_text(measurements, VERDICT)


@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_every_study_on_corruption_has_its_axes(names):
    for module, panels in zip(CORRUPTION, (3, 3, 2), strict=True):
        figure = module.draw(corrupted(names), VERDICT)
        assert len(figure.axes) == panels * len(names)
        assert figure.get_size_inches()[0] * figure.dpi <= 900
