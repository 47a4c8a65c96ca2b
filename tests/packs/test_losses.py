"""Losses are those of torch, in the precision of the network."""

import pytest
import torch
import torch.nn.functional as F
from plain_networks import taken_from
from tiny_cells import SHAPES, settings

from overparam.packs import losses
from overparam.packs.pack import Pack
from overparam.training import evaluation, samples, trainer


def test_losses_are_those_of_torch():
    generator = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(3, 4, 7, generator=generator)
    y = torch.randint(0, 4, (3, 7), generator=generator)
    torch.testing.assert_close(losses.cross_entropy(logits, y), F.cross_entropy(logits, y, reduction="none"))
    one_hot = F.one_hot(y, 4).float().transpose(1, 2)
    expected = F.mse_loss(logits, one_hot, reduction="none").mean(dim=1)
    torch.testing.assert_close(losses.squared(logits, y), expected)


@pytest.mark.parametrize("model", SHAPES)
def test_losses_and_gradients_of_float64_networks_are_float64(model):
    shape = SHAPES[model]
    pack = trainer.build(settings(model, seeds=[0], label_noise=[0.0]), 2, shape, 4).double()
    plain = taken_from(pack, 0, model, 2, shape, 4).double()
    images = torch.randn(6, *shape[1:], shape[0], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.tensor([[0, 1, 2, 3, 0, 1]])
    exact = torch.autocast("cpu", torch.bfloat16, enabled=False)
    found = Pack.backpropagate(pack, pack.arrange(images[None]), y, losses.cross_entropy, exact)
    expected = F.cross_entropy(plain(images.permute(0, 3, 1, 2)), y[0])
    expected.backward()
    assert found.item() == pytest.approx(expected.item(), rel=1e-13)
    last = list(pack.parameters())[-1].grad[0]
    torch.testing.assert_close(last, list(plain.parameters())[-1].grad, rtol=1e-12, atol=0)
    measured = evaluation.evaluate(pack, samples.Samples(images, y[0], y), losses.cross_entropy, exact)["loss_clean"]
    outputs = plain.eval()(images.permute(0, 3, 1, 2))
    assert measured[0] == pytest.approx(F.cross_entropy(outputs, y[0]).item(), rel=1e-10)
