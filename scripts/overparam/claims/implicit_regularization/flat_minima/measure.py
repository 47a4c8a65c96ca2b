"""Do larger steps of gradient descent end in flatter minima, and do flatter minima generalise better?

Networks vᵀ max(Wx, 0)² tell images of even classes from those of odd ones, with squared loss and labels ±1. Every step
size h is a share s of 2/λ*, where λ* is the largest λ_max of ∇²L along the gradient flow from the same start. With s <
1 that flow stays where gradient descent is stable, at λ_max < 2/h; with s > 1 descent can only end, by stability alone,
at a smaller λ_max. The flow of L + (h/4)‖∇L‖² (Barrett & Dherin, arXiv 2009.11162) has no such limit: it shows what the
implicit term of gradient descent does by itself.

Each run is measured twice: after the same time h × steps, and where its train loss first reaches a level. There every
quantity is interpolated, in the logarithm of the loss, between the two iterates on either side. Flows are solved by
classical Runge–Kutta steps of fixed size; at the default, half that size changes λ_max by at most 0.2 %. A run that
does not reach the level is measured where it ends. A run that diverges has found no minimum and has infinite values.
Both kinds are counted. Everything is float64.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam import seeding
from overparam.claims.implicit_regularization.flat_minima.drawn_problems import draw
from overparam.claims.implicit_regularization.flat_minima.loss_paths import Path, descent, epoch, flow, follow, joined
from overparam.claims.implicit_regularization.flat_minima.squared_relu import (
    SquaredReluProblems,
    rescaled,
    single_loss,
    squared_length,
)
from overparam.datasets.arrow import Dataset
from overparam.progress import Progress
from overparam.theory import curvature
from overparam.training import machine

ARMS = ("equal_time", "equal_loss")
LENGTHS = {"near": "perturbation", "far": "far_perturbation"}  # reach of a perturbation -> setting with its length
PLACES = {"sharpness": "curvature", "total_sharpness": "trace", "slope": "squared_gradient"}  # column -> its quantity
Tensor = torch.Tensor
Row = dict[str, Any]
Found = dict[tuple[str, str | None], np.ndarray]  # by quantity and split or reach, (seeds, models)


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Find minima by gradient descent at many step sizes, from many starts and with many batch sizes.

    A seed has its own images and starts. Its minima differ by the step size, by the start, or by the batch size of SGD.
    Networks and linear models are followed by gradient descent at every step size, and by the flow with the explicit
    term at those of ``explicit_steps``. Every minimum of a network found by descent or SGD is also measured with
    rescaled weights (αW, v/α²), which are the same function; α is random. λ_max comes from Lanczos iterations to a
    relative accuracy of 1e-8. The rise of the loss is the mean over random perturbations of a fixed length, each taken
    with both signs.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``, ``memory_mb`` and ``gpus``.
    dataset
        Images, of which every seed draws its training samples.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.

    Raises
    ------
    UserError
        If the data set has fewer training images than ``n_train``.
    """
    experiment = _Experiment(settings, dataset, machine.prepare(settings["gpus"]))
    rows = [row for part in experiment.parts() for row in part]
    table = pd.DataFrame(rows).astype({"value": float, "seed": "int64", "stable": "boolean"})
    table[["start", "batch_size"]] = table[["start", "batch_size"]].astype("Int64")
    return table


def largest_curvature(
    problems: SquaredReluProblems, weights: Tensor, generator: torch.Generator, memory_mb: float
) -> Tensor:
    """Return the largest |eigenvalue| of ∇²L, ``(problems, models)``; inf where weights are not finite."""
    count, _, models, _ = weights.shape
    fine = finite(weights)
    if problems.linear:
        hessian = problems.inputs.mT @ problems.inputs / problems.inputs.shape[1]
        return torch.where(fine, torch.linalg.eigvalsh(hessian)[:, -1:], torch.inf)
    norms, size = torch.full_like(fine, torch.inf, dtype=weights.dtype), problems.inputs.element_size()
    together = max(1, int(0.25e6 * memory_mb / (models * problems.inputs[0].numel() * size)))  # their inputs are copied
    for first in range(0, count, together):
        part = slice(first, first + together)
        owner, model = torch.nonzero(fine[part], as_tuple=True)
        if len(owner):
            data = (problems.inputs[part][owner], problems.labels[part][owner])
            flat = weights[part].swapaxes(1, 2)[owner, model].flatten(1)
            found, _ = curvature.hessian_norms(single_loss, flat, data, generator, memory_mb / 2)
            norms[part][owner, model] = torch.as_tensor(found).to(norms)
    return norms


def finite(weights: Tensor) -> Tensor:
    """Return whether runs have not diverged, ``(problems, models)``: whether ‖θ‖² is a number below 1e12."""
    return squared_length(weights) < 1e12


class _Experiment:
    """The problems of all seeds, which are followed side by side."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset, device: torch.device):
        self.settings, self.seeds = settings, range(settings["n_seeds"])
        train, test, starts = draw(settings, dataset)
        self.problems, self.test = (SquaredReluProblems(*(part.to(device) for part in data)) for data in (train, test))
        self.starts = starts.to(device)  # (seeds, d + 1, starts, width)
        self.first = self.starts[:, :, :1]
        self.probes = self._torch("lanczos")
        self.unit = squared_length(self.first).sqrt()  # of perturbations, (seeds, 1)
        self.at_start = self._curvature(self.problems, self.first)
        self.top = self._top_of_the_flow()  # λ*, (seeds, 1)

    def parts(self) -> Iterator[list[Row]]:
        """Yield the rows of every group of runs."""
        steps, rate, batches = (self.settings[key] for key in ("steps", "rate", "batch_sizes"))
        progress = Progress(2 * len(steps) + 3 + len(batches), "groups of runs")
        linear = SquaredReluProblems(self.problems.inputs, self.problems.labels, linear=True)
        zero = torch.zeros_like(self.first[:, :-1, :, :1])
        models = {
            "network": (self.problems, self.first, self.top),
            "linear": (linear, zero, self._curvature(linear, zero)),
        }
        for name, (problems, start, top) in models.items():
            paths = []
            for share in steps:
                paths.append(self._follow(descent(problems, share * 2 / top), start, 2 * share))
                progress.advance()
            common = {"model": name, "method": "descent", "origin": "step_size"}
            yield self._rows(problems, joined(paths), top, [{**common, "learning_rate": share} for share in steps])
            shares = torch.tensor([0.0, *self.settings["explicit_steps"]], dtype=start.dtype, device=start.device)
            modified = flow(problems, self.settings["flow_step"] / top, shares / (2 * top))  # h/4 = s/(2λ*)
            path = self._follow(modified, start.expand(-1, -1, len(shares), -1), self.settings["flow_step"])
            common = {"model": name, "method": "explicit"}
            yield self._rows(problems, path, top, [{**common, "learning_rate": share} for share in shares.tolist()])
            progress.advance()
        common = {"model": "network", "learning_rate": rate}
        path = self._follow(descent(self.problems, rate * 2 / self.top), self.starts, 2 * rate, whole=False)
        cases = {"method": "descent", "origin": "initialisation"}
        cases = [{**common, **cases, "start": start} for start in range(self.starts.shape[2])]
        yield self._rows(self.problems, path, self.top, cases, ARMS[1:])
        progress.advance()
        paths = []
        for size in batches:
            draws = [seeding.generator(self.settings["seed"], "flat_minima", s, "order", size) for s in self.seeds]
            one = epoch(self.problems, rate * 2 / self.top, size, draws)
            paths.append(self._follow(one, self.first, 2 * rate * (self.settings["n_train"] // size), whole=False))
            progress.advance()
        common |= {"method": "sgd", "origin": "batch_size"}
        yield self._rows(
            self.problems, joined(paths), self.top, [{**common, "batch_size": size} for size in batches], ARMS[1:]
        )
        values = self._numpy(self.at_start / self.top)
        yield self._written({("start_curvature", None): values}, [{"model": "network"}], None)

    def _follow(self, advance: Any, start: Tensor, time: float, whole: bool = True) -> Path:
        """Follow ``advance``, which takes ``time`` in units of 1/λ*, for the whole duration."""
        return follow(advance, start, round(self.settings["duration"] / time), self.settings["level"], whole)

    def _rows(
        self, problems: SquaredReluProblems, path: Path, top: Tensor, cases: list[Row], arms: Sequence[str] = ARMS
    ) -> list[Row]:  # fmt: skip
        """Return the rows of a group of runs, one case per model."""
        rows = []
        diverged = self._numpy((~finite(path.end)).double())
        for case in cases:
            case["stable"] = case["learning_rate"] < 1
        for arm in arms:
            if arm == "equal_time":
                found = self._evaluated(problems, path.end, top)
            else:
                found = self._at_level(problems, path, top, ["near"] if "origin" in cases[0] else [])
                found["unreached", None] = self._numpy((~path.reached).double())
            found["edge", None] = found["curvature", None] * np.array([case["learning_rate"] for case in cases])
            found["diverged", None] = diverged
            rows += self._written(found, [{**case, "weights": "found"} for case in cases], arm)
        if "origin" in cases[0] and not problems.linear:
            rows += self._rescaled(path.after, top, cases)
        return rows

    def _at_level(self, problems: SquaredReluProblems, path: Path, top: Tensor, reaches: Sequence[str]) -> Found:
        """Return what is measured where the loss crosses the level."""
        before, after = (self._evaluated(problems, weights, top, reaches) for weights in (path.before, path.after))
        share = self._numpy(path.share)
        with np.errstate(invalid="ignore"):  # a run that diverged has share 1: its infinite values are not mixed
            mixed = {key: (1 - share) * before[key] + share * after[key] for key in after}
        return {key: np.where(share == 1, after[key], mixed[key]) for key in after}

    def _rescaled(self, weights: Tensor, top: Tensor, cases: list[Row]) -> list[Row]:
        """Return the rows of the same functions with rescaled weights."""
        widest, address = np.log(self.settings["rescaling"]), ("rescaling", cases[0]["origin"])
        draws = [seeding.generator(self.settings["seed"], "flat_minima", s, *address) for s in self.seeds]
        factor = np.exp([one.uniform(-widest, widest, len(cases)) for one in draws])
        there = rescaled(weights, torch.as_tensor(factor).to(weights))
        found = self._evaluated(self.problems, there, top, list(LENGTHS))
        change = (self.test.outputs(there) - self.test.outputs(weights)).abs().amax(dim=1)
        found["output_change", None] = self._numpy(change)
        ratio = found["curvature", None] / self._numpy(self._curvature(self.problems, weights) / top)
        found["curvature_change", None] = np.maximum(ratio, 1 / ratio)
        return self._written(found, [{**case, "weights": "rescaled"} for case in cases], "equal_loss")

    def _evaluated(
        self, problems: SquaredReluProblems, weights: Tensor, top: Tensor, reaches: Sequence[str] = ()
    ) -> Found:
        """Return all values at ``weights``, infinite where a run diverged; with perturbations of the given reaches."""
        _, gradient, _ = problems.gradient(weights)
        values = {
            ("curvature", None): self._curvature(problems, weights) / top,
            ("squared_gradient", None): squared_length(gradient),
            ("loss", "train"): problems.loss(weights),
            ("error", "train"): problems.error(weights),
        }
        if not problems.linear:
            trace = problems.trace(weights)
            values["loss", "test"], values["error", "test"] = self.test.loss(weights), self.test.error(weights)
            values["trace", None] = trace / top
            for reach in reaches:
                length = self.settings[LENGTHS[reach]] * self.unit
                values["loss_increase", reach] = problems.increase(weights, self._shifts(length))
                values["expected_increase", reach] = length**2 / weights[0, :, 0].numel() / 2 * trace
        fine = finite(weights)
        return {key: self._numpy(torch.where(fine, value, torch.inf)) for key, value in values.items()}

    def _shifts(self, length: Tensor) -> Iterator[Tensor]:
        """Yield random perturbations of one length, ``(seeds, 1)``; the directions are the same for every minimum."""
        draws = self._torch("perturbation")
        for _ in range(self.settings["n_perturbations"]):
            noise = torch.randn(*self.first.shape, generator=draws, dtype=length.dtype).to(length.device)
            yield noise * (length / squared_length(noise).sqrt())[:, None, :, None]

    def _written(self, found: Found, cases: list[Row], arm: str | None) -> list[Row]:
        rows = []
        for number, case in enumerate(cases):
            for (quantity, part), values in found.items():
                for seed in self.seeds:
                    own = {"quantity": quantity, "value": float(values[seed, number]), "seed": seed}
                    own |= {"reach": part, "split": None} if part in LENGTHS else {"reach": None, "split": part}
                    own["n_train"] = self.settings["n_train"]
                    places = {k: float(found[q, None][seed, number]) for k, q in PLACES.items() if (q, None) in found}
                    rows.append({**own, "arm": arm, **case, **places})
        return rows

    def _top_of_the_flow(self) -> Tensor:
        """Return λ*, ``(seeds, 1)``: the largest λ_max along the flow of L, which lasts ``duration`` in units of 1/λ*.

        λ_max is taken at ``n_looks`` times, or fewer if it grows. It is rounded because it serves as a unit: large
        steps would magnify differences in the last digits of an eigenvalue until the path is another one.
        """
        top, weights, looks = self.at_start, self.first, self.settings["n_looks"]
        step = self.settings["flow_step"] / 2  # half the step, as the curvature may grow beyond that at the start
        advance = flow(self.problems, step / self.at_start)
        steps = round(self.settings["duration"] / step / looks)
        for look in range(looks):
            going_on = look * steps * step / self.at_start < self.settings["duration"] / top
            if not going_on.any():
                break
            for _ in range(steps):
                weights = advance(weights)[1]
            top = torch.where(going_on, torch.maximum(top, self._curvature(self.problems, weights)), top)
        return top.round(decimals=4)

    def _curvature(self, problems: SquaredReluProblems, weights: Tensor) -> Tensor:
        return largest_curvature(problems, weights, self.probes, self.settings["memory_mb"])

    def _torch(self, purpose: str) -> torch.Generator:
        return seeding.torch_generator(self.settings["seed"], "flat_minima", purpose)

    @staticmethod
    def _numpy(values: Tensor) -> np.ndarray:
        return values.cpu().numpy()
