"""A step and an evaluation of every network at the largest published size, in both precisions."""

import pytest
import torch
from cells_on_gpu import MODELS, OPTIMIZERS
from fake_gpu import Operations, fake, moved
from pretended_gpu import GPU

from overparam import models
from overparam.packs.losses import LOSSES
from overparam.training import augmentation, evaluation, optimizers
from overparam.training.samples import Samples

LARGEST = {"mlp": 512, "mlp3": 512, "cnn": 64, "preact_resnet18": 64, "resnet20": 16, "resnet20_unnormalised": 16}
N, BATCH, SEEDS = 1024, 128, 4  # every seed with two levels of label noise


@pytest.mark.parametrize("precision, optimizer", [("bfloat16", "adam"), ("float32", "momentum")])
@pytest.mark.parametrize("model", MODELS)
def test_a_step_at_the_published_size(model, precision, optimizer):
    side = 28 if model in ("lenet", "small_alexnet", "small_inception") else 32
    loss = LOSSES["cross_entropy"]
    with fake(), Operations() as operations:
        context = torch.autocast("cuda", torch.bfloat16, enabled=precision == "bfloat16")
        pack = moved(models.build(model, LARGEST.get(model, 1), 2 * SEEDS, (3, side, side), 10)).train()
        images = torch.empty(N, side, side, 3, device=GPU)
        clean = torch.zeros(N, dtype=torch.int64, device=GPU)
        stored = pack.store(images, precision)
        given = {"augmentation": {"crop": 4, "flip": True}, "seed": 0} if optimizer == "adam" else {"seed": 0}
        augment = augmentation.build(given, stored, list(range(SEEDS)))
        if augment:
            augment.draw()
        index = torch.zeros(SEEDS, BATCH, dtype=torch.int64, device=GPU)
        inputs = pack.arrange(augment(index)) if augment else pack.batch(stored, index)
        update = optimizers.optimizer(list(pack.parameters()), OPTIMIZERS[optimizer])
        labels = torch.zeros(2 * SEEDS, BATCH, dtype=torch.int64, device=GPU)
        losses = pack.backpropagate(inputs, labels, loss, context)
        assert losses.is_cuda and losses.shape == (2 * SEEDS,) and losses.dtype == torch.float32
        update(0.1)
        if precision == "bfloat16":
            found = evaluation.evaluate(pack, Samples(images, clean, clean.repeat(2 * SEEDS, 1)), loss, context)
            assert found["loss_clean"].shape == (2 * SEEDS,)
        assert all(tensor.is_cuda for tensor in [*pack.parameters(), *pack.buffers(), *update.state_dict().values()])
    assert operations.count > 20
