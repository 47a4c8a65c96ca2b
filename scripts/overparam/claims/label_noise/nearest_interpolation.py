"""The closest hidden weights that fit given labels: minimise ‖W − W₀‖ subject to f(W; x) = y.

The method is sequential quadratic programming, with the Hessian of the objective alone, which is the identity. Every
step goes towards the closest point that fits the linearised network,

    W⁺ = W₀ + J(W)ᵀ (J(W) J(W)ᵀ)⁻¹ (y − f(W) + J(W)(W − W₀)),

and is halved until it lowers ‖f − y‖. For a linear network a single step gives the pseudoinverse solution, at which
gradient descent ends as well.
"""

import dataclasses

import torch

from overparam.theory import hidden_layer
from overparam.theory.activations import Activation

SMALLEST_STEP = 1 / 16  # share of a step below which it is not halved again
# largest last step, as a share of the distance from the start, at which the search ends; the error that is left in the
# distance is of second order in that share, and so far smaller
SETTLED = 0.01


@dataclasses.dataclass(frozen=True)
class Fit:
    """Weights (k, d), ‖f − y‖ at these weights, steps taken, and whether ``step_limit`` ended the search."""

    hidden: torch.Tensor
    residual: float
    steps: int
    limit_hit: bool


def closest(
    hidden: torch.Tensor,
    v: torch.Tensor,
    inputs: torch.Tensor,
    labels: torch.Tensor,
    activation: Activation,
    tolerance: float,
    step_limit: int,
) -> Fit:
    """Return weights that fit the labels at a locally smallest distance from ``hidden``, in the dtype of the latter.

    Parameters
    ----------
    hidden, v, inputs, labels
        W₀ (k, d), output weights (k,), inputs (n, d) and labels (n,) of one problem. They are not changed.
    activation
        φ and φ'.
    tolerance
        The search ends when ‖f − y‖ is at most this and the last step moved the weights by at most the share
        :data:`SETTLED` of their distance from the start.
    step_limit
        Largest number of steps.
    """
    start, v, inputs = hidden[None], v[None], inputs[None]
    weights = start
    residual = hidden_layer.predict(weights, v, inputs, activation) - labels
    size = float(residual.norm())
    change, distance = float("inf"), 0.0
    for step in range(step_limit):
        if size <= tolerance and change <= SETTLED * distance:
            return Fit(weights[0], size, step, False)
        gram = hidden_layer.gram(weights, v, inputs, activation)
        slopes = activation.first(inputs @ weights.mT) * v[:, None]
        moved = ((inputs @ (weights - start).mT) * slopes).sum(dim=2)  # J(W)(W − W₀)
        multipliers = _solve(gram, (moved - residual)[..., None])[..., 0]
        direction = start + hidden_layer.gradient(weights, v, inputs, multipliers, activation) - weights
        length = 1.0
        while True:
            proposed = weights + length * direction
            trial = hidden_layer.predict(proposed, v, inputs, activation) - labels
            if float(trial.norm()) < size or length <= SMALLEST_STEP:
                break
            length /= 2
        change, distance = float((proposed - weights).norm()), float((proposed - start).norm())
        weights, residual, size = proposed, trial, float(trial.norm())
    return Fit(weights[0], size, step_limit, True)


def _solve(gram: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return gram⁻¹ right; where samples coincide, so that gram is singular, the shortest least-squares solution."""
    found = torch.linalg.solve_ex(gram, right)
    if int(found.info.sum()) == 0 and bool(torch.isfinite(found.result).all()):
        return found.result
    return torch.linalg.lstsq(gram, right, driver="gelsd").solution
