"""Optimizers and schedules, made from settings. They work element by element, and so they need not know of packs.

The update rules are torch's own fused kernels, called directly. The classes of ``torch.optim`` load torch's compiler
when they are made, which takes longer than training a small cell; its functional interface takes longer than the kernel
itself does for a small network.
"""

from typing import Any

import torch

from overparam.training.schedules import Schedule


class Optimizer:
    """Updates parameters from their gradients, then clears the gradients. Its state is made at the first step.

    Parameters
    ----------
    parameters
        Packed parameters, with the models on the first axis. A parameter that has no gradient at the first step is
        never updated.
    weight_decay
        L2 term added to the gradient.
    """

    def __init__(self, parameters: list[torch.nn.Parameter], weight_decay: float):
        self.parameters, self.weight_decay = parameters, weight_decay
        self.used: list[torch.Tensor] = []
        self.detached: list[torch.Tensor] = []  # the same memory as `used`, hidden from autograd
        self.moments: list[list[torch.Tensor]] = []
        self.steps = torch.zeros((), device=parameters[0].device)
        self.loaded: dict[str, Any] = {}

    n_moments = 0  # number of tensors kept per parameter

    def __call__(self, learning_rate: float) -> None:
        """Take one step."""
        if not self.used:
            self._start()
        self.update([parameter.grad for parameter in self.used], learning_rate)
        for parameter in self.used:
            parameter.grad = None

    def update(self, gradients: list[torch.Tensor], learning_rate: float) -> None:
        """Update ``detached`` and ``moments``."""
        raise NotImplementedError

    def _start(self) -> None:
        self.used = [parameter for parameter in self.parameters if parameter.grad is not None]
        self.detached = [parameter.detach() for parameter in self.used]
        self.moments = [[torch.zeros_like(values) for values in self.detached] for _ in range(self.n_moments)]
        if self.loaded:
            self.steps.copy_(torch.as_tensor(self.loaded["steps"]))
            for kind, moments in enumerate(self.moments):
                for number, values in enumerate(moments):
                    values.copy_(torch.as_tensor(self.loaded[f"{kind}.{number}"]))
            self.loaded = {}  # frees as much memory as the moments take

    def state_dict(self) -> dict[str, Any]:
        """Return the number of steps and all moments."""
        if not self.used:
            return self.loaded
        kept = {f"{kind}.{n}": values for kind, moments in enumerate(self.moments) for n, values in enumerate(moments)}
        return {"steps": self.steps, **kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a state, from the next step on."""
        self.used, self.loaded = [], state


class SGD(Optimizer):
    """Gradient descent with momentum, without dampening."""

    def __init__(self, parameters: list[torch.nn.Parameter], weight_decay: float, momentum: float):
        super().__init__(parameters, weight_decay)
        self.momentum = momentum
        self.n_moments = 1 if momentum else 0

    def update(self, gradients: list[torch.Tensor], learning_rate: float) -> None:
        """Take torch's own fused step."""
        torch._fused_sgd_(
            self.detached,
            gradients,
            self.moments[0] if self.momentum else [],
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=learning_rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,  # momentum that starts at zero is the same without dampening
        )


class Adam(Optimizer):
    """Adam with β = (0.9, 0.999) and ε = 1e-8."""

    n_moments = 2

    def update(self, gradients: list[torch.Tensor], learning_rate: float) -> None:
        """Take torch's own fused step."""
        self.steps.add_(1)
        torch._fused_adam_(
            self.detached,
            gradients,
            *self.moments,
            [],
            [self.steps] * len(self.detached),
            lr=learning_rate,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=self.weight_decay,
            amsgrad=False,
            maximize=False,
        )


def optimizer(parameters: list[torch.nn.Parameter], options: dict[str, Any]) -> Optimizer:
    """Return the optimizer that ``options["name"]`` names, with torch's conventions and defaults.

    Parameters
    ----------
    parameters
        Packed parameters, with the models on the first axis.
    options
        ``name``: ``sgd`` (``momentum``, default 0) or ``adam``; ``weight_decay`` (default 0).
    """
    weight_decay = options.get("weight_decay", 0.0)
    if options["name"] == "sgd":
        return SGD(parameters, weight_decay, options.get("momentum", 0.0))
    return {"adam": Adam}[options["name"]](parameters, weight_decay)


def schedule(options: dict[str, Any], steps_per_epoch: int, epochs: int) -> Schedule:
    """Return the schedule that ``options`` name: by ``schedule`` (default: constant), ``period`` and ``factor``."""
    chosen = {key: options[key] for key in ("period", "factor") if key in options}
    n_steps = epochs * steps_per_epoch
    return Schedule(options.get("schedule", "constant"), options["learning_rate"], n_steps, steps_per_epoch, **chosen)
