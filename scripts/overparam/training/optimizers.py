"""Optimizers and their schedules from settings. They work element by element, so a pack needs nothing of its own.

The update rules are torch's own, through its functional interface: the classes of ``torch.optim`` load torch's compiler
when they are made, which takes longer than training a small cell.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from overparam.training.schedules import Schedule

Step = Callable[[float], None]  # updates the parameters at a learning rate from their gradients, and clears these


def optimizer(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> Step:
    """Return the step of the optimizer that ``options["name"]`` names, with torch's conventions and defaults.

    Parameters
    ----------
    parameters
        Packed parameters, the models first. One without a gradient is left as it is.
    options
        ``name``: ``sgd`` (``momentum``, default 0, without dampening) or ``adam`` (β = (0.9, 0.999), ε = 1e-8);
        ``weight_decay`` (L2 term added to the gradient, default 0).
    """
    return {"sgd": _sgd, "adam": _adam}[options["name"]](parameters, options)


def schedule(options: dict[str, Any], steps_per_epoch: int, epochs: int) -> Schedule:
    """Return the schedule in ``options``: ``schedule`` (default constant), ``period``, ``factor``."""
    chosen = {key: options[key] for key in ("period", "factor") if key in options}
    n_steps = epochs * steps_per_epoch
    return Schedule(options.get("schedule", "constant"), options["learning_rate"], n_steps, steps_per_epoch, **chosen)


def _sgd(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> Step:
    momentum, weight_decay = options.get("momentum", 0.0), options.get("weight_decay", 0.0)
    buffers: list[torch.Tensor | None] = [None] * len(parameters)

    @torch.no_grad()
    def step(learning_rate: float) -> None:
        used = [number for number, parameter in enumerate(parameters) if parameter.grad is not None]
        momenta = [buffers[number] for number in used]  # torch fills in those that are None
        sgd(
            [parameters[number] for number in used],
            [parameters[number].grad for number in used],
            momenta,
            fused=True,
            lr=learning_rate,
            momentum=momentum,
            weight_decay=weight_decay,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )
        for number, momentum_buffer in zip(used, momenta, strict=True):
            buffers[number] = momentum_buffer
        _clear(parameters)

    return step


def _adam(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> Step:
    weight_decay = options.get("weight_decay", 0.0)
    first, second = ([torch.zeros_like(parameter) for parameter in parameters] for _ in range(2))
    steps = [torch.zeros((), dtype=torch.float32, device=parameter.device) for parameter in parameters]

    @torch.no_grad()
    def step(learning_rate: float) -> None:
        used = [number for number, parameter in enumerate(parameters) if parameter.grad is not None]
        state = [[values[number] for number in used] for values in (first, second)]
        adam(
            [parameters[number] for number in used],
            [parameters[number].grad for number in used],
            *state,
            [],
            [steps[number] for number in used],
            fused=True,
            amsgrad=False,
            lr=learning_rate,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=weight_decay,
            maximize=False,
        )
        _clear(parameters)

    return step


def _clear(parameters: list[torch.nn.Parameter]) -> None:
    for parameter in parameters:
        parameter.grad = None
