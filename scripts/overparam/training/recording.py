"""The rows of a training table, gathered at every evaluation."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.packs.losses import Loss
from overparam.packs.pack import Pack
from overparam.training import evaluation
from overparam.training.position import Moment
from overparam.training.samples import Samples, members


class Recorder:
    """Rows of the training table, gathered at every evaluation."""

    def __init__(self, settings, pack: Pack, splits: dict[str, Samples], loss: Loss, precision):
        self.pack, self.splits, self.loss, self.precision = pack, splits, loss, precision
        self.start = pack.vectors()
        noise, seeds = zip(*members(settings), strict=True)
        self.who = {"n_params": pack.n_params, "label_noise": noise, "seed": seeds}
        self.rows: list[pd.DataFrame] = []

    def recorded(self, epoch: int) -> bool:
        """Return whether this epoch has its rows already: a job may have been stopped right after it made them."""
        return bool(self.rows) and self.rows[-1]["epoch"].iloc[-1] >= epoch

    def record(self, moment: Moment) -> None:
        """Evaluate every model on every split, unless that was done, and note in ``moment.finite`` which diverged."""
        if self.recorded(moment.epoch):
            return
        finite = moment.finite
        parameters = self.pack.vectors()
        norms = {
            "distance": torch.linalg.vector_norm(parameters - self.start, dim=1, dtype=torch.float64).cpu().numpy(),
            "weight_norm": torch.linalg.vector_norm(parameters, dim=1, dtype=torch.float64).cpu().numpy(),
        }
        finite &= torch.isfinite(parameters).all(dim=1)
        metrics = {
            split: evaluation.evaluate(self.pack, samples, self.loss, self.precision)
            for split, samples in self.splits.items()
        }
        for table in metrics.values():
            finite &= torch.from_numpy(table["loss_clean"]).isfinite().to(finite.device)
        diverged = (~finite).cpu().numpy()
        rows = []
        for split, table in metrics.items():
            when = {"epoch": moment.epoch, "step": moment.step, "split": split}
            rows.append(pd.DataFrame({**self.who, **when, **table, **norms, "diverged": diverged}))
        self.rows += rows  # in one step: a job that is stopped has all splits of a moment, or none

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far, column by column."""
        return columns(pd.concat(self.rows, ignore_index=True)) if self.rows else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such rows."""
        self.rows = [frame(state)] if state else []

    def table(self) -> pd.DataFrame:
        """Return all rows, one model after another."""
        rows = pd.concat(self.rows, ignore_index=True)
        rows["model_number"] = rows.index % self.pack.n_models
        return rows.sort_values("model_number", kind="stable", ignore_index=True).drop(columns="model_number")


def columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the columns of a table of numbers and text as arrays that NumPy can write without pickling."""
    return {name: values.to_numpy(str if values.dtype == "str" else None) for name, values in table.items()}


def frame(arrays: dict[str, Any]) -> pd.DataFrame:
    """Return the table that has these columns, as :func:`columns` returned them or as tensors."""
    return pd.DataFrame({name: np.asarray(values) for name, values in arrays.items()})
