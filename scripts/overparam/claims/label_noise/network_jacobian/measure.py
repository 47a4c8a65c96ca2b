"""Spectrum of a network's Jacobian at the start and after training, and how much of the labels its top directions hold.

Oymak, Fabian, Li & Soltanolkotabi (arXiv 1906.05392) say that the Jacobian has few large singular values, and that the
label vector lies in their directions (the information space), while noise in the labels does not. ``label_alignment``
has the algebra: centring, the share that chance gives, and the share that corruption leaves.

The Jacobian is that of the linear outputs (there is no softmax), for one image at a time in evaluation mode. A network
with batch norm uses the statistics of the training images at its present weights. They are held fixed, so that their
derivatives are not part of J.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.func import functional_call, vmap

from overparam import models
from overparam.claims.label_noise.network_jacobian import batch_statistics, label_alignment
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.packs.pack import Pack
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import jacobians
from overparam.training import machine, trainer
from overparam.training.samples import Samples, resident

SHOWN = 100  # largest number of singular values in the table; their indices are evenly spread on a logarithmic scale
ENERGY = 0.9  # share of ‖J‖_F² for which it is counted how many directions hold it
BATCH = 500  # images at a time; it changes rounding, and the statistics of batch norm, which are means over batches
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Return spectra and shares of labels for all networks, at the start and after training on the given labels.

    Every seed has two networks of one initialisation, which are trained on the true and on corrupted labels by least
    squares, without a factor ½. Images are those of the data set or, in the control, white noise: its labels have
    nothing to do with it, and they are shuffled for every seed. Kernels JJᵀ are computed within ``memory_mb``, and
    their eigenvalues and directions as in ``label_alignment.top_directions``.

    Shares are taken of true, corrupted and random labels. The corrupted ones are those that the network was trained on,
    if it was trained on any; otherwise, as for random ones, the share is the root mean square over ``n_draws`` draws. A
    network that diverged has shares without a number.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``, ``memory_mb`` and ``gpus``.
    dataset
        Images and true labels; the first ``n_train`` training images of ``classes`` are used.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.

    Raises
    ------
    UserError
        If there are fewer images than asked for, or a single output is asked for with more than two classes.
    """
    device = machine.prepare(settings["gpus"])
    real, true, n_classes = _chosen(settings, dataset)
    kinds = ("real", "noise") if settings["control"] else ("real",)
    progress = Progress(3 * settings["n_seeds"] * len(kinds), "kernels")
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        images, labels_of = _images(settings, kind, real, true)
        images = images.to(device)
        for network in _networks(settings, images, labels_of, n_classes):
            case = {
                "seed": network.seed, "images": kind, "stage": "start" if network.trained_on is None else "end",
                "trained_on": network.trained_on, "n_outputs": network.n_outputs, "n_params": network.n_params,
            }  # fmt: skip
            rows += [{**case, **row} for row in _measured(settings, network, images)]
            progress.advance()
    shared = {key: settings[key] for key in ("model", "width", "n_train", "rank")}
    return pd.DataFrame(rows).assign(n_classes=n_classes, **shared)


def _chosen(settings: dict[str, Any], dataset: Dataset) -> tuple[torch.Tensor, np.ndarray, int]:
    """Return images (n, height, width, channels), their classes, numbered from 0, (n,), and the number of classes."""
    classes = settings["classes"] or list(range(len(dataset.classes)))
    if max(classes) >= len(dataset.classes):
        raise UserError(f"network_jacobian: classes {classes} are not all in 0..{len(dataset.classes) - 1}")
    rows = np.flatnonzero(np.isin(dataset.train.labels, classes))[: settings["n_train"]]
    if len(rows) < settings["n_train"]:
        raise UserError(
            f"network_jacobian: n_train is {settings['n_train']}, but {dataset.name} has {len(rows)} training images "
            "of these classes"
        )
    if settings["single_output"] and len(classes) != 2:
        raise UserError("network_jacobian: single_output needs exactly two classes")
    part = dataset.train.take(rows)
    images, _ = resident(dataset, part, torch.device("cpu"))
    true = np.argmax(part.labels[:, None] == np.array(classes), axis=1)
    return images, true, len(classes)


def _images(
    settings: dict[str, Any], kind: str, real: torch.Tensor, true: np.ndarray
) -> tuple[torch.Tensor, np.ndarray]:
    """Return images and the true labels that every seed gets for them, (n_seeds, n)."""
    seeds, root = range(settings["n_seeds"]), settings["seed"]
    if kind == "real":
        return real, np.stack([true for _ in seeds])
    # one draw of noise for all seeds; each seed shuffles its labels, which makes them independent of the images
    noise = generator(root, "network_jacobian", "images").standard_normal(tuple(real.shape), dtype=np.float32)
    shuffled = [generator(root, "network_jacobian", "shuffle", seed).permutation(true) for seed in seeds]
    return torch.from_numpy(noise), np.stack(shuffled)


@dataclasses.dataclass(frozen=True, eq=False)
class ExaminedNetwork:
    """One network at one moment, at which its Jacobian is examined.

    Attributes
    ----------
    seed, trained_on
        ``trained_on`` is the label noise of the labels that it was trained on, ``None`` at the start.
    true, given
        True labels of its seed, and the corrupted ones, (n,).
    outputs, parameters
        As :mod:`overparam.theory.jacobians` takes them; one input is one image (height, width, channels).
    single
        Whether the Jacobian is taken of the first output less the second, instead of all outputs.
    n_classes
        K.
    finite
        Whether all losses in training were finite.
    """

    seed: int
    trained_on: float | None
    true: np.ndarray
    given: np.ndarray
    outputs: jacobians.NetworkFunction
    parameters: jacobians.Parameters
    single: bool
    n_classes: int
    finite: bool

    @property
    def n_outputs(self) -> int:
        """Rows of the Jacobian per image."""
        return 1 if self.single else self.n_classes

    def function(self, parameters: jacobians.Parameters, image: torch.Tensor) -> torch.Tensor:
        """Return the outputs that the Jacobian is taken of, (n_outputs,)."""
        found = self.outputs(parameters, image)
        return found[:1] - found[1:] if self.single else found

    @property
    def n_params(self) -> int:
        """Number of parameters p."""
        return sum(value.numel() for value in self.parameters.values())


def _networks(
    settings: dict[str, Any], images: torch.Tensor, true: np.ndarray, n_classes: int
) -> Iterator[ExaminedNetwork]:
    """Yield each seed's network at the start, then its two trained ones; ``true`` has one row of labels per seed."""
    noise, definition, seeds = settings["label_noise"], settings["noise_definition"], list(range(settings["n_seeds"]))
    draws = [labels.draw(own, n_classes, noise, definition, seed, settings["seed"]) for seed, own in enumerate(true)]
    given = np.stack([draw.given for draw in draws])
    study = {
        **{key: settings[key] for key in ("model", "n_train", "epochs", "batch_size", "optimizer", "seed")},
        "label_noise": [0.0, noise], "noise_definition": definition, "seeds": seeds, "loss": "squared",
        "precision": "float32", "evaluations": [0, settings["epochs"]],
    }  # fmt: skip
    (height, width, channels), dtype = images.shape[1:], DTYPES[settings["kernel_precision"]]
    shape = (channels, height, width)
    pack = trainer.build(study, settings["width"], shape, n_classes).to(images.device)
    single = models.build(settings["model"], settings["width"], 1, shape, n_classes).to(images.device, dtype).eval()
    targets = torch.from_numpy(np.stack([true, given], axis=1).reshape(-1, len(images))).to(images.device)
    train = Samples(images, targets[0], targets)  # as `training.samples.members`: seed by seed
    for moment in trainer.fit(pack, study, train):
        batch_statistics.recompute(pack, (pack.arrange(part[None]) for part in images.split(BATCH)))
        for seed in seeds:
            for number, trained_on in enumerate([0.0, noise] if moment.epoch else [None]):
                model = 2 * seed + number
                outputs, parameters = _member(pack, single, model)
                yield ExaminedNetwork(
                    seed, trained_on, true[seed], given[seed], outputs, parameters, settings["single_output"],
                    n_classes, bool(moment.finite[model]),
                )  # fmt: skip


def _member(pack: Pack, single: Pack, model: int) -> tuple[jacobians.NetworkFunction, jacobians.Parameters]:
    """Return one model of a pack as a function of its parameters and one image, and its parameters."""
    dtype = next(single.parameters()).dtype
    parameters, buffers = (
        {name: value.detach()[model, None].to(dtype, copy=True) for name, value in values}
        for values in (pack.named_parameters(), pack.named_buffers())
    )

    def function(theta: jacobians.Parameters, image: torch.Tensor) -> torch.Tensor:
        return functional_call(single, (theta, buffers), (single.arrange(image[None, None].to(dtype)),))[0, :, 0]

    return function, parameters


def _measured(settings: dict[str, Any], network: ExaminedNetwork, images: torch.Tensor) -> Iterator[dict[str, Any]]:
    """Yield the rows of one network, without the columns that all its rows have in common."""
    if network.trained_on is not None:
        yield {"quantity": "diverged", "value": float(not network.finite)}
        yield from _training(network, images)
    kernel = jacobians.tangent_kernel(network.function, network.parameters, images, settings["memory_mb"])
    energy, rank = float(kernel.diagonal().double().sum()), settings["rank"]
    if np.isfinite(energy):
        values, directions, residual = label_alignment.top_directions(kernel, rank)
        centred = label_alignment.centred_energy_share(kernel, rank, network.n_outputs)
    else:  # the network diverged: every share is unknown
        values, directions = np.full(rank, np.nan), np.full((len(kernel), rank), np.nan)
        residual = centred = np.nan
    yield {"quantity": "residual", "value": residual}
    yield {"quantity": "energy_share", "value": values[:rank].sum() / energy, "centring": "raw"}
    yield {"quantity": "energy_share", "value": centred, "centring": "centred"}
    if len(values) == len(kernel):
        directions_needed = 1 + np.argmax(np.cumsum(values) >= ENERGY * energy)
        yield {"quantity": "energy_rank", "value": directions_needed / len(kernel)}
    shown = np.unique(np.geomspace(1, len(values), min(SHOWN, len(values))).round().astype(int))
    relative = np.sqrt(np.maximum(values, 0) / values[0])
    yield from ({"quantity": "singular_value", "value": relative[i - 1], "index": i} for i in shown.tolist())
    yield from _shares(settings, network, directions)


def _training(network: ExaminedNetwork, images: torch.Tensor) -> Iterator[dict[str, Any]]:
    """Yield loss and error of a trained network on the labels that it was trained on."""
    on = network.true if network.trained_on == 0 else network.given
    outputs = vmap(network.outputs, (None, 0))
    with torch.no_grad():
        found = torch.cat([outputs(network.parameters, part) for part in images.split(BATCH)]).double().cpu().numpy()
    wanted = (on[:, None] == np.arange(network.n_classes)).astype(float)
    yield {"quantity": "train_loss", "value": np.mean((found - wanted) ** 2)}
    yield {"quantity": "train_error", "value": np.mean(found.argmax(axis=1) != on)}


def _shares(settings: dict[str, Any], network: ExaminedNetwork, directions: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield the shares of true, corrupted and random labels in the directions, and those that the algebra gives."""
    noise, n_outputs, n_classes = settings["label_noise"], network.n_outputs, network.n_classes
    memorised = network.trained_on == noise
    found = {}
    for corruption, classes in _drawn(settings, network).items():
        vectors = label_alignment.targets(classes, n_classes, network.single)
        for centring, chosen in (("centred", label_alignment.centred(vectors, n_outputs)), ("raw", vectors)):
            value = np.sqrt(np.mean(label_alignment.share(directions, chosen) ** 2))
            found[centring, corruption] = value
            yield {"quantity": "label_share", "value": value, "label_noise": corruption, "centring": centring}
    by_chance = label_alignment.share_by_chance(directions, n_outputs)
    left = label_alignment.kept(noise, settings["noise_definition"], n_classes)
    expected = {1.0: by_chance}
    if not memorised:
        expected[noise] = label_alignment.share_corrupted(found["centred", 0.0], by_chance, left)
    shared = {"centring": "centred"}
    for corruption, value in expected.items():
        yield {"quantity": "expected_share", "value": value, "label_noise": corruption, **shared}
    baseline = np.sqrt(settings["rank"] / (len(network.true) * (n_classes - 1)))
    yield {"quantity": "baseline", "value": baseline, "label_noise": 1.0, **shared}


def _drawn(settings: dict[str, Any], network: ExaminedNetwork) -> dict[float, np.ndarray]:
    """Return class numbers (n_draws, n) by label noise: true ones (0), corrupted ones, and random ones (1).

    The corrupted ones are those that the network was trained on, if it was trained on any; otherwise they are drawn in
    the same way as those.
    """
    noise, n_draws, true, n_classes = settings["label_noise"], settings["n_draws"], network.true, network.n_classes
    address = (settings["seed"], "network_jacobian", "labels", network.seed)
    random = generator(*address).integers(n_classes, size=(n_draws, len(true)))
    if network.trained_on == noise:
        corrupted = network.given[None]
    else:
        draws = (generator(*address, number) for number in range(n_draws))
        definition = settings["noise_definition"]
        corrupted = np.stack([labels.corrupt(true, n_classes, noise, definition, draw) for draw in draws])
    return {0.0: true[None], noise: corrupted, 1.0: random}
