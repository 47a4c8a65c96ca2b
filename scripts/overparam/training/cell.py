"""Training of one cell: its widths one after another, the noise levels and seeds of a width as one pack."""

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch

from overparam import tables
from overparam.datasets.arrow import Dataset
from overparam.datasets.labels import Corruption
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.training import machine, samples
from overparam.training.trainer import train_pack
from overparam.training.unfinished import Unfinished

log = logging.getLogger(__name__)

DEFAULTS = {
    "noise_definition": "wrong_label",
    "n_heldout": 0,
    "loss": "cross_entropy",
    "evaluations": 40,
    "precision": "float32",
}


def train_cell(
    settings: dict[str, Any],
    dataset: Dataset,
    corruptions: Sequence[Corruption],
    device: torch.device,
    unfinished: Unfinished | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train every network of a cell.

    Parameters
    ----------
    settings
        ``study``, ``dataset``, ``model``, ``widths``, ``label_noise``, ``seeds``, ``noise_definition``, ``n_train``,
        ``n_heldout``, ``loss``, ``epochs``, ``batch_size``, ``optimizer``, ``evaluations``, ``precision`` and the root
        ``seed``; those in :data:`DEFAULTS` may be left out.
    dataset
        Images and clean labels.
    corruptions
        One table of labels for every combination of noise level and seed.
    device
        As :func:`overparam.training.machine.prepare` returned it.
    unfinished
        Where the state is kept, with what an interrupted job left of the same cell. By default nothing is kept.

    Returns
    -------
    table, cost
        The training table, with one row per width, seed, level of label noise, epoch and split; the same settings give
        the same bytes. And what it cost to make, as plain JSON values.

    Raises
    ------
    UserError
        If the data set has too few samples for the settings, or another name than they say; or if the device can't
        compute in the precision that they ask for.
    """
    settings = {**DEFAULTS, **settings}
    if settings["dataset"] != dataset.name:
        raise UserError(f"the settings name the data set {settings['dataset']!r}, but {dataset.name!r} was given")
    machine.check_precision(settings, device)
    unfinished = unfinished or Unfinished(None)
    splits = samples.load(settings, dataset, corruptions, device)
    n_models = len(samples.members(settings))
    progress = Progress(settings["epochs"] * len(settings["widths"]), "epochs")
    made = []
    for width in settings["widths"]:
        table = unfinished.finished(width)
        if table is None:
            log.info("%s of width %d, %d models at once", settings["model"], width, n_models)
            checkpoint = unfinished.checkpoint(width)
            table = train_pack(settings, splits, len(dataset.classes), width, device, progress, checkpoint)
            unfinished.finish(width, table)
        else:
            progress.skip(settings["epochs"])
        made.append(table.assign(width=width))
    if device.type == "cuda":
        torch.cuda.synchronize()
    seconds = unfinished.stopwatch.seconds
    shared = {key: settings[key] for key in ("study", "dataset", "model", "n_train", "noise_definition")}
    shared |= {"n_classes": len(dataset.classes), "augmented": any((settings.get("augmentation") or {}).values())}
    shared |= {"weight_decay": float(settings["optimizer"].get("weight_decay", 0.0))}
    table = pd.concat(made, ignore_index=True).assign(**shared)[list(tables.TRAINING)]
    if table["diverged"].any():
        diverged = table.loc[table["diverged"], ["width", "label_noise", "seed"]].drop_duplicates()
        log.warning("diverged: %s", diverged.to_dict("records"))
    trained = settings["n_train"] * settings["epochs"] * n_models * len(settings["widths"])
    cost = {"seconds": seconds, "images_models_per_second": trained / seconds, "n_models": n_models}
    cost |= {"resumed": unfinished.stopwatch.resumed}
    return table, {**cost, **machine.description(device)}
