"""Where trained networks start to fit, counted in parameters per label nK, and how that place drifts with training.

They have one hidden layer of ReLU units and are trained on the squared loss of one-hot labels by Adam, by the same
procedure and from a new initialisation at every width. A training ends when its loss is at most a fixed one, which is
looked for at a number of moments spread evenly in log steps, or, where that is never seen, with the last step. So the
last step limits what counts as fitted: the threshold at the fixed loss is nearly that at this number of steps.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from overparam.claims.double_descent import network_fits
from overparam.claims.double_descent.network_fits import NOISE, Member
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress

COPIES = {"independent": 1, "twice": 2}  # how often every pixel occurs

Row = dict[str, Any]


def measured(settings: dict[str, Any], dataset: Dataset, device: Any) -> Iterator[Row]:
    """Train networks of all widths for every n and K.

    Parameters
    ----------
    settings
        Root ``seed``, ``n_test`` and those of ``experiment.yaml`` below ``networks``.
    dataset
        Images and labels.
    device
        Where to train.

    Yields
    ------
    dict
        Rows of the experiment's table whose ``features`` is network. Every pixel occurs twice (``parameters`` is twice)
        at the least n and with the most classes only. The threshold is p at which the training loss comes to the fixed
        one (at the fixed loss: the least loss seen does), interpolated between the first width that comes to it and the
        one before, log loss over log p. It is infinite if none does, and the smallest p if that already does.
    """
    own = settings["networks"]
    seeds = range(own["n_seeds"])
    if max(own["n_train"]) > len(dataset.train):
        there = f"{dataset.name} has {len(dataset.train)} training images"
        raise UserError(f"interpolation_threshold: networks.n_train is {max(own['n_train'])}, but {there}")
    if max(own["n_classes"]) > len(dataset.classes):
        raise UserError(f"interpolation_threshold: networks.n_classes is at most {len(dataset.classes)}")
    products = [n * k for n in own["n_train"] for k in own["n_classes"]]
    if len(set(products)) < len(products):
        raise UserError(
            f"interpolation_threshold: two products of networks.n_train and n_classes are equal: {products}"
        )
    runs = [(n, own["n_classes"], "independent") for n in own["n_train"]]
    runs.append((min(own["n_train"]), [max(own["n_classes"])], "twice"))
    progress = Progress(len(runs), "packs of networks")
    for n, classes, counting in runs:
        image = (*dataset.train.images.shape[2:], COPIES[counting] * dataset.train.images.shape[1])
        members = [Member(width, k, own["label_noise"]) for k in classes for width in _widths(own, n, k, image)]
        samples = network_fits.draw(
            dataset, settings["seed"], seeds, members, n, n_test=settings["n_test"], copies=COPIES[counting],
            device=device,
        )  # fmt: skip
        looks = _until_fitted(own, settings["seed"], seeds, members, samples)
        for k in classes:
            part = [place for place, one in enumerate(members) if one.n_classes == k]
            params = np.array([network_fits.n_params(members[place], image) for place in part])
            common = {
                "features": "network", "parameters": counting, "n_train": n, "n_classes": k,
                "label_noise": own["label_noise"], "noise_definition": NOISE if own["label_noise"] else None,
            }  # fmt: skip
            widths = [members[place].width for place in part]
            for row in _rows(own, looks, part, widths, params, n * k):
                yield {**common, **row}
        progress.advance()


def _widths(own: dict[str, Any], n: int, k: int, image: tuple[int, ...]) -> list[int]:
    """Return the widths whose parameters per label are nearest to those asked for; fewer where they coincide."""
    one, two = (network_fits.n_params(Member(width, k), image) for width in (1, 2))
    return sorted({max(1, round((ratio * n * k - one) / (two - one)) + 1) for ratio in own["params_per_label"]})


def _until_fitted(own: dict[str, Any], root: int, seeds: range, members: list[Member], samples: dict) -> dict[str, Any]:
    """Train to the last step and return the losses that every network had when it should stop, by stopping rule.

    Returns
    -------
    dict
        By stopping rule (None: at the fixed loss; else a number of steps): ``(quantity, split)`` to arrays (S, J), and
        for the fixed loss ``("fitted", "")`` to whether it was reached.
    """
    found: dict[Any, dict[tuple[str, str], np.ndarray]] = {}
    stopped: dict[tuple[str, str], np.ndarray] = {}
    fitted = np.zeros((len(seeds), len(members)), dtype=bool)
    least = np.full(fitted.shape, np.inf)
    last = own["steps"]
    drift = [max(1, round(last / part)) for part in own["earlier"]]
    spread = np.geomspace(last, 1, own["evaluations"]).round().astype(int).tolist()
    training = {**own, "evaluations": sorted({*spread, *drift})}
    for look in network_fits.follow(training, root, seeds, members, samples, last):
        values = {(name, split): getattr(look, name)[split] for name in ("loss", "error") for split in samples}
        for key, now in values.items():  # follow a network until it is fitted
            stopped[key] = np.where(fitted, stopped.get(key, now), now)
        fitted = fitted | (look.loss["train"] <= own["fixed_loss"])
        least = np.fmin(least, look.loss["train"])
        for step in (*drift, last):
            if step not in found and look.step >= step:
                found[step] = values
    return {None: {**stopped, ("fitted", ""): fitted, ("least", ""): least}, **found}


def _rows(
    own: dict[str, Any], looks: dict, part: list[int], widths: list[int], params: np.ndarray, n_labels: int
) -> Iterator[Row]:
    """Yield the rows of one n and K; ``part`` says which members belong to it."""
    for steps, values in looks.items():
        rule = {"stopping": "fixed_loss" if steps is None else "fixed_steps", "steps": steps}
        train, test = (values["loss", split][:, part] for split in ("train", "test"))
        closest = values.get(("least", ""), values["loss", "train"])[:, part]
        for seed in range(len(train)):
            who = {**rule, "seed": seed}
            for place, (width, count) in enumerate(zip(widths, params, strict=True)):
                size = {**who, "width": width, "n_params": count, "params_per_label": count / n_labels}
                for name in ("loss", "error"):
                    for split in ("train", "test"):
                        value = values[name, split][seed, part[place]]
                        yield {**size, "split": split, "quantity": name, "value": value}
                if steps is None:
                    fitted = values["fitted", ""][seed, part[place]]
                    yield {**size, "quantity": "reached", "value": float(fitted)}
            place = params_at_level(params, closest[seed], own["fixed_loss"])
            yield {**who, "n_labels": n_labels, "quantity": "threshold_params", "value": place}
            yield {**who, "n_labels": n_labels, "quantity": "threshold_params_per_label", "value": place / n_labels}
            peak = params[np.argmax(np.nan_to_num(test[seed], nan=np.inf))] / n_labels
            yield {**who, "quantity": "peak_params_per_label", "value": peak}
            diverged = ~(np.isfinite(train[seed]) & np.isfinite(test[seed]))
            yield {**who, "quantity": "diverged", "value": float(diverged.sum())}


def params_at_level(params: np.ndarray, losses: np.ndarray, level: float) -> float:
    """Return p where the loss first comes to ``level``, interpolated in the logarithms; infinite if it does not.

    Parameters
    ----------
    params
        Rising, shape (n_widths,).
    losses
        Losses at these; one that is not a number has not come to the level.
    """
    below = np.flatnonzero(losses <= level)
    if len(below) == 0:
        return np.inf
    after = below[0]
    if after == 0 or not np.isfinite(losses[after - 1]):
        return float(params[after])
    (x0, x1), (y0, y1) = np.log(params[after - 1 : after + 1]), np.log(np.maximum(losses[after - 1 : after + 1], 1e-30))
    return float(np.exp(x0 + (x1 - x0) * (y0 - np.log(level)) / (y0 - y1)))
