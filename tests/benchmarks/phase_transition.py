"""Gradient descent on one column of the phase-transition grid: packed, against a plain loop over the networks.

The plain loop is what one writes first: one network at a time, ``loss.backward()``, ``torch.optim.SGD``; same data,
same starts, same step size, momentum and stopping rule, same precision. Both must agree on which networks fit, and on
the number of steps but for one check. Prints CPU seconds of both, alternating, and the ratio of the medians; one
thread.

Usage: python tests/benchmarks/phase_transition.py [--n-train 100] [--dimension 20] [--repeats 3]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from overparam.claims.shallow_networks.phase_transition import hidden_layer_fitting as fitting
from overparam.claims.shallow_networks.phase_transition import measure as phase_transition
from overparam.plan import experiment_settings

CHECK_EVERY, SPELL = 25, 500


def plain_loop(networks: fitting.RaggedNetworks, activation: str, settings: dict) -> fitting.Outcome:
    """Do what :func:`fitting.descend` does, one network after the other, by autograd."""
    phi = getattr(torch.nn.functional, activation)
    rates = 1 / fitting.largest_curvature(networks, activation)
    residuals, steps = [], []
    for m, start in enumerate(networks.hidden):
        x, y = networks.inputs[networks.problem[m]], networks.labels[networks.problem[m]]
        v, weights = fitting.output_weights(y, len(start)), start.clone().requires_grad_()
        optimizer = torch.optim.SGD([weights], lr=float(rates[m]), momentum=settings["momentum"])
        earlier, size = float("inf"), y.norm()
        for step in range(settings["step_limit"] + 1):
            error = phi(x @ weights.T) @ v - y
            if step % CHECK_EVERY == 0 or step == settings["step_limit"]:
                relative = (error.norm() / size).item()
                if relative <= settings["tolerance"] or step == settings["step_limit"]:
                    break
                if step % SPELL == 0:
                    if relative > fitting.STALLED * earlier:
                        break
                    earlier = relative
            optimizer.zero_grad()
            (error.square().sum() / 2).backward()
            optimizer.step()
        residuals.append(relative)
        steps.append(step)
    return fitting.Outcome(torch.tensor(residuals), torch.tensor(steps), torch.zeros(len(steps), dtype=torch.bool))


def packed(networks: fitting.RaggedNetworks, activation: str, settings: dict) -> fitting.Outcome:
    """Run the networks together, as the experiment does."""
    limits = settings["momentum"], settings["tolerance"], settings["step_limit"]
    return fitting.descend(networks, activation, *limits, check_every=CHECK_EVERY, spell=SPELL)


def timed(function, *arguments) -> tuple[float, fitting.Outcome]:
    """Return CPU seconds and result of a call."""
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


def main() -> None:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-train", type=int, default=100)
    parser.add_argument("--dimension", type=int, default=20)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--step-limit", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    settings, _ = experiment_settings.resolve("phase_transition", "default", {})
    settings |= {"seed": 0, "n_seeds": given.trials, "step_limit": given.step_limit}
    networks, _ = phase_transition._draw(settings, given.n_train, given.dimension)
    networks = networks.to(getattr(torch, settings["precision"]))
    print(
        f"n = {given.n_train}, d = {given.dimension}, {len(networks.hidden)} networks, {given.step_limit} steps at most"
    )
    print("activation   plain loop / s   packed / s   ratio   networks that fit")
    for activation in phase_transition.ACTIVATIONS:
        seconds: dict[str, list[float]] = {"plain": [], "packed": []}
        for _ in range(given.repeats):
            for name, function in (("plain", plain_loop), ("packed", packed)):
                spent, outcome = timed(function, networks, activation, settings)
                seconds[name].append(spent)
                if name == "plain":
                    expected = outcome
            fits = [one.residual <= settings["tolerance"] for one in (expected, outcome)]
            apart = (expected.steps - outcome.steps).abs()
            if not torch.equal(*fits) or apart.max() > CHECK_EVERY:
                sys.exit(
                    f"{activation}: the two differ, in {int((fits[0] != fits[1]).sum())} networks, {apart.max()} steps"
                )
        plain, together = (float(np.median(seconds[name])) for name in ("plain", "packed"))
        print(f"{activation:<10} {plain:>16.2f} {together:>12.2f} {plain / together:>7.1f}   {int(fits[0].sum())}")


if __name__ == "__main__":
    main()
