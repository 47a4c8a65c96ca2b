"""CPU seconds of Hessian norms, many networks side by side against one after the other.

    python tests/benchmarks/hessian_norms.py

The networks are tanh networks with three layers of weights, as in the experiment ``deep_linearity``. Side by side is
:func:`overparam.theory.curvature.hessian_norms` on all of them; one by one is the same function on one at a time, and,
as a second alternative, :func:`overparam.theory.curvature.spectral_norm`, Lanczos iterations that keep and
orthogonalise all vectors. Both must give the same norms first. Runs alternate; the ratio is that of the medians. One
thread.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from overparam import seeding
from overparam.claims.linearity.deep_linearity import deep_network
from overparam.theory import curvature

DIMENSION, TOLERANCE, STEPS, MEMORY_MB = 10, 1e-8, 120, 1000.0


def main() -> None:
    """Print one line per width."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32, 64, 128], help="hidden units per layer")
    parser.add_argument("--networks", type=int, default=32, help="networks of each width")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{chosen.networks} networks, L = 3, CPU seconds (median of {chosen.repeats})")
    print(f"{'width':>6}{'weights':>9}{'batched':>10}{'one by one':>12}{'ratio':>8}{'orthogonalised':>16}{'ratio':>8}")
    for width in chosen.widths:
        layers = (DIMENSION, width, width, 1)
        ways = _ways(layers, chosen.networks)
        results = [way() for way in ways]  # also warms up
        for result in results[1:]:
            np.testing.assert_allclose(result, results[0], rtol=1e-5)
        seconds: list[list[float]] = [[] for _ in ways]
        for _ in range(chosen.repeats):
            for taken, way in zip(seconds, ways, strict=True):
                start = time.process_time()
                way()
                taken.append(time.process_time() - start)
        batched, single, orthogonal = map(statistics.median, seconds)
        print(
            f"{width:>6}{sum(deep_network.sizes(layers)):>9}{batched:>10.3f}{single:>12.3f}{single / batched:>8.1f}"
            f"{orthogonal:>16.3f}{orthogonal / batched:>8.1f}",
            flush=True,
        )


def _ways(layers: tuple[int, ...], count: int) -> list[Callable[[], np.ndarray]]:
    draw = seeding.torch_generator(0, "benchmark", *layers)
    function = deep_network.network(layers)
    theta = torch.randn(count, sum(deep_network.sizes(layers)), generator=draw, dtype=torch.float64)
    inputs = torch.randn(count, DIMENSION, generator=draw, dtype=torch.float64)

    def batched(chosen: slice = slice(None)) -> np.ndarray:
        start = seeding.torch_generator(0, "start")
        return curvature.hessian_norms(
            function, theta[chosen], (inputs[chosen],), start, MEMORY_MB, steps=STEPS, tolerance=TOLERANCE
        )[0]

    def single() -> np.ndarray:
        return np.concatenate([batched(slice(i, i + 1)) for i in range(count)])

    def orthogonalised() -> np.ndarray:
        start = seeding.generator(0, "start")
        norms = []
        for one, x in zip(theta, inputs, strict=True):
            product = curvature.hessian_vector_product(lambda at, x=x: function(at, x), one)
            norms.append(curvature.spectral_norm(product, one.numel(), start, steps=STEPS, tolerance=TOLERANCE))
        return np.array(norms)

    return [batched, single, orthogonalised]


if __name__ == "__main__":
    main()
