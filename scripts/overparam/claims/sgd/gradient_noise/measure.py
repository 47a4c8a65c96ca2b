"""Noise of the stochastic gradient against the loss, along gradient descent.

Liu (lecture, 2024), "Automatic variance reduction": with the squared loss ∇ℓ_i = (f_i − y_i) ∇f_i, so that
Var[ε] ∼ E|f − y|² ∝ L where the network can interpolate. Where it can't, L − L* falls while the noise does not. With
the cross-entropy |∂ℓ/∂f| = 1 − e^(−ℓ) ≈ ℓ, so that Var[ε] ∼ E[ℓ²] and the exponent is about 2. The path is that of
full-batch gradient descent: the noise is measured along it and never added to it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import scipy.optimize
import torch
from torch.func import grad, vmap

from overparam import seeding
from overparam.errors import UserError
from overparam.progress import Progress

Parameters = dict[str, torch.Tensor]
MOST_EVALUATIONS = 300  # of Levenberg–Marquardt, which would never stop where a minimum lies at infinity (tanh units)
CASES = ("interpolating", "under_parameterized", "cross_entropy")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure gradient noise and loss along gradient descent for the three cases.

    The infimum L* of the loss is zero for a network that can interpolate. For the small network it is the loss of the
    minimum that Levenberg–Marquardt finds from the end of the run, and what is left at the minimum is measured there;
    where a network can interpolate, it is measured at the last record.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If n_train does not lie between the numbers of parameters of the two networks.
    """
    n_inputs = settings["n_inputs"]
    sizes = {case: (settings["small_width"] if case == "under_parameterized" else settings["width"]) for case in CASES}
    n_params = {case: width * (n_inputs + 2) for case, width in sizes.items()}
    if not n_params["under_parameterized"] < settings["n_train"] < n_params["interpolating"]:
        small, large = n_params["under_parameterized"], n_params["interpolating"]
        raise UserError(
            f"experiments.gradient_noise.n_train: {settings['n_train']} samples must be more than the {small} "
            f"parameters of the small network and fewer than the {large} of the large one; change n_train, small_width "
            "or width (a network has width · (n_inputs + 2) parameters)"
        )
    rows = []
    for case, width in sizes.items():
        inputs, labels, start = _draw(settings, case, width)
        steps, path = _descend(settings, case, inputs, labels, start)
        losses, covariance, second_moment, largest = _noise(case, path, inputs, labels)
        infimum = np.zeros(settings["n_seeds"])
        minima: list[tuple[float, float, float]] = []
        if case == "under_parameterized":
            minima = [_nearby_minimum(path, seed, inputs, labels) for seed in range(settings["n_seeds"])]
            infimum = np.array([loss for loss, _, _ in minima])
        for seed in range(settings["n_seeds"]):
            condition = {"case": case, "width": width, "n_params": n_params[case], "n_train": settings["n_train"]}
            excess = losses[:, seed] - infimum[seed]
            kept = _levels(excess, settings)
            for k in kept.tolist():
                point = {"step": int(steps[k]), "loss": losses[k, seed], "excess_loss": excess[k]}
                for quantity, values in (("noise_covariance", covariance), ("noise_second_moment", second_moment)):
                    rows.append({"quantity": quantity, "value": values[k, seed], "seed": seed, **condition, **point})
            decades = np.log10(excess[kept[0]] / excess[kept[-1]])
            left = covariance[kept[-1], seed] / covariance[kept[0], seed]
            _, noise, gradient = minima[seed] if minima else (0.0, covariance[kept[-1], seed], largest[kept[-1], seed])
            values = {
                "decades": decades,
                "noise_left": left,
                "noise_over_proportional": left * 10**decades,
                "noise_at_minimum": noise / covariance[0, seed],
                "largest_gradient_at_minimum": gradient / largest[0, seed],
                "loss_infimum": infimum[seed],
            }
            for quantity, value in values.items():
                rows.append({"quantity": quantity, "value": value, "seed": seed, **condition})
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64", "step": "Int64"})


def network(parameters: Parameters, x: torch.Tensor) -> torch.Tensor:
    """Return f(x) = m^(−1/2) Σ_j v_j tanh(w_j·x + b_j); x: (..., d), w: (m, d), b and v: (m,)."""
    hidden = torch.tanh(x @ parameters["w"].mT + parameters["b"])
    return hidden @ parameters["v"] / parameters["v"].shape[-1] ** 0.5


def squared_loss(output: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return ½(f − y)²."""
    return 0.5 * (output - label) ** 2


def cross_entropy(output: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return log(1 + exp(−y f)) for labels y = ±1."""
    return torch.nn.functional.softplus(-label * output)


def _loss_of(case: str) -> Callable:
    return cross_entropy if case == "cross_entropy" else squared_loss


def sample_gradients(parameters: Parameters, x: torch.Tensor, y: torch.Tensor, loss: Callable) -> torch.Tensor:
    """Return the gradient of every sample's loss, shape (n_train, n_params), for x (n_train, d) and y (n_train,)."""
    gradients = vmap(grad(lambda p, xi, yi: loss(network(p, xi), yi)), in_dims=(None, 0, 0))(parameters, x, y)
    return torch.cat([g.flatten(start_dim=1) for g in gradients.values()], dim=1)


def _draw(settings: dict[str, Any], case: str, width: int) -> tuple[torch.Tensor, torch.Tensor, Parameters]:
    """Draw x ∼ N(0, I), y ∼ N(0, 1) (its sign for the cross-entropy) and N(0, 1) weights (w over √d) for every seed."""
    n_train, n_inputs = settings["n_train"], settings["n_inputs"]
    inputs, labels, starts = [], [], []
    for seed in range(settings["n_seeds"]):
        data = seeding.generator(settings["seed"], "gradient_noise", "data", seed)  # the same data in every case
        inputs.append(data.standard_normal((n_train, n_inputs)))
        labels.append(data.standard_normal(n_train))
        weights = seeding.generator(settings["seed"], "gradient_noise", "weights", width, seed)
        starts.append(
            {
                "w": weights.standard_normal((width, n_inputs)) / n_inputs**0.5,
                "b": weights.standard_normal(width),
                "v": weights.standard_normal(width),
            }
        )
    # copies, not views: torch aligns its own memory in the same way in every run, which fixes the last bits of products
    y = torch.tensor(np.stack(labels))
    start = {name: torch.tensor(np.stack([each[name] for each in starts])) for name in starts[0]}
    return torch.tensor(np.stack(inputs)), y.sign() if case == "cross_entropy" else y, start


def _descend(
    settings: dict[str, Any], case: str, inputs: torch.Tensor, labels: torch.Tensor, start: Parameters
) -> tuple[np.ndarray, Parameters]:
    """Run gradient descent for every seed at once; return the recorded steps and the stacked parameters there.

    The learning rate is ``step_scale`` over the largest eigenvalue of JJᵀ/n at the start. For the cross-entropy, whose
    loss falls only like 1/t at a constant step, it is divided by the current loss, which is descent on log L.
    """
    jacobian = vmap(vmap(grad(network), in_dims=(None, 0)))(start, inputs)
    rows = torch.cat([j.flatten(start_dim=2) for j in jacobian.values()], dim=2)  # (seeds, n_train, n_params)
    rates = settings["step_scale"] / (torch.linalg.matrix_norm(rows, ord=2) ** 2 / inputs.shape[1])
    n_steps = settings["n_steps"]
    early, late = np.geomspace(1, n_steps, 100).round().astype(int), np.linspace(0, n_steps, 201).round().astype(int)
    wanted = set(np.concatenate([early, late]).tolist())
    loss = _loss_of(case)
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    steps, path, first = [], [], None
    progress = Progress(n_steps + 1, f"steps ({case})")
    for step in range(n_steps + 1):
        hidden = torch.tanh(inputs @ parameters["w"].mT + parameters["b"][:, None])  # (seeds, n_train, width)
        output = torch.einsum("snm,sm->sn", hidden, parameters["v"]) / parameters["v"].shape[1] ** 0.5
        losses = loss(output, labels).mean(dim=1)
        gradients = torch.autograd.grad(losses.sum(), list(parameters.values()))
        losses = losses.detach()
        first = losses if first is None else first
        converged = bool((losses <= settings["lowest_loss"] * first).all())
        if step in wanted or converged:
            steps.append(step)
            path.append({name: value.detach().clone() for name, value in parameters.items()})
        if converged:
            break
        scale = rates / losses if case == "cross_entropy" else rates
        with torch.no_grad():
            for value, gradient in zip(parameters.values(), gradients, strict=True):
                value -= scale.reshape(-1, *[1] * (value.dim() - 1)) * gradient
        progress.advance()
    return np.array(steps), {name: torch.stack([each[name] for each in path]) for name in start}


def _noise(
    case: str, path: Parameters, inputs: torch.Tensor, labels: torch.Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return loss, tr Cov(∇ℓ_i), mean and largest ‖∇ℓ_i‖² at every recorded step, each (n_records, n_seeds)."""
    loss = _loss_of(case)

    def moments(parameters: Parameters, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        gradients = sample_gradients(parameters, x, y, loss)
        centred = gradients - gradients.mean(dim=0)
        trace, squares = centred.square().sum(dim=1).mean(), gradients.square().sum(dim=1)
        return torch.stack([loss(network(parameters, x), y).mean(), trace, squares.mean(), squares.amax()])

    per_seed = vmap(moments)
    values = [per_seed({name: value[k] for name, value in path.items()}, inputs, labels) for k in range(len(path["v"]))]
    return tuple(torch.stack(values).movedim(2, 0).numpy())


def _nearby_minimum(
    path: Parameters, seed: int, inputs: torch.Tensor, labels: torch.Tensor
) -> tuple[float, float, float]:
    """Return squared loss, tr Cov(∇ℓ_i) and the largest ‖∇ℓ_i‖² at the minimum that Levenberg–Marquardt reaches.

    It starts from the last recorded parameters.
    """
    last = {name: value[-1, seed] for name, value in path.items()}
    shapes = {name: value.shape for name, value in last.items()}
    x, y = inputs[seed].clone(), labels[seed].clone()

    def unpack(flat: np.ndarray) -> Parameters:
        parts = torch.tensor(flat).split([shape.numel() for shape in shapes.values()])
        return {name: part.reshape(shape).clone() for part, (name, shape) in zip(parts, shapes.items(), strict=True)}

    def residual(flat: np.ndarray) -> np.ndarray:
        return (network(unpack(flat), x) - y).numpy()

    def jacobian(flat: np.ndarray) -> np.ndarray:
        rows = vmap(grad(network), in_dims=(None, 0))(unpack(flat), x)
        return torch.cat([row.flatten(start_dim=1) for row in rows.values()], dim=1).numpy()

    flat = torch.cat([value.flatten() for value in last.values()]).numpy()
    found = scipy.optimize.least_squares(
        residual, flat, jac=jacobian, method="lm", xtol=1e-10, ftol=1e-10, gtol=1e-10, max_nfev=MOST_EVALUATIONS
    )
    there = {name: value[None, None] for name, value in unpack(found.x).items()}
    _, trace, _, largest = _noise("under_parameterized", there, x[None], y[None])
    # cost is ½ Σ r²; digits beyond the solver's tolerance depend on where in memory its arrays happen to lie
    return float(f"{found.cost / len(y):.11g}"), float(f"{trace[0, 0]:.4g}"), float(f"{largest[0, 0]:.4g}")


def _levels(excess: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Return the records at which the excess loss first falls below each of the evenly spaced (in log) levels."""
    count = round(-np.log10(settings["lowest_loss"]) * settings["levels_per_decade"])
    levels = excess[0] * np.logspace(0, np.log10(settings["lowest_loss"]), count + 1)
    below = excess[:, None] <= levels
    first = np.unique(below.argmax(axis=0)[below.any(axis=0)])
    return first[excess[first] > 0]
