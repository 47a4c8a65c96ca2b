"""Optimizers and their schedules from settings. They work element by element, so a pack needs nothing of its own.

The update rules are torch's own fused kernels. The classes of ``torch.optim`` load torch's compiler when they are made,
which takes longer than training a small cell, and its functional interface takes longer than the kernel of a small
network.
"""

from collections.abc import Callable
from typing import Any

import torch

from overparam.training.schedules import Schedule

Step = Callable[[float], None]  # updates the parameters at a learning rate from their gradients, and clears these


def optimizer(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> Step:
    """Return the step of the optimizer that ``options["name"]`` names, with torch's conventions and defaults.

    Parameters
    ----------
    parameters
        Packed parameters, the models first. Those without a gradient at the first step are left as they are.
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


def _sgd(parameters: list[torch.Tensor], options: dict[str, Any]) -> Step:
    momentum, weight_decay = options.get("momentum", 0.0), options.get("weight_decay", 0.0)
    buffers: list[torch.Tensor] = []
    chosen = {"momentum": momentum, "weight_decay": weight_decay, "dampening": 0.0, "nesterov": False}

    def update(parameters: list[torch.Tensor], gradients: list[torch.Tensor], learning_rate: float) -> None:
        first = momentum != 0 and not buffers
        if first:
            buffers.extend(torch.empty_like(parameter) for parameter in parameters)
        torch._fused_sgd_(
            parameters, gradients, buffers, lr=learning_rate, maximize=False, is_first_step=first, **chosen
        )

    return _step(parameters, update)


def _adam(parameters: list[torch.Tensor], options: dict[str, Any]) -> Step:
    chosen = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": options.get("weight_decay", 0.0)}
    first: list[torch.Tensor] = []
    second: list[torch.Tensor] = []
    steps = torch.zeros((), device=parameters[0].device)

    def update(parameters: list[torch.Tensor], gradients: list[torch.Tensor], learning_rate: float) -> None:
        if not first:
            for moments in (first, second):
                moments.extend(torch.zeros_like(parameter) for parameter in parameters)
        steps.add_(1)
        torch._fused_adam_(
            parameters,
            gradients,
            first,
            second,
            [],
            [steps] * len(parameters),
            lr=learning_rate,
            amsgrad=False,
            maximize=False,
            **chosen,
        )

    return _step(parameters, update)


def _step(
    parameters: list[torch.Tensor], update: Callable[[list[torch.Tensor], list[torch.Tensor], float], None]
) -> Step:
    """Return the step that applies ``update`` to the parameters that have a gradient, and clears the gradients."""
    used: list[torch.Tensor] = []
    detached: list[torch.Tensor] = []  # which autograd does not look at

    def step(learning_rate: float) -> None:
        if not used:
            used.extend(parameter for parameter in parameters if parameter.grad is not None)
            detached.extend(parameter.detach() for parameter in used)
        update(detached, [parameter.grad for parameter in used], learning_rate)
        for parameter in used:
            parameter.grad = None

    return step
