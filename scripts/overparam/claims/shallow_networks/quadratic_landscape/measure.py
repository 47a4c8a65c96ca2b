"""The loss landscape of networks with quadratic units (Soltanolkotabi, Javanmard & Lee, arXiv 1707.04926, th. 2.1).

f(x) = Σ_j v_j (w_j·x)² = xᵀAx with A = Wᵀ diag(v) W, and the loss is ½‖f − y‖². As a function of A it is convex, and
its least value over all symmetric A is that of a linear least-squares problem. From d positive and d negative v_j on,
every symmetric A is some Wᵀ diag(v) W.

With M = Σ_i r_i x_i x_iᵀ for the residual r = f − y, the gradient in w_j is 2 v_j M w_j, and A is optimal where M = 0.
A unit with w_j = 0 adds the block 2 v_j M to the Hessian. So a critical point of a narrow network stays one when such
units of both signs are added, and unless M = 0 it then has a direction of negative curvature.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory.hidden_layer import half_signs

SUFFICIENT = 0.1  # a step must gain at least this share of what the gradient promises, else it is halved
LARGEST_RATE, SMALLEST_RATE = 10.0, 1e-6  # of a step before it is halved
FLAT = 1e-7  # ‖gradient‖ at which a run ends; labels have norm 1
STUCK = 10  # tolerances by which a start ends above the optimum where its curvature is looked at
ZERO = 1e-14  # loss at which a run ends
LOOK = 25  # steps between two looks at which runs have ended
SIGN_NOISE = 0.15  # standard deviation of the noise on labels of one sign, whose mean is 2: A stays definite


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return where gradient descent ends at every width, and the curvature where narrow networks end.

    Inputs are uniform on the sphere of radius √d, and labels are scaled to norm 1. Before that, random labels are
    N(0, 1), and labels of one sign are 2‖x‖²/d = 2 plus noise. Weights are drawn from N(0, ``start_size``²). Everything
    is float64.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    few, many = settings["few_samples"], settings["many_samples"]
    cases = {"few samples": few, "many samples": many, "one sign": many}
    progress = Progress(len(cases) * len(settings["widths"]), "cases")
    rows: list[dict[str, Any]] = []
    for case, n_train in cases.items():
        inputs, labels = _problems(settings, case, n_train)
        optimum = least_loss(inputs, labels)
        for width in settings["widths"]:
            rows += _one_width(settings, case, width, inputs, labels, optimum)
            progress.advance()
    return pd.DataFrame(rows)


def _problems(settings: dict[str, Any], case: str, n_train: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs (S, n, d) and labels (S, n) of all seeds."""
    dimension, inputs, labels = settings["dimension"], [], []
    for seed in range(settings["n_seeds"]):
        draws = generator(settings["seed"], "quadratic_landscape", case, seed)
        points = draws.standard_normal((n_train, dimension))
        given = draws.standard_normal(n_train)
        if case == "one sign":
            given = 2 + SIGN_NOISE * given
        inputs.append(points * dimension**0.5 / np.linalg.norm(points, axis=1, keepdims=True))
        labels.append(given / np.linalg.norm(given))
    return torch.as_tensor(np.stack(inputs)), torch.as_tensor(np.stack(labels))


def _one_width(
    settings: dict[str, Any], case: str, width: int, inputs: torch.Tensor, labels: torch.Tensor, optimum: torch.Tensor
) -> list[dict[str, Any]]:
    n_seeds, n_starts, dimension = settings["n_seeds"], settings["n_starts"], settings["dimension"]
    starts = [
        generator(settings["seed"], "quadratic_landscape", case, seed, "start", start, width)
        for seed in range(n_seeds)
        for start in range(n_starts)
    ]
    weights = torch.as_tensor(np.stack([draws.standard_normal((width, dimension)) for draws in starts]))
    inputs, labels = (part.repeat_interleave(n_starts, dim=0) for part in (inputs, labels))
    v = half_signs(width, 1.0)
    weights, losses, steps = descend(inputs, labels, settings["start_size"] * weights, v, settings["step_limit"])
    excess = losses - optimum.repeat_interleave(n_starts)
    worst, best = _largest(losses, n_starts), -_largest(-losses, n_starts)
    measured = {
        "excess": _largest(excess, n_starts),
        "loss": worst,
        "at_optimum": (_largest(excess, n_starts) <= settings["loss_tolerance"]).double(),
        "starts_agree": (worst - best <= settings["loss_tolerance"]).double(),
        "steps": _largest(steps.double(), n_starts),
        "limit_hit": _largest((steps >= settings["step_limit"]).double(), n_starts),
    }
    condition = {
        "case": case, "n_train": inputs.shape[1], "dimension": dimension, "width": width,
        "units_per_dimension": width / dimension, "network": "narrow",
    }  # fmt: skip
    rows = [
        {**condition, "seed": seed, "quantity": quantity, "value": float(values[seed])}
        for quantity, values in measured.items()
        for seed in range(n_seeds)
    ]
    if width == settings["narrow_width"]:
        stuck = excess > STUCK * settings["loss_tolerance"]
        seeds = (torch.arange(len(stuck)) // n_starts)[stuck]
        added = 2 * dimension - width
        for network, extra in (("narrow", 0), ("widened", added)):
            wider, signs = widened(weights[stuck], v, extra)
            curvature = relative_curvature(inputs[stuck], labels[stuck], wider, signs)
            rows += [
                {**condition, "network": network, "seed": int(seed), "quantity": "least_curvature",
                 "value": float(curvature[seeds == seed].max())}
                for seed in seeds.unique()
            ]  # fmt: skip
    return rows


def _largest(values: torch.Tensor, n_starts: int) -> torch.Tensor:
    """Return the largest of every seed's values."""
    return values.unflatten(0, (-1, n_starts)).amax(dim=1)


def features(inputs: torch.Tensor) -> torch.Tensor:
    """Return all products x_a x_b of every input, (B, n, d²), so that f = features @ vec A."""
    return (inputs[..., :, None] * inputs[..., None, :]).flatten(2)


def least_loss(inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return min over symmetric A of Σ_i (x_iᵀAx_i − y_i)², shape (B,)."""
    products = features(inputs)
    best = torch.linalg.lstsq(products, labels[..., None], driver="gelsd").solution
    return ((products @ best)[..., 0] - labels).square().sum(dim=1)


def descend(
    inputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor, v: torch.Tensor, step_limit: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Run gradient descent on ½‖f − y‖² for B problems; return weights, ‖f − y‖² and the steps taken.

    The step size of a problem is the inverse of the curvature that it met on its last step (Barzilai & Borwein, IMA
    Journal of Numerical Analysis 1988), halved until the loss falls by a tenth of what the gradient promises. A run
    ends where gradient or loss are zero to rounding, or at the limit of steps.

    Parameters
    ----------
    inputs, labels, weights, v
        Shapes (B, n, d), (B, n), (B, k, d) and (k,); the weights are not changed.
    step_limit
        Steps at most, those that were halved included.
    """
    products, signs, dimension = features(inputs), v[:, None], inputs.shape[2]
    index = torch.arange(len(inputs))
    ends, losses = weights.clone(), torch.zeros(len(inputs), dtype=torch.float64)
    steps = torch.full((len(inputs),), step_limit)

    def residual_of(weights: torch.Tensor, products: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        form = weights.mT @ (signs * weights)  # A
        return (products @ form.flatten(1)[..., None])[..., 0] - labels

    def slope_of(weights: torch.Tensor, residual: torch.Tensor, products: torch.Tensor) -> torch.Tensor:
        moment = (residual[:, None, :] @ products).view(-1, dimension, dimension)  # M
        return 2 * signs * (weights @ moment)

    residual = residual_of(weights, products, labels)
    loss, slope = residual.square().sum(dim=1) / 2, slope_of(weights, residual, products)
    rate = torch.full_like(loss, 1e-2)
    for step in range(1, step_limit + 1):
        moved = weights - rate[:, None, None] * slope
        residual = residual_of(moved, products, labels)
        new, promised = residual.square().sum(dim=1) / 2, rate * slope.square().sum(dim=(1, 2))
        # at rounding, a loss that does not rise is good enough
        good = new <= loss - torch.where(promised > 1e-13 * loss, SUFFICIENT * promised, 0.0)
        change = slope_of(moved, residual, products) - slope
        bend = -(slope * change).sum(dim=(1, 2))  # of the step −η·slope, over η
        fresh = rate * slope.square().sum(dim=(1, 2)) / bend
        fresh = torch.where(bend > 0, fresh.clamp(SMALLEST_RATE, LARGEST_RATE), LARGEST_RATE)
        weights = torch.where(good[:, None, None], moved, weights)
        slope = torch.where(good[:, None, None], slope + change, slope)
        loss, rate = torch.where(good, new, loss), torch.where(good, fresh, rate / 2)
        if step % LOOK == 0 or step == step_limit:
            done = (slope.square().sum(dim=(1, 2)) <= FLAT**2) | (2 * loss <= ZERO)
            steps[index[done]] = step
            if step == step_limit:
                done[:] = True
            ends[index[done]], losses[index[done]] = weights[done], 2 * loss[done]
            keep = ~done
            if not keep.any():
                break
            index, weights, slope, loss, rate = index[keep], weights[keep], slope[keep], loss[keep], rate[keep]
            products, labels = products[keep], labels[keep]
    return ends, losses, steps


def widened(weights: torch.Tensor, v: torch.Tensor, added: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weights and output signs with ``added`` units of weight zero, half of them of each sign."""
    zeros = torch.zeros(len(weights), added, weights.shape[2], dtype=weights.dtype)
    return torch.cat([weights, zeros], dim=1), torch.cat([v, half_signs(added, 1.0)])


def relative_curvature(
    inputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """Return the smallest eigenvalue of the Hessian of ½‖f − y‖² in the weights, over the largest; (B,)."""
    count, width, dimension = weights.shape
    z = inputs @ weights.mT  # (B, n, k)
    jacobian = (2 * (v * z)[..., None] * inputs[:, :, None]).flatten(2)
    residual = (z**2) @ v - labels
    moment = inputs.mT @ (residual[..., None] * inputs)
    blocks = 2 * torch.einsum("jl,j,bac->bjalc", torch.eye(width, dtype=v.dtype), v, moment)
    hessian = jacobian.mT @ jacobian + blocks.reshape(count, width * dimension, width * dimension)
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return eigenvalues[:, 0] / eigenvalues[:, -1]
