"""Non-linear least-squares problems whose constants α, β and L are certified on a ball, by bounds that are proved here.

Every tensor has a leading axis of B problems; θ is (B, p), outputs and labels are (B, n), all float64. If the Jacobian
is L-Lipschitz, ‖J(θ) − J(θ₀)‖ ≤ L R on the ball B(θ₀, R), so that by Weyl's inequality every singular value there lies
between σ_min(J(θ₀)) − L R and σ_max(J(θ₀)) + L R. It remains to prove L for each family:

- ``sine``: f = Aθ + sin(Cθ). J = A + diag(cos Cθ) C, and L = ‖C‖ max_i ‖c_i‖, as cos is 1-Lipschitz.
- networks: f_i = vᵀφ(W x_i). Row i of J(W) − J(W'), applied to U, is Σ_j v_j (φ'(w_j·x_i) − φ'(w'_j·x_i)) u_j·x_i,
  which is at most ‖v‖∞ sup|φ''| ‖(W − W')x_i‖ ‖U x_i‖; the sum over i gives L = sup|φ''| ‖v‖∞ ‖X‖ max_i ‖x_i‖.
- ``matrix recovery``: f_i = ½⟨S_i, UUᵀ⟩ with S_i symmetric. Row i of J is S_iU, linear in U, and L is the largest
  singular value of the S_i stacked on each other.

The conditions are those of the talk's key lemma, after Oymak & Soltanolkotabi, arXiv 1812.10004.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import normalize

from overparam.theory import activations, hidden_layer

Data = dict[str, torch.Tensor]

# activation: sup|φ'| and sup|φ''| over the reals
SMOOTHNESS = {
    "tanh": (1.0, 4 / (3 * math.sqrt(3))),
    "softplus": (1.0, 0.25),
    "erf": (2 / math.sqrt(math.pi), math.sqrt(8 / math.pi) * math.exp(-0.5)),
}


@dataclasses.dataclass(frozen=True)
class CertifiedProblems:
    """A batch of functions f: R^p → R^n of one family, without labels.

    Attributes
    ----------
    outputs, jacobian
        Functions of the data and θ (B, p) that return f (B, n) and J (B, n, p).
    pulled
        Function of the data, θ and residuals r (B, n) that returns Jᵀr (B, p).
    linearised, pulled_by
        The same in two parts that evaluate f once: a function of the data and θ that returns f and what is needed of θ
        for Jᵀr, with a leading axis B; and one of the data, the latter and r that returns Jᵀr.
    lipschitz, largest
        Functions of the data that return L, and a bound on ‖J‖ that holds everywhere (infinite if there is none), (B,).
    data
        The tensors that define each function, by name, with a leading axis B.
    start
        θ₀, (B, p).
    """

    family: str
    outputs: Callable[[Data, torch.Tensor], torch.Tensor]
    jacobian: Callable[[Data, torch.Tensor], torch.Tensor]
    pulled: Callable[[Data, torch.Tensor, torch.Tensor], torch.Tensor]
    linearised: Callable[[Data, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    pulled_by: Callable[[Data, torch.Tensor, torch.Tensor], torch.Tensor]
    lipschitz: Callable[[Data], torch.Tensor]
    largest: Callable[[Data], torch.Tensor]
    data: Data
    start: torch.Tensor

    def take(self, index: torch.Tensor) -> "CertifiedProblems":
        """Return the problems at ``index``, in its order; repeats are allowed."""
        data = {name: value[index] for name, value in self.data.items()}
        return dataclasses.replace(self, data=data, start=self.start[index])


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Constants that hold on B(θ₀, ``radius``), each of shape (B,).

    Attributes
    ----------
    alpha, beta
        Bounds on every singular value of J in the ball.
    row
        Bound on the norm of every row of J in the ball.
    residual
        Largest ‖f(θ₀) − y‖ for which 4 ‖f(θ₀) − y‖ · ``spread``/α is ``radius``.
    """

    alpha: torch.Tensor
    beta: torch.Tensor
    lipschitz: torch.Tensor
    row: torch.Tensor
    radius: torch.Tensor
    residual: torch.Tensor


def certify(problems: CertifiedProblems, share: float | torch.Tensor, spread: float = 1.0) -> Certificate:
    """Return the constants for α = ``share`` · σ_min(J(θ₀)), on the largest ball in which that α is certified.

    Parameters
    ----------
    share
        t in (0, 1), a number or shape (B,). The ball is R = (1 − t) σ_min/L; with R = 4 ‖r₀‖/α this is
        ‖r₀‖ = t(1 − t) σ_min²/(4L). At t = ½ we have σ_min = 2α and ‖r₀‖ = α²/(4L): the conditions that the slide
        prints, with equality.
    spread
        ν: the ball has radius 4ν‖r₀‖/α, so that the allowed residual is smaller by the factor ν.
    """
    values = torch.linalg.svdvals(problems.jacobian(problems.data, problems.start))
    lipschitz, largest = problems.lipschitz(problems.data), problems.largest(problems.data)
    alpha = share * values[:, -1]
    radius = (1 - share) * values[:, -1] / lipschitz
    beta = torch.minimum(values[:, 0] + lipschitz * radius, largest)
    return Certificate(
        alpha, beta, lipschitz, largest_row(problems) + lipschitz * radius, radius, alpha * radius / (4 * spread)
    )


def largest_row(problems: CertifiedProblems) -> torch.Tensor:
    """Return the largest norm of a row of J(θ₀), (B,)."""
    return problems.jacobian(problems.data, problems.start).norm(dim=2).amax(dim=1)


def slowest_direction(problems: CertifiedProblems) -> torch.Tensor:
    """Return the left singular vector of J(θ₀) that belongs to σ_min, (B, n)."""
    return torch.linalg.svd(problems.jacobian(problems.data, problems.start), full_matrices=False)[0][:, :, -1]


def _pulled_by_jacobian(data: Data, jacobian: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
    return (jacobian.mT @ residual[:, :, None]).squeeze(2)


def sine(linear: torch.Tensor, frequency: torch.Tensor, scale: torch.Tensor, start: torch.Tensor) -> CertifiedProblems:
    """Return f = s (Aθ + sin(Cθ)) for A and C of shape (B, n, p) and scales s of shape (B,)."""
    data = {"linear": linear * scale[:, None, None], "frequency": frequency, "scale": scale}

    def phases(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return (data["frequency"] @ theta[:, :, None]).squeeze(2)

    def outputs_of(data: Data, theta: torch.Tensor, phase: torch.Tensor) -> torch.Tensor:
        return (data["linear"] @ theta[:, :, None]).squeeze(2) + data["scale"][:, None] * phase.sin()

    def jacobian_of(data: Data, phase: torch.Tensor) -> torch.Tensor:
        slopes = data["scale"][:, None] * phase.cos()
        return data["linear"] + slopes[:, :, None] * data["frequency"]

    def outputs(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return outputs_of(data, theta, phases(data, theta))

    def jacobian(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return jacobian_of(data, phases(data, theta))

    def pulled(data: Data, theta: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return _pulled_by_jacobian(data, jacobian(data, theta), residual)

    def linearised(data: Data, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        phase = phases(data, theta)
        return outputs_of(data, theta, phase), jacobian_of(data, phase)

    def lipschitz(data: Data) -> torch.Tensor:
        rows = data["frequency"].norm(dim=2).amax(dim=1)
        return data["scale"] * torch.linalg.matrix_norm(data["frequency"], 2) * rows

    def largest(data: Data) -> torch.Tensor:
        frequency = data["scale"] * torch.linalg.matrix_norm(data["frequency"], 2)
        return torch.linalg.matrix_norm(data["linear"], 2) + frequency

    return CertifiedProblems(
        "sine", outputs, jacobian, pulled, linearised, _pulled_by_jacobian, lipschitz, largest, data, start
    )


def network(activation: str, inputs: torch.Tensor, v: torch.Tensor, hidden: torch.Tensor) -> CertifiedProblems:
    """Return f = vᵀφ(Wx) for inputs (B, n, d), output weights (B, k) and trained hidden weights (B, k, d)."""
    shape, phi = hidden.shape[1:], activations.ACTIVATIONS[activation]
    first, second = SMOOTHNESS[activation]

    def outputs(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return hidden_layer.predict(theta.unflatten(1, shape), data["v"], data["inputs"], phi)

    def jacobian(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return hidden_layer.jacobian(theta.unflatten(1, shape), data["v"], data["inputs"], phi)

    def pulled(data: Data, theta: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return hidden_layer.gradient(theta.unflatten(1, shape), data["v"], data["inputs"], residual, phi).flatten(1)

    def linearised(data: Data, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        value, slopes = phi.value_and_first(data["inputs"] @ theta.unflatten(1, shape).mT)
        return (value @ data["v"][..., None]).squeeze(-1), slopes * data["v"][:, None]

    def pulled_by(data: Data, slopes: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return ((slopes * residual[..., None]).mT @ data["inputs"]).flatten(1)

    def lipschitz(data: Data) -> torch.Tensor:
        norms = torch.linalg.matrix_norm(data["inputs"], 2) * data["inputs"].norm(dim=2).amax(dim=1)
        return second * data["v"].abs().amax(dim=1) * norms

    def largest(data: Data) -> torch.Tensor:  # by Schur: JJᵀ = M ⊙ XXᵀ, so that ‖JJᵀ‖ ≤ max M_ii ‖XXᵀ‖
        return first * data["v"].norm(dim=1) * torch.linalg.matrix_norm(data["inputs"], 2)

    data = {"inputs": inputs, "v": v}
    return CertifiedProblems(
        f"{activation} network", outputs, jacobian, pulled, linearised, pulled_by, lipschitz, largest, data,
        hidden.flatten(1),
    )  # fmt: skip


def matrix_recovery(features: torch.Tensor, start: torch.Tensor) -> CertifiedProblems:
    """Return f_i = ½⟨S_i, UUᵀ⟩ for symmetric features (B, n, d, d) and a start U of shape (B, d, r)."""
    shape = start.shape[1:]

    def jacobian(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return (data["features"] @ theta.unflatten(1, shape)[:, None]).flatten(2)

    def outputs(data: Data, theta: torch.Tensor) -> torch.Tensor:
        return linearised(data, theta)[0]

    def pulled(data: Data, theta: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return _pulled_by_jacobian(data, jacobian(data, theta), residual)

    def linearised(data: Data, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        slopes = jacobian(data, theta)
        return (slopes @ theta[:, :, None]).squeeze(2) / 2, slopes

    def lipschitz(data: Data) -> torch.Tensor:
        return torch.linalg.matrix_norm(data["features"].flatten(1, 2), 2)

    def largest(data: Data) -> torch.Tensor:
        return torch.full((len(data["features"]),), torch.inf, dtype=torch.float64)

    return CertifiedProblems(
        "matrix recovery", outputs, jacobian, pulled, linearised, _pulled_by_jacobian, lipschitz, largest,
        {"features": features}, start.flatten(1),
    )  # fmt: skip


def draw(
    family: str, sizes: dict[str, int], scales: np.ndarray, generators: list[np.random.Generator]
) -> CertifiedProblems:
    """Draw one problem per generator and multiply it by its scale.

    Parameters
    ----------
    family
        ``sine``, ``tanh network``, ``softplus network``, ``erf network`` or ``matrix recovery``.
    sizes
        ``n`` outputs; ``p`` parameters (sine), ``k`` hidden units and ``d`` inputs (networks; inputs on the sphere,
        v half +1/√k and half −1/√k, W standard normal), ``d`` and rank ``r`` (matrix recovery, all standard normal).
    scales
        Shape (B,): f is multiplied by it, which multiplies α, β, L and the allowed residual.
    generators
        B generators; each problem depends on its own generator alone.
    """
    n, scale = sizes["n"], torch.tensor(scales, dtype=torch.float64)

    def normal(*shape: int) -> torch.Tensor:
        return torch.stack([torch.as_tensor(one.standard_normal(shape)) for one in generators])

    if family == "sine":
        root = math.sqrt(sizes["p"])
        linear, frequency = normal(n, sizes["p"]) / root, normal(n, sizes["p"]) / (2 * root)
        return sine(linear, frequency, scale, normal(sizes["p"]))
    if family == "matrix recovery":
        features = normal(n, sizes["d"], sizes["d"])
        features = (features + features.mT) / 2 * scale[:, None, None, None]
        return matrix_recovery(features, normal(sizes["d"], sizes["r"]))
    inputs, hidden = normalize(normal(n, sizes["d"]), dim=2), normal(sizes["k"], sizes["d"])
    v = hidden_layer.half_signs(sizes["k"], sizes["k"] ** -0.5) * scale[:, None]
    return network(family.removesuffix(" network"), inputs, v, hidden)
