"""Hand-written gradients of fully connected packs against autograd, and packs trained in parts."""

import math

import pytest
import torch
import torch.nn.functional as F

from overparam import models, seeding
from overparam.packs import losses
from overparam.packs.pack import Pack
from overparam.packs.perceptron import Perceptron
from overparam.packs.techniques import MANY_WEIGHTS
from overparam.training import trainer
from overparam.training.samples import Samples

EXACT = torch.autocast("cpu", torch.bfloat16, enabled=False)
SHAPE, N_CLASSES, N_MODELS = (2, 4, 4), 5, 6


def absolute(logits, labels):
    """Return a loss that has no closed form in the package."""
    return (logits - F.one_hot(labels, logits.shape[1]).mT.to(logits.dtype)).abs().sum(dim=1)


def drawn(model, width, dtype=torch.float64, shape=SHAPE):
    pack = models.build(model, width, N_MODELS, shape, N_CLASSES)
    pack.initialise([seeding.torch_generator(0, "init", seed) for seed in range(N_MODELS)])
    return pack.to(dtype)


def batch(pack, groups, n_samples, dtype=torch.float64, shape=SHAPE, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(20, *shape[1:], shape[0], generator=generator, dtype=torch.float64).to(dtype)
    index = torch.randint(0, 20, (groups, n_samples), generator=generator)
    return pack.batch(images, index), torch.randint(0, N_CLASSES, (N_MODELS, n_samples), generator=generator)


def taken(pack):
    """Return copies of the gradients, and clear them."""
    gradients = [parameter.grad.clone() for parameter in pack.parameters()]
    pack.zero_grad()
    return gradients


@pytest.mark.parametrize("model", ["mlp", "mlp3"])
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("loss", [*losses.LOSSES.values(), absolute])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_gradients_are_those_of_autograd(model, groups, loss, dtype):
    pack = drawn(model, 7, dtype)
    for n_samples, seed in ((9, 0), (4, 1), (9, 2)):  # the memory of the first is used again by the third
        inputs, labels = batch(pack, groups, n_samples, dtype, seed=seed)
        found, gradients = pack.backpropagate(inputs, labels, loss, EXACT), taken(pack)
        expected = loss(pack(inputs), labels).mean(dim=1)
        expected.sum().backward()
        torch.testing.assert_close(found, expected.detach())
        for own, other in zip(gradients, taken(pack), strict=True):
            torch.testing.assert_close(own, other)
            assert own.abs().max() > 0


def test_gradients_of_parameters_that_have_moved_to_other_memory():
    pack = drawn("mlp", 7)
    inputs, labels = batch(pack, 2, 9)
    pack.backpropagate(inputs, labels, losses.squared, EXACT)
    with torch.no_grad():
        for parameter in pack.parameters():
            parameter.data = parameter.data * 2
    pack.backpropagate(inputs, labels, losses.squared, EXACT)
    gradients = taken(pack)
    Pack.backpropagate(pack.float(), inputs.float(), labels, losses.squared, EXACT)
    for own, other in zip(gradients, taken(pack), strict=True):
        torch.testing.assert_close(own.float(), other)


@pytest.mark.parametrize("loss", losses.LOSSES.values())
@pytest.mark.parametrize("model", ["mlp", "mlp3"])
def test_bfloat16_is_as_close_to_float32_as_autocast(model, loss):
    shape = (2, 32, 32)
    pack = drawn(model, 16, torch.float32, shape)
    inputs, labels = batch(pack, 2, 64, torch.float32, shape)
    pack.backpropagate(inputs, labels, loss, EXACT)
    exact = taken(pack)
    Pack.backpropagate(pack, inputs, labels, loss, torch.autocast("cpu", torch.bfloat16))
    autocast = taken(pack)
    coarse = pack.store(inputs.transpose(1, 2).reshape(-1, 32, 32, 2), "bfloat16")
    pack.backpropagate(coarse.view(2, 64, -1).transpose(1, 2), labels, loss, EXACT)
    for own, other, reference in zip(taken(pack), autocast, exact, strict=True):
        assert own.dtype == torch.float32
        assert 0 < (own - reference).norm() < 1.5 * (other - reference).norm()


def test_bfloat16_is_not_used_where_it_does_not_pay_or_is_not_allowed():
    images = torch.zeros(3, 4, 4, 2)
    assert MANY_WEIGHTS > 32 * 8
    assert drawn("mlp", 8).store(images, "bfloat16") is images
    wide = drawn("mlp", MANY_WEIGHTS // 32)
    assert wide.store(images, "float32") is images
    assert wide.store(images, "bfloat16").dtype == torch.bfloat16


def test_the_precision_of_products_is_left_as_it_was():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        pack = drawn("mlp", 7, torch.float32)
        inputs, labels = batch(pack, 2, 9, torch.float32)
        pack.backpropagate(inputs, labels, losses.squared, EXACT)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def settings(**changes):
    defaults = {"model": "mlp", "seeds": [0, 1, 2], "label_noise": [0.0, 0.1], "seed": 0, "loss": "cross_entropy"}
    defaults |= {"epochs": 2, "evaluations": [2], "batch_size": 8, "precision": "float32"}
    return defaults | {"optimizer": {"name": "adam", "learning_rate": 0.01}} | changes


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
@pytest.mark.parametrize("changes", [{}, {"order_seed": 7}, {"augmentation": {"crop": 1, "flip": True}}])
def test_models_trained_in_parts_are_those_trained_together(at_once, changes, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, N_CLASSES, (N_MODELS, 20), generator=generator)
    train = Samples(torch.randn(20, 4, 4, 2, generator=generator), labels[0], labels)

    def trained():
        pack = trainer.build(settings(**changes), 7, SHAPE, N_CLASSES)
        (moment,) = trainer.fit(pack, settings(**changes), train)
        return pack.vectors(), (moment.epoch, moment.step, moment.finite.tolist())

    together, when = trained()
    assert when == (2, 6, [True] * N_MODELS)
    monkeypatch.setattr(Perceptron, "at_once", property(lambda _: at_once))
    in_parts, also_when = trained()
    torch.testing.assert_close(in_parts, together, rtol=1e-4, atol=1e-5)
    assert also_when == when


def test_parameters_of_the_published_networks():
    for model, layers, published in (("mlp", 1, 1_209_866), ("mlp3", 3, 1_735_178)):
        pack = models.build(model, 512, 2, (3, 28, 28), 10)
        assert pack.n_params == published == (3 * 28**2 + 1) * 512 + (layers - 1) * (512 + 1) * 512 + (512 + 1) * 10
        assert [layer.weight.shape[0] for layer in pack.layers] == [2] * (layers + 1)


def test_loss_at_the_start_is_that_of_chance():
    pack = drawn("mlp3", 64, torch.float32)
    inputs, labels = batch(pack, 2, 64, torch.float32)
    found = pack.backpropagate(inputs, labels, losses.cross_entropy, EXACT)
    assert found.tolist() == pytest.approx([math.log(N_CLASSES)] * N_MODELS, rel=0.05)
