"""Settings of experiments at their smallest size."""

from typing import Any

from overparam.plan import experiment_settings


def settings(name: str, **overrides: Any) -> dict[str, Any]:
    """Return the settings of an experiment in the smoke configuration, with these values in place of its own."""
    found, wrong = experiment_settings.resolve(name, "smoke", {})
    assert not wrong
    return {**found, "seed": 1, **overrides}
