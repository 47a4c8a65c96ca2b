"""The figures on label corruption: numbers in the alt text are those of the table."""

import copy

import pandas as pd
import pytest
import synthetic_training
from judged_claims import judged

from overparam.claims.label_noise.label_corruption import corruption_is_fitted, early_stopping_is_robust
from overparam.claims.label_noise.label_corruption import (
    distance_tells_learning_from_overfitting as distance_over_training,
)
from overparam.claims.label_noise.label_corruption import measure as label_corruption

CORRUPTION = {"F1": corruption_is_fitted, "F2": early_stopping_is_robust, "F3": distance_over_training}


def corrupted(studies_named=("a",)):
    """Return measurements of small and large networks at three levels of corruption."""
    tables = [synthetic_training.table(widths=(2, 32), levels=(0.0, 0.2, 0.4), study=name) for name in studies_named]
    return label_corruption.measure({"seed": 0}, pd.concat(tables))


def test_alt_texts_of_corruption_carry_the_numbers():
    measurements = corrupted()
    assert "at least 100%" in corruption_is_fitted.alt_text(*judged("F1", measurements))
    robust = early_stopping_is_robust.alt_text(*judged("F2", measurements))
    assert "loses 4.0 points" in robust and "to the end 40.0" in robust and "chance is 10.0%" in robust
    distance = distance_over_training.alt_text(*judged("F3", measurements))
    assert "14 at ρ = 0.4" in distance and "at least 1.2 times" in distance and "at most 1.4 times" in distance


def test_what_is_bounded_in_words_is_rounded_to_the_safe_side():
    measurements = corrupted()
    noisy = (measurements["split"] == "train") & (measurements["labels"] == "noisy")
    measurements.loc[noisy & (measurements["quantity"] == "error"), "value"] = 0.00351
    assert "at least 99.6%" in corruption_is_fitted.alt_text(*judged("F1", measurements))
    measurements.loc[
        (measurements["quantity"] == "fitted") & (measurements["stopping"] == "heldout_error"), "value"
    ] = 0.10011
    assert "at most 10.1%" in early_stopping_is_robust.alt_text(*judged("F2", measurements))


@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_every_study_on_corruption_has_its_axes(names):
    panels = (len(names), len(names), 2)
    for (claim, module), count in zip(CORRUPTION.items(), panels, strict=True):
        figure = module.draw(*judged(claim, corrupted(names)))
        assert len(figure.axes) == count
        assert figure.get_size_inches()[0] * figure.dpi <= 900


def declaring(verdict, name, **changes):
    """Return the verdict as if one prediction had been declared otherwise."""
    changed = copy.deepcopy(verdict)
    (one,) = [one for one in changed["forms"]["printed"]["predictions"] if one["name"] == name]
    one["declared"] |= changes
    return changed


def test_the_factor_between_near_and_far_is_the_declared_one():
    measurements, verdict = judged("F3", corrupted())
    figure = distance_over_training.draw(measurements, declaring(verdict, "far-at-the-end", band=[1.7, None]))
    assert 1.7 in [line.get_ydata()[0] for line in figure.axes[1].lines]


def test_levels_and_stopping_rule_are_those_of_the_prediction():
    measurements, verdict = judged("F2", corrupted())
    where = {"split": "test", "labels": "clean", "stopping": "heldout_loss", "parameterization": "over"}
    changed = declaring(verdict, "spares-test-error", where=where)
    fitted = {"stopping": "heldout_loss", "parameterization": "over", "label_noise": {"above": 0, "max": 0.2}}
    changed = declaring(changed, "corruption-not-fitted", where=fitted)
    assert "at ρ = 0.2 early stopping" in early_stopping_is_robust.alt_text(measurements, changed)
    measurements.loc[measurements["stopping"] == "heldout_loss", "value"] = 0.25
    assert "loses 0.0 points" in early_stopping_is_robust.alt_text(measurements, changed)


@pytest.mark.parametrize("claim", CORRUPTION)
def test_axes_are_named_by_the_contract(claim):
    measurements, verdict = judged(claim, corrupted())
    measurements.attrs["measures"] = copy.deepcopy(measurements.attrs["measures"])
    measurements.attrs["measures"]["columns"]["label_noise"]["label"] = "false labels"
    figure = CORRUPTION[claim].draw(measurements, verdict)
    assert "false labels ρ" in [axis.get_xlabel() for axis in figure.axes]
