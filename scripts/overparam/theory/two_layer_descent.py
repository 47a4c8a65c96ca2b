"""Gradient descent on the two-layer network c Σ vᵢ σ(wᵢ·x), followed in its pre-activations instead of its weights.

Gradient descent moves W only within the span of the training inputs: ΔW = −A X. So the pre-activations Z = X Wᵀ at all
points of interest and the coefficients A are a complete state, whose size does not depend on the input dimension. A
step costs O(mn) evaluations of σ, which makes 2²⁰ hidden units affordable. The squared loss is ½Σ(φ(f) − y)², where φ
is the ``head`` on the output.

With features σ(Z) and slopes S = σ'(Z) diag(v), the tangent kernel is c² φ'(f) φ'(f)ᵀ ⊙ (σ(Z)σ(Z)ᵀ + SSᵀ ⊙ XXᵀ); the
first term in brackets is there only if v is trained.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from overparam.theory.activations import Activation

Function = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Head:
    """A function φ of the output and its derivative."""

    value: Function
    first: Function


HEADS = {
    "linear": Head(lambda f: f, np.ones_like),
    "tanh": Head(np.tanh, lambda f: 1 - np.tanh(f) ** 2),
}


class Network:
    """A two-layer network seen at N points, the first n of which are trained on.

    Parameters
    ----------
    v
        Output weights.
    hidden
        Hidden weights W.
    points
        Inputs.
    n_train
        n; the first n points are the training inputs.
    scale
        The factor c.
    activation
        σ.
    trains_output
        Whether v is trained too.
    head
        Name of φ in ``HEADS``.
    centred
        Whether the output is φ(f − f₀), with f₀ the output at the start, in place of φ(f).
    """

    def __init__(
        self,
        v: Float[np.ndarray, " m"],
        hidden: Float[np.ndarray, "m d"],
        points: Float[np.ndarray, "N d"],
        n_train: int,
        scale: float,
        activation: Activation,
        trains_output: bool = True,
        head: str = "linear",
        centred: bool = False,
    ):
        self.v, self.z, self.gram = v.copy(), points @ hidden.T, points @ points.T  # z: (N, m), units last: contiguous
        self.n_train, self.scale = n_train, scale
        self.activation, self.trains_output, self.head = activation, trains_output, HEADS[head]
        self._v_start, self._moved = v, np.zeros((n_train, v.size))  # Aᵀ
        self._origin = scale * (activation.value(self.z) @ v) if centred else np.zeros(len(points))
        self._evaluate()

    def _evaluate(self) -> None:
        self.features, first = self.activation.value_and_first(self.z)  # (N, m)
        self.slopes = self.v * first
        self._raw = self.scale * (self.features @ self.v) - self._origin
        self.outputs = self.head.value(self._raw)

    def kernel(self, points: int | None = None) -> Float[np.ndarray, "count count"]:
        """Return the tangent kernel at the first ``points`` points (default: the training inputs)."""
        count = self.n_train if points is None else points
        features, slopes, gain = self.features[:count], self.slopes[:count], self.head.first(self._raw[:count])
        inner = (slopes @ slopes.T) * self.gram[:count, :count]
        if self.trains_output:
            inner = inner + features @ features.T
        return self.scale**2 * np.outer(gain, gain) * inner

    def step(self, residual: Float[np.ndarray, " n"], rate: float) -> None:
        """Move the weights by −``rate`` times the gradient, for residuals φ(f) − y."""
        n = self.n_train
        pull = rate * self.scale * residual * self.head.first(self._raw[:n])
        coefficients = pull[:, None] * self.slopes[:n]
        if self.trains_output:
            self.v -= pull @ self.features[:n]
        self.z -= self.gram[:, :n] @ coefficients
        self._moved += coefficients
        self._evaluate()

    def step_on(self, sample: int, label: float, rate: float) -> None:
        """Move the weights by −``rate`` times the gradient of one sample's loss; call :meth:`refresh` afterwards."""
        value, first = self.activation.value_and_first(self.z[sample])
        raw = self.scale * (self.v @ value) - self._origin[sample]
        pull = rate * self.scale * float(self.head.value(raw) - label) * float(self.head.first(raw))
        coefficients = pull * self.v * first
        if self.trains_output:
            self.v -= pull * value
        self.z -= self.gram[sample][:, None] * coefficients
        self._moved[sample] += coefficients

    def refresh(self) -> None:
        """Compute outputs, features and slopes at all points anew, after steps on single samples."""
        self._evaluate()

    @property
    def distance(self) -> float:
        """‖θ − θ₀‖ over all trained weights."""
        n = self.n_train
        hidden = np.sum((self.gram[:n, :n] @ self._moved) * self._moved)
        return float(np.sqrt(max(hidden, 0.0) + np.sum((self.v - self._v_start) ** 2)))
