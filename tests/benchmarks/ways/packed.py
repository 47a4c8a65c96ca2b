"""Training of a pack by the trainer of the pipeline, and its comparison with plain networks."""

import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

from overparam import seeding
from overparam.packs import losses
from overparam.packs.pack import Pack
from overparam.training import evaluation, trainer
from overparam.training.samples import Samples
from ways import plain
from ways.cases import BATCH, Case, Data

STEPS, TOLERANCE = 4, {"float32": 1e-3, "bfloat16": 3e-2}


def train(pack: Pack, case: Case, precision: str, samples: Samples, batches: int) -> int:
    """Train for so many batches, in epochs over all samples as far as they go; return images × models."""
    whole, rest = divmod(batches * BATCH, len(samples))
    steps = 0
    for epochs, n in ((whole, len(samples)), (int(rest > 0), rest)):
        if epochs:
            part = Samples(samples.images[:n], samples.clean[:n], samples.given[:, :n])
            for moment in trainer.fit(pack, case.settings(precision, epochs), part):
                steps += moment.step
    return steps * BATCH * pack.n_models


def check(case: Case, precision: str, data: Data, device: torch.device) -> None:
    """Stop unless the first and the last network of a pack learn as plain ones do that take the same batches."""
    samples = data.samples(case, STEPS * BATCH, device)
    pack = case.pack(precision, device)
    expected = {}
    for number, seed in ((0, 0), (pack.n_models - 1, case.seeds - 1)):
        order = torch.randperm(len(samples), generator=seeding.torch_generator(0, "order", seed)).to(device)
        network = case.plain(pack, number).to(device)
        images = samples.images.permute(0, 3, 1, 2)
        expected[number] = plain.loss_after(network, images, samples.given[number], order, BATCH)
    train(pack, case, precision, samples, STEPS)
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
    found = evaluation.evaluate(pack, samples, losses.cross_entropy, autocast)["loss_noisy"]
    for number, loss in expected.items():
        if not abs(found[number] - loss) <= TOLERANCE[precision] * loss:
            sys.exit(f"{case} in {precision}: network {number} loses {found[number]:.6g}, a plain one {loss:.6g}")


def operations(case: Case) -> float:
    """Return the floating-point operations per image of one step's products and convolutions in a plain network."""
    channels, height, width = case.shape
    images, labels = torch.zeros(2, channels, height, width), torch.zeros(2, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        torch.nn.functional.cross_entropy(case.plain()(images), labels).backward()
    return counter.get_total_flops() / len(images)
