"""Optimizers and their schedules from settings. They work element by element, so a pack needs nothing of its own."""

from typing import Any

import torch

from overparam.training.schedules import Schedule

OPTIMIZERS = {
    "sgd": lambda parameters, options: torch.optim.SGD(
        parameters, momentum=options.get("momentum", 0.0), **_shared(options)
    ),
    "adam": lambda parameters, options: torch.optim.Adam(parameters, **_shared(options)),
}


def _shared(options: dict[str, Any]) -> dict[str, Any]:
    return {"lr": options["learning_rate"], "weight_decay": options.get("weight_decay", 0.0), "fused": True}


def optimizer(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> torch.optim.Optimizer:
    """Return the optimizer that ``options["name"]`` names, with torch's conventions and defaults.

    Parameters
    ----------
    parameters
        Packed parameters, the models first.
    options
        ``name``: ``sgd`` (``momentum``, default 0) or ``adam`` (β = (0.9, 0.999), ε = 1e-8); ``learning_rate``;
        ``weight_decay`` (L2 term added to the gradient, default 0).
    """
    return OPTIMIZERS[options["name"]](parameters, options)


def schedule(options: dict[str, Any], steps_per_epoch: int, epochs: int) -> Schedule:
    """Return the schedule in ``options``: ``schedule`` (default constant), ``period``, ``factor``."""
    chosen = {key: options[key] for key in ("period", "factor") if key in options}
    n_steps = epochs * steps_per_epoch
    return Schedule(options.get("schedule", "constant"), options["learning_rate"], n_steps, steps_per_epoch, **chosen)
