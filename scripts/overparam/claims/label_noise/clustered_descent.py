"""Gradient descent on corrupted labels of clusterable data, and the time at which theory stops it.

The network is f(W; x) = vᵀφ(Wx) with φ = softplus. Half of the entries of v are 1/√k, the others −1/√k, and v is fixed;
W is drawn from N(0, 1) at the start. The loss is ½‖f − y‖² (Li, Soltanolkotabi & Oymak, arXiv 1903.11680). Several
problems of one shape are run at once.

The stopping time is derived as follows. ‖J‖² ≤ Γ²‖X‖² with Γ = sup |φ'| = 1, so every step η ≤ 1/‖X‖² is safe; 1/n is
such a step, as ‖X‖² ≤ n. Let m points lie at each of L centres C, and let λ(C) be λ_min(Σ(C)). Then the squares of the
top L singular values of J are at least m λ(C), as long as the network is wide enough to stay near its expectation. So
each step multiplies the part of the residual in the span of their singular vectors by 1 − η m λ(C) at most, and after

    τ = ⌈log(1/ρ) / (η m λ(C))⌉,    at η = 1/n:  τ = ⌈L log(1/ρ) / λ(C)⌉,

steps at most a share ρ of that part is left. No true label enters τ.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import torch

from overparam.theory import hermite, hidden_layer
from overparam.theory.clusterable_data import ClusterableData

ACTIVATION = "softplus"


@dataclasses.dataclass(frozen=True, eq=False)
class ClusteredProblems:
    """B problems of one shape on clusterable data, with initial weights.

    Attributes
    ----------
    inputs, given, true
        Inputs (B, n, d), and class values (B, n) of the labels that training sees and of the true ones; float64.
    hidden, v
        Initial hidden weights (B, k, d) and the fixed output weights (k,).
    n_clusters
        L. Points are sorted by cluster, and every cluster has the same number of them.
    """

    inputs: torch.Tensor
    given: torch.Tensor
    true: torch.Tensor
    hidden: torch.Tensor
    v: torch.Tensor
    n_clusters: int

    def part(self, chosen: torch.Tensor) -> "ClusteredProblems":
        """Return the problems with the given indices."""
        return dataclasses.replace(
            self, **{name: getattr(self, name)[chosen] for name in ("inputs", "given", "true", "hidden")}
        )

    def cluster_means(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean over every cluster of (B, n) values, shape (B, L)."""
        return values.unflatten(1, (self.n_clusters, -1)).mean(dim=2)


def stacked(data: list[ClusterableData], given: list[np.ndarray], hidden: list[np.ndarray]) -> ClusteredProblems:
    """Return the problems of several data sets of one shape, given classes (n,) and initial weights (k, d)."""
    labels = [one.class_values[classes] for one, classes in zip(data, given, strict=True)]
    tensors = (torch.as_tensor(np.stack(part)) for part in ([d.inputs for d in data], labels, [d.labels for d in data]))
    width = hidden[0].shape[0]
    v = hidden_layer.half_signs(width, width**-0.5)
    return ClusteredProblems(*tensors, torch.as_tensor(np.stack(hidden)), v, len(data[0].centres))


def permuted(data: ClusterableData, generator: np.random.Generator) -> ClusterableData:
    """Return the data with its classes permuted across points, so that clusters tell nothing about classes."""
    return dataclasses.replace(data, classes=generator.permutation(data.classes))


def slowest(data: ClusterableData) -> float:
    """Return λ(C), the smallest eigenvalue of Σ(C)."""
    return float(np.linalg.eigvalsh(hermite.covariance(hermite.gram_of(data.centres), ACTIVATION))[0])


def stopping_step(rate: float, n_per_cluster: int, smallest: float, corruption: float) -> int:
    """Return τ, given the step η, m points per cluster, λ(C) and the share ρ of corrupted labels."""
    return max(1, int(np.ceil(np.log(1 / corruption) / (rate * n_per_cluster * smallest))))


def descend(problems: ClusteredProblems, rates: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield outputs f (B, n) and hidden weights (B, k, d) at every step from 0 on; the caller ends the descent.

    Parameters
    ----------
    problems
        They are not changed.
    rates
        Step size η of every problem, (B,).
    """
    hidden, inputs, given = problems.hidden.clone(), problems.inputs, problems.given
    scaled = rates[:, None, None] * problems.v[:, None]  # (B, k, 1)
    # φ(z) = −log σ(−z) and φ'(z) = 1 − σ(−z) share σ(−z); signs are turned in the inputs and v, which are small
    minus_inputs, minus_v, tiny = -inputs, -problems.v, torch.finfo(hidden.dtype).tiny
    while True:
        minus_z = minus_inputs @ hidden.mT  # (B, n, k)
        complement = minus_z.sigmoid()
        # where σ(−z) is no normal number any more, φ(z) is z
        minus_value = torch.minimum(complement.clamp(min=tiny).log_(), minus_z)
        outputs = minus_value @ minus_v
        yield outputs, hidden
        residual = (outputs - given)[..., None]
        pulled = residual.mT @ inputs - complement.mul_(residual).mT @ inputs
        hidden = torch.addcmul(hidden, scaled, pulled, value=-1)


def nearest(outputs: torch.Tensor, class_values: np.ndarray) -> torch.Tensor:
    """Return the class value that is nearest to every output; nan for an output that is nan."""
    index = nearest_class(outputs, len(class_values))
    found = torch.as_tensor(class_values)[index.nan_to_num(0).long()]
    return torch.where(index.isnan(), index, found)


def nearest_class(outputs: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Return the index of the class whose value is nearest to every output; nan for an output that is nan."""
    last = n_classes - 1
    return ((outputs + 1) * last / 2).round().clamp(0, last)


def orthonormal_centres(n_clusters: int, dimension: int) -> np.ndarray:
    """Return L unit vectors at right angles to each other, (L, d), for which Σ(C) is a multiple of the identity."""
    return np.eye(n_clusters, dimension)
