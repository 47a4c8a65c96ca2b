"""Interpolation: the largest loss over single samples, of trained networks and of an explicit construction.

Networks on small problems are trained by a second-order method, which shows what can be fitted; networks on images by
gradient descent, as networks are trained in practice.

The construction is that of Zhang et al. (arXiv 1611.03530, theorem 1): a two-layer ReLU network with 2n + d weights
fits any labels of n distinct inputs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import linalg

from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hidden_layer, two_layer
from overparam.theory.activations import ACTIVATIONS, Activation
from overparam.training import machine
from overparam.training import trained_solutions as trained

Rows = list[dict[str, Any]]
Model = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

LABELS = ("random signs", "gaussian", "alternating")
FITTED = 1e-20  # largest ℓ_i at which Levenberg and Marquardt's method stops
NETWORK_FITTED = 1e-10  # largest ℓ_i at which the training of an image network stops: near the rounding of float32
LOOK = 25  # epochs between two looks at the losses of image networks


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Return the losses ℓ_i = ½(f(x_i) − y_i)² of single samples after training, and of networks made by construction.

    Training is Levenberg and Marquardt's method in float64, θ ← θ − Jᵀ(JJᵀ + λI)⁻¹(f − y) from a random start; λ falls
    by a factor of 3 after a step that lowers ‖f − y‖; any other step is not taken, and λ rises by a factor of 4. A run
    ends when every ℓ_i is below 1e-20, when λ exceeds 1e8 of the diagonal's mean at the start (no step helps), or after
    ``step_limit`` steps. The best of ``n_starts`` starts counts, as the question is whether the data *can* be fitted.

    Networks on images are trained by the packed trainer from one start: gradient descent with momentum 0.9 on squared
    loss, in float32, until every ℓ_i = ½‖f(x_i) − e_i‖² is below 1e-10, or for ``network_epochs``.

    ``distinct inputs`` and ``duplicated inputs`` train the hidden weights of a network with one hidden layer on random
    labels ±1, the latter with the first activation only. In ``duplicated inputs`` a part of the inputs occurs twice,
    with opposite labels. A ``linear network`` has two layers of trained weights without an activation. An ``image
    network`` fits uniformly random classes, all seeds on the same images. A ``construction`` has labels that are random
    signs, Gaussian, or alternate along the projection. It has 2n + d weights as in the theorem, or fewer hidden units,
    so that p < n, and least squares for their output weights.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``, and the root ``seed``.
    dataset
        Of the image networks: they see the first ``network_n_train`` images of a random order.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are too few images.
    """
    if settings["network_n_train"] > len(dataset.train):
        has = f"{dataset.name} has {len(dataset.train)} training images"
        raise UserError(f"interpolation: network_n_train is {settings['network_n_train']}, but {has}")
    rows: Rows = []
    activations = {
        "distinct inputs": settings["activations"],
        "duplicated inputs": settings["activations"][:1],
        "linear network": ["none"],
    }
    progress = Progress(len(activations), "problems")
    for problem, names in activations.items():
        for activation in names:
            for width in settings["linear_widths" if problem == "linear network" else "widths"]:
                rows += _trained(settings, problem, activation, width)
        progress.advance()
    for seed in range(settings["n_seeds"]):
        for n_train in settings["constructed_n_train"]:
            for dimension in settings["constructed_dimensions"]:
                rows += _constructed(settings, seed, n_train, dimension)
    rows += _image_networks(settings, dataset, machine.prepare(settings["gpus"]))
    return pd.DataFrame(rows).astype({"width": "Int64"})


def _image_networks(settings: dict[str, Any], dataset: Dataset, device: torch.device) -> Rows:
    n_train, classes, seeds = settings["network_n_train"], len(dataset.classes), range(settings["n_seeds"])
    root, model = settings["seed"], settings["network_model"]
    order = generator(root, "interpolation", "images").permutation(len(dataset.train))[:n_train]
    labels = [generator(root, "interpolation", "classes", seed).integers(0, classes, n_train) for seed in seeds]
    samples = trained.samples(dataset, order, np.stack(labels), device)
    epochs = settings["network_epochs"]
    training = {
        "seed": root, "order_seed": 0, "epochs": epochs, "evaluations": list(range(0, epochs, LOOK)),
        "batch_size": settings["network_batch_size"],
        "optimizer": {"name": "sgd", "learning_rate": settings["network_learning_rate"], "momentum": 0.9},
    }  # fmt: skip
    rows: Rows = []
    progress = Progress(len(settings["network_widths"]), "widths of image networks")
    for width in settings["network_widths"]:
        addresses = [("interpolation", model, width, seed) for seed in seeds]
        pack = trained.initialised(model, width, root, addresses, samples.images, classes)
        unit = classes / 2  # ℓ_i in units of the trainer's loss, a mean over the classes
        reached = trained.train_until(pack, training, samples, NETWORK_FITTED / unit, largest=True)
        losses = unit * trained.sample_losses(trained.logits(pack, samples.images), samples.given).cpu().numpy()
        for seed, own in enumerate(losses):
            largest = own.max() if np.isfinite(own).all() else np.inf
            case = {
                "seed": seed, "problem": "image network", "activation": "relu", "labels": "random classes",
                "n_train": n_train, "n_features": int(np.prod(dataset.shape)), "n_params": pack.n_params,
                "p_over_n": pack.n_params / (n_train * classes), "width": width,
            }  # fmt: skip
            values = {
                "largest_loss": largest,
                "mean_loss": own.mean(),
                "fitted": largest <= 1e-6,
                "limit_hit": not reached[seed],
                "diverged": np.isinf(largest),
            }
            rows += [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]
        progress.advance()
    return rows


def _trained(settings: dict[str, Any], problem: str, activation: str, width: int) -> Rows:
    n_train, dimension, n_starts = settings["n_train"], settings["dimension"], settings["n_starts"]
    inputs, labels, starts = [], [], []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "interpolation", seed)
        points, signs = two_layer.unit_vectors(n_train, dimension, draw), draw.choice([-1.0, 1.0], n_train)
        if problem == "duplicated inputs":
            count = max(1, round(settings["duplicated_fraction"] * n_train))
            points[-count:], signs[-count:] = points[:count], -signs[:count]
        for start in range(n_starts):
            draw = generator(settings["seed"], "interpolation", seed, problem, activation, width, start)
            inputs.append(points)
            labels.append(signs)
            starts.append(draw.standard_normal(width * (dimension + (width if problem == "linear network" else 0))))
    x, y, theta = (torch.as_tensor(np.stack(part)) for part in (inputs, labels, starts))
    v = hidden_layer.half_signs(width, width**-0.5).expand(len(x), -1)
    model = linear_network(x, v) if problem == "linear network" else hidden_network(x, v, ACTIVATIONS[activation])
    losses, steps = levenberg_marquardt(model, theta, y, settings["step_limit"])
    losses, steps = losses.reshape(-1, n_starts, n_train), steps.reshape(-1, n_starts)
    rows: Rows = []
    for seed, (own, used) in enumerate(zip(losses, steps, strict=True)):
        largest = np.where(np.isfinite(own.max(1)), own.max(1), np.inf)
        best = int(largest.argmin())
        case = {
            "seed": seed, "problem": problem, "activation": activation, "labels": "random signs", "n_train": n_train,
            "n_features": dimension, "n_params": theta.shape[1], "p_over_n": theta.shape[1] / n_train,
        }  # fmt: skip
        values = {
            "largest_loss": largest[best],
            "mean_loss": own[best].mean(),
            "fitted": largest[best] <= 1e-6,
            "least_squares_loss": (linear_residual(inputs[seed * n_starts], labels[seed * n_starts]) ** 2).mean() / 2,
            "limit_hit": used[best] >= settings["step_limit"],
            "diverged": np.isinf(largest[best]),
        }
        rows += [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]
    return rows


def linear_residual(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the residuals of linear least squares, which no network without activations can improve on average."""
    return inputs @ linalg.lstsq(inputs, labels)[0] - labels


def hidden_network(x: torch.Tensor, v: torch.Tensor, activation: Activation) -> Model:
    """Return outputs (B, n) and Jacobian (B, n, k·d) of vᵀφ(Wx) as a function of W, flattened by unit."""

    def model(theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = theta.unflatten(1, (v.shape[1], x.shape[2]))
        return hidden_layer.predict(hidden, v, x, activation), hidden_layer.jacobian(hidden, v, x, activation)

    return model


def linear_network(x: torch.Tensor, v: torch.Tensor) -> Model:
    """Return outputs (B, n) and Jacobian (B, n, kd + k²) of vᵀW₂W₁x as a function of (W₁, W₂), flattened."""
    width, dimension = v.shape[1], x.shape[2]

    def model(theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = theta[:, : width * dimension].unflatten(1, (width, dimension))
        second = theta[:, width * dimension :].unflatten(1, (width, width))
        hidden = x @ first.mT  # (B, n, k)
        outer = (second.mT @ v[..., None]).mT  # vᵀW₂, (B, 1, k)
        by_first = (outer[..., None] * x[:, :, None]).flatten(2)
        by_second = (v[:, None, :, None] * hidden[:, :, None]).flatten(2)
        return (hidden * outer).sum(2), torch.cat([by_first, by_second], dim=2)

    return model


def levenberg_marquardt(
    model: Model, theta: torch.Tensor, y: torch.Tensor, step_limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit B problems at once; see :func:`measure`.

    Parameters
    ----------
    model
        Takes parameters (B, p) to outputs (B, n) and Jacobians (B, n, p).
    theta, y
        Starts (B, p) and labels (B, n), float64.

    Returns
    -------
    losses, steps
        ½(f − y)² of every sample, (B, n), and the steps that each problem took, refused ones included, (B,).
    """
    output, jacobian = model(theta)
    error, identity = output - y, torch.eye(y.shape[1], dtype=y.dtype)
    unit = (jacobian**2).sum(2).mean(1)
    damping = torch.full_like(unit, 1e-2)
    steps = torch.zeros(len(y), dtype=torch.long)
    for _ in range(step_limit):
        going = ((error**2).amax(1) / 2 > FITTED) & (damping < 1e8)
        if not going.any():
            break
        kernel = jacobian @ jacobian.mT + (damping * unit)[:, None, None] * identity
        factor, failed = torch.linalg.cholesky_ex(kernel)
        step = (jacobian.mT @ torch.cholesky_solve(error[..., None], factor)).squeeze(2)
        proposed = theta - step
        output, changed = model(proposed)
        better = ((output - y).norm(dim=1) < error.norm(dim=1)) & (failed == 0) & going
        theta = torch.where(better[:, None], proposed, theta)
        jacobian = torch.where(better[:, None, None], changed, jacobian)
        error = torch.where(better[:, None], output - y, error)
        refused = torch.where(going, damping * 4, damping)
        damping = torch.where(better, (damping / 3).clamp(min=1e-14), refused)
        steps += going
    return (error**2 / 2).numpy(), steps.numpy()


def _constructed(settings: dict[str, Any], seed: int, n_train: int, dimension: int) -> Rows:
    draw = generator(settings["seed"], "interpolation", "construction", seed, n_train, dimension)
    inputs, direction = draw.standard_normal((n_train, dimension)), draw.standard_normal(dimension)
    place = np.argsort(np.argsort(inputs @ direction))
    labels = (draw.choice([-1.0, 1.0], n_train), draw.standard_normal(n_train), 1.0 - 2 * (place % 2))
    rows: Rows = []
    for n_hidden in (n_train, (n_train - dimension - 1) // 2):
        for kind, y in zip(LABELS, labels, strict=True):
            error = construct(inputs, direction, y, n_hidden) - y
            n_params = 2 * n_hidden + dimension
            case = {
                "seed": seed, "problem": "construction", "activation": "relu", "labels": kind, "n_train": n_train,
                "n_features": dimension, "n_params": n_params, "p_over_n": n_params / n_train,
            }  # fmt: skip
            values = {
                "largest_error": np.abs(error).max() / np.abs(y).max(),
                "largest_loss": (error**2).max() / 2,
                "mean_loss": (error**2).mean() / 2,
            }
            rows += [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]
    return rows


def construct(inputs: np.ndarray, direction: np.ndarray, labels: np.ndarray, n_hidden: int) -> np.ndarray:
    """Return the outputs Σ_j w_j max(a·x − b_j, 0) of a network with d + 2 ``n_hidden`` weights a, b, w, shape (n,).

    With n hidden units the biases interleave the projections z = a·x, b_1 < z_1 < b_2 < z_2 < …, so that the matrix
    max(z_i − b_j, 0) is triangular with a positive diagonal, and w solves it exactly. With fewer, biases stand below
    evenly spaced projections and w is the least-squares solution.

    A bias lies at a tenth of its gap: an overshoot of the slope is then passed on to the next gap as a ninth (in the
    middle of the gap it would be passed on whole, and rounding would grow with n).
    """
    order = np.argsort(inputs @ direction)
    z = (inputs @ direction)[order]
    biases = np.concatenate([[z[0] - 1], z[:-1] + np.diff(z) / 10])
    if n_hidden < len(z):
        biases = biases[np.linspace(0, len(z) - 1, n_hidden).round().astype(int)]
    features = np.maximum(z[:, None] - biases, 0)
    if n_hidden == len(z):
        weights = linalg.solve_triangular(features, labels[order], lower=True)
    else:
        weights = linalg.lstsq(features, labels[order])[0]
    outputs = np.empty(len(z))
    outputs[order] = features @ weights
    return outputs
