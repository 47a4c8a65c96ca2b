"""Clusterable data with corrupted labels: inputs near L centres on the sphere, and one of K class values per cluster.

Li, Soltanolkotabi & Oymak (arXiv 1903.11680) define an (ε₀, δ)-clusterable data set (definition 1.1), and its
corruption, in which at most a share ρ of every cluster gets the label of another class (definition 1.2).
"""

import dataclasses

import numpy as np

from overparam.errors import UserError


@dataclasses.dataclass(frozen=True, eq=False)
class ClusterableData:
    """Inputs in clusters, with their true classes.

    Attributes
    ----------
    inputs
        ``(n, d)``, float64, unit norm, sorted by cluster.
    centres
        ``(L, d)``, float64, unit norm.
    cluster
        ``(n,)``, int64: the number of the centre that an input is near.
    classes
        ``(n,)``, int64, in ``[0, K)``: the true class, the same for all points of a cluster.
    class_values
        ``(K,)``, float64, equally spaced from −1 to 1: the number that stands for a class in squared loss.
    """

    inputs: np.ndarray
    centres: np.ndarray
    cluster: np.ndarray
    classes: np.ndarray
    class_values: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """``(n,)``, float64: ȳ, the class value of every point's true class."""
        return self.class_values[self.classes]


def draw_clusters(
    n_clusters: int,
    n_classes: int,
    n_per_cluster: int,
    dimension: int,
    radius: float,
    generator: np.random.Generator,
    centres: np.ndarray | None = None,
) -> ClusterableData:
    """Return n = L · n_per_cluster points on the sphere, each within ``radius`` of its centre.

    A point leaves its centre in a uniformly random tangent direction, by a chord that is distributed as the radius of a
    uniform draw from a ball of the d − 1 tangent dimensions.

    Parameters
    ----------
    n_clusters, n_classes
        L and K, with 2 ≤ K ≤ L. In a random order of the clusters, cluster ℓ is of class ℓ mod K: every class is used.
    n_per_cluster
        Points per cluster, at least 1.
    dimension
        d, at least 2.
    radius
        ε₀, the largest chord |x − c|, in ``[0, 2]``; 0 repeats the centres exactly.
    generator
        Owned by the caller.
    centres
        ``(L, d)``, unit norm; ``None`` draws them uniformly on the sphere.

    Raises
    ------
    UserError
        If a number is out of its range, or the centres have another shape or are not on the sphere.
    """
    if not 2 <= n_classes <= n_clusters:
        raise UserError(f"n_classes must be from 2 to n_clusters = {n_clusters}, got {n_classes}")
    if n_per_cluster < 1 or dimension < 2:
        raise UserError(
            f"n_per_cluster must be at least 1 and dimension at least 2, got {n_per_cluster} and {dimension}"
        )
    if not 0 <= radius <= 2:
        raise UserError(f"radius must be from 0 to 2, the diameter of the sphere, got {radius}")
    if centres is None:
        centres = _on_sphere(generator.standard_normal((n_clusters, dimension)))
    centres = np.array(centres, dtype=np.float64)
    if centres.shape != (n_clusters, dimension) or not np.allclose(np.linalg.norm(centres, axis=1), 1):
        raise UserError(f"centres must be {n_clusters} points on the sphere in {dimension} dimensions")
    class_of_cluster = generator.permutation(np.arange(n_clusters) % n_classes)
    cluster = np.repeat(np.arange(n_clusters), n_per_cluster)
    own = centres[cluster]
    steps = generator.standard_normal(own.shape)
    tangents = _on_sphere(steps - np.sum(steps * own, axis=1, keepdims=True) * own)
    chords = radius * generator.random((len(cluster), 1)) ** (1 / (dimension - 1))
    # cos θ = 1 − chord²/2 for the angle θ between a point and its centre
    cosine = 1 - chords**2 / 2
    inputs = own * cosine + tangents * np.sqrt(np.maximum(1 - cosine**2, 0))
    return ClusterableData(inputs, centres, cluster, class_of_cluster[cluster], np.linspace(-1, 1, n_classes))


def corrupt_per_cluster(data: ClusterableData, corruption: float, generator: np.random.Generator) -> np.ndarray:
    """Return the given classes when exactly ⌊ρ · size⌋ random points of every cluster get a random *wrong* class.

    Parameters
    ----------
    data
        Left as it is.
    corruption
        ρ, in ``[0, 1]``.
    generator
        Owned by the caller. As many numbers are drawn whatever ρ is, so that with equal generators the points that are
        corrupted at a small ρ are corrupted at every larger one too.

    Returns
    -------
    np.ndarray
        ``(n,)``, int64, in ``[0, K)``.
    """
    _check_share(corruption)
    order, wrong = generator.random(len(data.cluster)), _wrong_classes(data, generator)
    sizes = np.bincount(data.cluster, minlength=len(data.centres))
    within = np.lexsort((order, data.cluster))  # a random order within every cluster, cluster by cluster
    rank = np.empty(len(order), dtype=np.int64)
    rank[within] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # a share such as 0.07 · 100 must not lose a point to rounding
    return np.where(rank < np.floor(corruption * sizes + 1e-9)[data.cluster], wrong, data.classes)


def corrupt_uniformly(data: ClusterableData, fraction: float, generator: np.random.Generator) -> np.ndarray:
    """Return the given classes when each label becomes, independently with probability ``fraction``, a *wrong* class.

    The wrong class is uniformly random. Parameters and result are as for :func:`corrupt_per_cluster`, but the number of
    corrupted points is binomial.
    """
    _check_share(fraction)
    draws, wrong = generator.random(len(data.cluster)), _wrong_classes(data, generator)
    return np.where(draws < fraction, wrong, data.classes)


def _wrong_classes(data: ClusterableData, generator: np.random.Generator) -> np.ndarray:
    """Return for every point a uniformly random class other than its own."""
    n_classes = len(data.class_values)
    return (data.classes + generator.integers(1, n_classes, size=len(data.classes))) % n_classes


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise UserError(f"a share of corrupted labels must be from 0 to 1, got {share}")


def _on_sphere(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)
