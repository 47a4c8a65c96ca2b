"""Trained networks on more and more samples: test risk at fixed widths, and the most samples that a procedure fits.

They have one hidden layer of ReLU units and are trained on the squared loss of one-hot labels by Adam, for a fixed
number of steps whatever n is. Effective model complexity is that of Nakkiran et al. 2019, arXiv 1912.02292, definition
1, for every seed by itself: the mean over seeds stands for the mean over draws of samples.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from overparam.claims.double_descent import network_fits
from overparam.claims.double_descent.network_fits import NOISE, Member
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress

METHOD, TUNED = "adam", "early_stopping"
EMC = "effective_model_complexity"
SPLITS = ("train", "test")

Row = dict[str, Any]
Search = Callable[[Callable[[int], bool], int, int, float], float]
Seen = dict[int, tuple[np.ndarray, np.ndarray]]  # training loss and error of every seed, by number of steps


class NetworksOverSamples:
    """The data set with the settings of the networks.

    Parameters
    ----------
    settings
        Root ``seed``, ``n_test``, ``near_zero_loss``, ``fitted_error``, ``pool_shares`` and those of
        ``experiment.yaml`` below ``networks``.
    dataset
        Images and labels.
    device
        Where to train.
    largest
        Search for the largest integer at which something holds, from a guess up to a limit, to a resolution.
    """

    def __init__(self, settings: dict[str, Any], dataset: Dataset, device: Any, largest: Search):
        self.settings, self.own, self.dataset, self.device, self.largest = (
            settings, settings["networks"], dataset, device, largest,
        )  # fmt: skip
        self.seeds = range(self.own["n_seeds"])
        self.looks = sorted({*self.own["earlier_steps"], self.own["steps"]})
        self.seen: dict[tuple[int, int, int], Seen] = {}  # by width, n and pool
        self.image = (*dataset.train.images.shape[2:], dataset.train.images.shape[1])
        most = max(self.own["n_train"])
        if most + self._heldout(most) > len(dataset.train):
            there = f"{dataset.name} has {len(dataset.train)} training images"
            raise UserError(
                f"sample_wise: networks.n_train of {most} and {self._heldout(most)} held out for early stopping are "
                f"more samples than there are: {there}"
            )

    def rows(self) -> Iterator[Row]:
        """Yield all rows.

        Early stopping takes the moment of the least loss on held-out samples, whose labels are as noisy as those
        trained on and whose number is a fixed share of n. The peak is the inner place at which the test loss rises most
        above what is lower on both sides (:func:`peak`). Complexities are measured at the last label noise; those on
        parts of the images, with the most steps and for a near-zero loss only.
        """
        yield from self._curves()
        yield from self._complexities()

    def _curves(self) -> Iterator[Row]:
        own, noises = self.own, self.own["label_noise"]
        members = [Member(width, len(self.dataset.classes), noise) for width in own["widths"] for noise in noises]
        params = [network_fits.n_params(one, self.image) for one in members]
        progress, peaks = Progress(len(own["n_train"]), "numbers of samples"), {}
        for n in own["n_train"]:
            by_steps, stopped = self._trained(members, n)
            for place, one in enumerate(members):
                load = n * one.n_classes / params[place]
                size = {**self._case(one), "n_train": n, "labels_per_parameter": load}
                if one.label_noise == noises[-1]:
                    trained = {
                        steps: tuple(values[name, "train"][:, place] for name in ("loss", "error"))
                        for steps, values in by_steps.items()
                    }
                    self.seen[one.width, n, len(self.dataset.train)] = trained
                for steps, values in {**by_steps, None: stopped}.items():
                    method = {"method": TUNED if steps is None else METHOD, "steps": steps}
                    for (name, split), table in values.items():
                        for seed in self.seeds:
                            found = {"split": split, "quantity": name, "value": table[seed, place], "seed": seed}
                            yield {**size, **method, **found}
                    peaks.setdefault((place, steps), []).append(values["loss", "test"][:, place])
                diverged = ~np.isfinite(by_steps[self.looks[-1]]["loss", "test"][:, place])
                for seed in self.seeds:
                    found = {"quantity": "diverged", "value": float(diverged[seed]), "seed": seed}
                    yield {**size, "method": METHOD, **found}
            progress.advance()
        for (place, steps), curve in peaks.items():
            if steps is not None:
                for seed, losses in enumerate(np.array(curve).T):
                    found = {"quantity": "samples_at_peak", "value": own["n_train"][peak(np.log(losses))]}
                    yield {**self._case(members[place]), "method": METHOD, "steps": steps, "seed": seed, **found}

    def _complexities(self) -> Iterator[Row]:
        own, everything = self.own, max(self.settings["pool_shares"])
        tasks = [(width, everything) for width in own["widths"]]
        tasks += [(own["pool_width"], share) for share in self.settings["pool_shares"] if share != everything]
        progress = Progress(len(tasks), "complexities")
        levels = {"near_zero_loss": self.settings["near_zero_loss"], "train_error": self.settings["fitted_error"]}
        for width, share in tasks:
            one = Member(width, len(self.dataset.classes), own["label_noise"][-1])
            pool = round(share * len(self.dataset.train))
            for steps, (column, (criterion, level)) in itertools.product(self.looks, enumerate(levels.items())):
                if share == everything or (steps == self.looks[-1] and criterion == "near_zero_loss"):
                    case = {**self._case(one), "method": METHOD, "steps": steps, "criterion": criterion}
                    for seed in self.seeds:

                        def fits(n: int, seed=seed, steps=steps, column=column, level=level, one=one, pool=pool):
                            return self._fitted(one, n, pool, steps)[column][seed] <= level

                        # begins above the least n, which every network fits: that saves one training
                        found = self.largest(fits, own["n_train"][1], pool, own["resolution"])
                        case |= {"pool_share": share, "seed": seed}
                        yield {**case, "quantity": EMC, "value": found}
                        yield {**case, "quantity": "limit_hit", "value": float(np.isinf(found))}
            progress.advance()

    def _fitted(self, one: Member, n: int, pool: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return training loss and error of every seed on n samples of a pool; no network is trained twice."""
        key = (one.width, n, pool)
        if steps not in self.seen.setdefault(key, {}):
            samples = network_fits.draw(
                self.dataset, self.settings["seed"], self.seeds, [one], n, n_test=1, pool=pool, device=self.device
            )
            *_, last = self._follow([one], samples, [steps], steps)
            self.seen[key][steps] = tuple(getattr(last, name)["train"][:, 0] for name in ("loss", "error"))
        return self.seen[key][steps]

    def _trained(self, members: list[Member], n: int) -> tuple[dict, dict]:
        """Return what is seen after each number of steps, and where early stopping stops: (name, split) to (S, J)."""
        samples = network_fits.draw(
            self.dataset, self.settings["seed"], self.seeds, members, n,
            n_heldout=self._heldout(n), n_test=self.settings["n_test"], device=self.device,
        )  # fmt: skip
        spread = np.geomspace(self.own["steps"], 1, self.own["evaluations"]).round().astype(int).tolist()
        looks = list(self._follow(members, samples, sorted({*spread, *self.looks}), self.own["steps"]))
        heldout = np.array([look.loss["heldout"] for look in looks])
        first = np.nan_to_num(heldout, nan=np.inf).argmin(axis=0)

        def at_first(values: list[np.ndarray]) -> np.ndarray:
            return np.take_along_axis(np.array(values), first[None], axis=0)[0]

        stopped = {
            (name, split): at_first([getattr(look, name)[split] for look in looks])
            for name in ("loss", "error")
            for split in SPLITS
        }
        return self._by_steps(looks), stopped

    def _follow(
        self, members: list[Member], samples: dict, evaluations: list[int], steps: int
    ) -> Iterator[network_fits.Look]:
        training = {**self.own, "evaluations": evaluations}
        return network_fits.follow(training, self.settings["seed"], self.seeds, members, samples, steps)

    def _by_steps(self, looks: list[network_fits.Look]) -> dict[int, dict[tuple[str, str], np.ndarray]]:
        """Return what is seen at the moments nearest to the numbers of steps that are judged."""
        found = {}
        for steps in self.looks:
            look = min(looks, key=lambda look, steps=steps: abs(np.log(max(look.step, 1) / steps)))
            found[steps] = {(name, split): getattr(look, name)[split] for name in ("loss", "error") for split in SPLITS}
        return found

    def _heldout(self, n: int) -> int:
        return max(1, round(self.own["heldout_share"] * n))

    def _case(self, one: Member) -> Row:
        noise = NOISE if one.label_noise else None
        return {"features": "network", "width": one.width, "label_noise": one.label_noise, "noise_definition": noise}


def peak(curve: np.ndarray) -> int:
    """Return the inner place whose value rises most above the lowest before it and the lowest after it.

    The smaller of the two differences counts; a value that is not a number is never the peak.
    """
    curve = np.where(np.isnan(curve), -np.inf, curve)
    before = np.minimum.accumulate(curve)[:-2]
    after = np.minimum.accumulate(curve[::-1])[::-1][2:]
    with np.errstate(invalid="ignore"):
        prominence = np.nan_to_num(curve[1:-1] - np.maximum(before, after), nan=-np.inf)
    return 1 + int(np.argmax(prominence))
