"""Paths down a loss: gradient descent, SGD and flows of modified losses, for many models side by side.

A path is made by a function ``advance``, which takes weights of the shape (problems, rows, models, width) and returns
their loss and the next weights.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch

from overparam.claims.implicit_regularization.flat_minima.squared_relu import SquaredReluProblems

Tensor = torch.Tensor
Advance = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclasses.dataclass(frozen=True, eq=False)
class Path:
    """Where runs ended, and where their loss first crossed a level.

    Attributes
    ----------
    end
        Weights after the last step.
    before, after
        Weights at the two iterates on either side of the crossing. If there was no crossing, both are the end.
    share
        Where the level lies between the two losses, in their logarithm: 0 at ``before``, 1 at ``after``;
        ``(problems, models)``. It is 1 where there was no crossing, or where the start lies below the level.
    reached
        Whether the level was reached, ``(problems, models)``, bool.
    """

    end: Tensor
    before: Tensor
    after: Tensor
    share: Tensor
    reached: Tensor


def follow(advance: Advance, start: Tensor, steps: int, level: float, whole: bool = True) -> Path:
    """Follow ``advance`` for ``steps`` steps; or, if not the ``whole`` path is wanted, until all reach the level."""
    weights = previous = before = after = start
    last = torch.full((start.shape[0], start.shape[2]), torch.inf, dtype=start.dtype, device=start.device)
    share, reached = torch.ones_like(last), torch.zeros_like(last, dtype=torch.bool)
    for step in range(steps + 1):
        loss, following = advance(weights)
        crossed = (loss <= level) & ~reached
        if crossed.any():
            chosen = crossed[:, None, :, None]
            before, after = torch.where(chosen, previous, before), torch.where(chosen, weights, after)
            place = (last / level).log() / (last / loss).log()
            share = torch.where(crossed & place.isfinite(), place, share)
            reached |= crossed
        if step == steps or (not whole and reached.all()):
            break
        previous, last, weights = weights, loss, following
    missed = ~reached[:, None, :, None]
    return Path(weights, torch.where(missed, weights, before), torch.where(missed, weights, after), share, reached)


def joined(paths: Sequence[Path]) -> Path:
    """Return one path that has the models of several paths."""
    weights = (torch.cat([getattr(path, name) for path in paths], dim=2) for name in ("end", "before", "after"))
    return Path(*weights, *(torch.cat([getattr(path, name) for path in paths], dim=1) for name in ("share", "reached")))


def descent(problems: SquaredReluProblems, step: Tensor) -> Advance:
    """Return a function that takes one step of gradient descent; the step size ``step`` is ``(problems, models)``."""
    h = step[:, None, :, None]

    def advance(weights: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient, _ = problems.gradient(weights)
        return loss, weights - h * gradient

    return advance


def epoch(
    problems: SquaredReluProblems, step: Tensor, batch_size: int, generators: Sequence[np.random.Generator]
) -> Advance:
    """Return a function that takes one epoch of SGD, each problem in its own order, without a last, smaller batch."""
    h, n = step[:, None, :, None], problems.inputs.shape[1]

    def advance(weights: Tensor) -> tuple[Tensor, Tensor]:
        loss = problems.loss(weights)
        order = torch.as_tensor(np.stack([one.permutation(n) for one in generators])).to(weights.device)
        inputs = torch.take_along_dim(problems.inputs, order[..., None], dim=1)
        labels = torch.take_along_dim(problems.labels, order, dim=1)
        for first in range(0, n - batch_size + 1, batch_size):
            rows = slice(first, first + batch_size)
            weights = weights - h * SquaredReluProblems(inputs[:, rows], labels[:, rows]).gradient(weights)[1]
        return loss, weights

    return advance


def flow(problems: SquaredReluProblems, step: Tensor, term: Tensor | None = None) -> Advance:
    """Return a function that takes one Runge–Kutta step of 4th order of dθ/dt = −∇(L + c‖∇L‖²).

    The size ``step`` and the ``term`` c (``None`` stands for 0) are ``(problems, models)``. A step is stable if it is
    smaller than 2.78/(λ(1 + 2cλ)) for every eigenvalue λ of ∇²L.
    """
    eta = step[:, None, :, None]

    def velocity(weights: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient, curved = problems.gradient(weights, twice=term is not None)
        return loss, -gradient if curved is None else -torch.addcmul(gradient, 2 * term[:, None, :, None], curved)

    def advance(weights: Tensor) -> tuple[Tensor, Tensor]:
        loss, first = velocity(weights)
        _, second = velocity(weights + eta / 2 * first)
        _, third = velocity(weights + eta / 2 * second)
        _, fourth = velocity(weights + eta * third)
        return loss, weights + eta / 6 * (first + 2 * second + 2 * third + fourth)

    return advance
