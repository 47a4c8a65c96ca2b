"""Networks f(x) = vᵀ max(Wx, 0)² with one hidden layer and one output, and linear models, many of them at once.

The loss is L = ½ mean (f(x) − y)². Unlike rectified linear units, rectified squares have a continuous derivative, so
that the curvature of the loss does not jump. And they are homogeneous: (αW, v/α²) is the same function for every α > 0.

All weights are one tensor of shape (problems, d + 1, models, width), which holds W, input by input, and v in the last
row. Models that see the same data lie side by side, so that one product serves them all. The weights of linear models
f(x) = wᵀx are (problems, d, models, 1). Everything is float64 and stays on the device of its data.
"""

import dataclasses
from collections.abc import Iterable

import torch

Tensor = torch.Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class SquaredReluProblems:
    """Data of several problems, and the kind of model that is fitted to them: networks as above, or linear ones.

    Attributes
    ----------
    inputs, labels
        ``(problems, n, d)`` and ``(problems, n)``.
    linear
        Whether the models are linear, not networks.
    """

    inputs: Tensor
    labels: Tensor
    linear: bool = False

    def outputs(self, weights: Tensor) -> Tensor:
        """Return f(x) for every sample, ``(problems, n, models)``."""
        before = self._first(weights)  # (problems, n, models, width)
        if self.linear:
            return before.squeeze(3)
        return (before.clamp_min(0).square() * weights[:, -1:]).sum(dim=3)

    def loss(self, weights: Tensor) -> Tensor:
        """Return L of every model, ``(problems, models)``."""
        return 0.5 * (self.outputs(weights) - self.labels[..., None]).square().mean(dim=1)

    def error(self, weights: Tensor) -> Tensor:
        """Return the share of samples whose sign is wrong, ``(problems, models)``, float64."""
        return (self.outputs(weights) * self.labels[..., None] <= 0).double().mean(dim=1)

    def gradient(self, weights: Tensor, twice: bool = False) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return L, ∇L and, if asked, ∇²L ∇L, the latter two in the shape of ``weights``."""
        count = self.inputs.shape[1]
        before = self._first(weights)
        if self.linear:
            residual = before - self.labels[..., None, None]
            gradient = self._back(residual / count)
            return _loss(residual), gradient, self._back(self._first(gradient) / count) if twice else None
        positive, v = before.clamp_min(0), weights[:, -1:]
        hidden = positive.square()
        residual = (hidden * v).sum(dim=3, keepdim=True) - self.labels[..., None, None]
        scaled = residual * (2 / count)
        into_units = scaled * v * positive
        gradient = torch.cat([self._back(into_units), 0.5 * (scaled * hidden).sum(dim=1, keepdim=True)], dim=1)
        if not twice:
            return _loss(residual), gradient, None
        shift, v_shift = self._first(gradient), gradient[:, -1:]
        hidden_shift = 2 * positive * shift
        scaled_shift = (hidden_shift * v + hidden * v_shift).sum(dim=3, keepdim=True) * (2 / count)
        slope_shift = torch.where(before > 0, shift, 0.0)
        curved = (scaled_shift * v + scaled * v_shift) * positive + scaled * v * slope_shift
        curved_v = 0.5 * (scaled_shift * hidden + scaled * hidden_shift).sum(dim=1, keepdim=True)
        return _loss(residual), gradient, torch.cat([self._back(curved), curved_v], dim=1)

    def trace(self, weights: Tensor) -> Tensor:
        """Return the trace of ∇²L of every network, ``(problems, models)``, in closed form.

        Per sample it is ‖∂f/∂θ‖² + (f − y) · 2‖x‖² Σ_k v_k [w_kᵀx > 0]; v enters f linearly.
        """
        before, v = self._first(weights), weights[:, -1:]
        positive = before.clamp_min(0)
        length = self.inputs.square().sum(dim=2)[..., None]  # (problems, n, 1)
        residual = (positive.square() * v).sum(dim=3) - self.labels[..., None]
        slopes = positive.pow(4).sum(dim=3) + 4 * length * (positive * v).square().sum(dim=3)
        return (slopes + 2 * residual * length * ((before > 0) * v).sum(dim=3)).mean(dim=1)

    def increase(self, weights: Tensor, shifts: Iterable[Tensor]) -> Tensor:
        """Return the mean of L(θ + δ) − L(θ) over shifts δ and −δ, ``(problems, models)``.

        Each shift, ``(problems, d + 1, 1, width)``, is added to the weights of all networks of a problem.
        """
        before, v, labels = self._first(weights), weights[:, -1:], self.labels[..., None]
        total, count = torch.zeros_like(weights[:, 0, :, 0]), 0
        for shift in shifts:
            beside, v_shift = self._first(shift), shift[:, -1:]
            for sign in (1, -1):
                outputs = ((before + sign * beside).clamp_min(0).square() * (v + sign * v_shift)).sum(dim=3)
                total += 0.5 * (outputs - labels).square().mean(dim=1)
                count += 1
        return total / count - self.loss(weights)

    def _first(self, weights: Tensor) -> Tensor:
        """Return Wx, ``(problems, n, models, width)``."""
        hidden = weights if self.linear else weights[:, :-1]
        return (self.inputs @ hidden.flatten(2)).unflatten(2, weights.shape[2:])

    def _back(self, values: Tensor) -> Tensor:
        """Return Σ_i x_i values_i, ``(problems, d, models, width)``."""
        return (self.inputs.mT @ values.flatten(2)).unflatten(2, values.shape[2:])


def rescaled(weights: Tensor, factor: Tensor) -> Tensor:
    """Return (αW, v/α²), the weights of the same functions; the ``factor`` α > 0 is ``(problems, models)``."""
    factor = factor[:, None, :, None]
    return torch.cat([weights[:, :-1] * factor, weights[:, -1:] / factor**2], dim=1)


def squared_length(weights: Tensor) -> Tensor:
    """Return ‖θ‖² of every model, ``(problems, models)``."""
    return weights.square().sum(dim=(1, 3))


def single_loss(flat: Tensor, inputs: Tensor, labels: Tensor) -> Tensor:
    """Return L of one network, for :func:`overparam.theory.curvature.hessian_norms`.

    ``flat`` has (d + 1) · width entries.
    """
    weights = flat.reshape(inputs.shape[1] + 1, -1)
    return 0.5 * ((inputs @ weights[:-1]).clamp_min(0).square() @ weights[-1] - labels).square().mean()


def _loss(residual: Tensor) -> Tensor:
    return 0.5 * residual.squeeze(3).square().mean(dim=1)
