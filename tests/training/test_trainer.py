"""A pack of networks is trained as each would be alone."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from plain_networks import FIXED, PLAIN, taken_from
from tiny_cells import OPTIMIZERS, SHAPES, dataset, settings, trained

from overparam import models, seeding
from overparam.datasets import labels
from overparam.jobs import files
from overparam.packs import losses, techniques
from overparam.training import optimizers, trainer


def plain_optimizer(net, options):
    """Return torch's own optimizer for the options of the settings."""
    weights = [parameter for parameter in net.parameters() if parameter.requires_grad]
    shared = {"lr": options["learning_rate"], "weight_decay": options.get("weight_decay", 0)}
    if options["name"] == "sgd":
        return torch.optim.SGD(weights, momentum=options["momentum"], **shared)
    return torch.optim.Adam(weights, **shared)


def plain_rows(given, data, noise, seed):
    """Train one model by itself with torch's own classes; yield (epoch, split, loss, error, distance)."""
    shape, n_classes = SHAPES[given["model"]], len(data.classes)
    alone = {**given, "label_noise": [noise], "seeds": [seed]}
    pack = trainer.build(alone, given["widths"][0], shape, n_classes)
    net = taken_from(pack, 0, given["model"], given["widths"][0], shape, n_classes)
    start = torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()
    options = given["optimizer"]
    optimizer = plain_optimizer(net, options)
    corruption = labels.draw(data.train.labels, n_classes, noise, "wrong_label", seed)
    n, batch_size = given["n_train"], given["batch_size"]
    n_steps = given["epochs"] * -(-n // batch_size)
    images = {name: torch.from_numpy(data.normalised(name)) for name in ("train", "test")}
    ours, heldout = slice(0, n), slice(n, n + given["n_heldout"])
    y = torch.from_numpy(corruption.given)
    parts = {
        "train": (images["train"][ours], y[ours]),
        "heldout": (images["train"][heldout], y[heldout]),
        "test": (images["test"], torch.from_numpy(data.test.labels)),
    }

    def loss(outputs, targets):
        if given["loss"] == "cross_entropy":
            return F.cross_entropy(outputs, targets)
        return F.mse_loss(outputs, F.one_hot(targets, n_classes).float())

    generator = seeding.torch_generator(given["seed"], "order", seed)
    step = 0
    for epoch in range(given["epochs"] + 1):
        if epoch:
            net.train()
            for index in torch.randperm(n, generator=generator).split(batch_size):
                if options.get("schedule") == "linear":
                    optimizer.param_groups[0]["lr"] = options["learning_rate"] * (1 - step / n_steps)
                optimizer.zero_grad()
                loss(net(parts["train"][0][index]), parts["train"][1][index]).backward()
                optimizer.step()
                step += 1
        net.eval()
        now = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
        for name, (x, targets) in parts.items():
            with torch.no_grad():
                outputs = net(x)
            error = float((outputs.argmax(1) != targets).double().mean())
            yield epoch, name, float(loss(outputs, targets)), error, float((now - start).norm())


@pytest.mark.parametrize("model", SHAPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", losses.LOSSES)
def test_training_of_a_pack_equals_training_alone(model, optimizer, loss):
    data = dataset(SHAPES[model])
    given = settings(model, optimizer=OPTIMIZERS[optimizer], loss=loss)
    table = trained(given, data).set_index(["label_noise", "seed", "epoch", "split"])
    for noise in given["label_noise"]:
        for seed in given["seeds"]:
            for epoch, split, plain_loss, plain_error, distance in plain_rows(given, data, noise, seed):
                row = table.loc[(noise, seed, epoch, split)]
                kind = "clean" if split == "test" else "noisy"
                assert row[f"loss_{kind}"] == pytest.approx(plain_loss, rel=1e-3), (noise, seed, epoch, split)
                assert row[f"error_{kind}"] == pytest.approx(plain_error, abs=1e-9)
                assert row["distance"] == pytest.approx(distance, rel=1e-3, abs=1e-6)
    assert (table.xs(3, level="epoch")["distance"] > 0.05).all()  # they did move


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("by_table", [True, False], ids=["as on a CPU", "as on a GPU"])
def test_pack_equals_models_trained_alone(model, optimizer, by_table, monkeypatch):
    """Two groups of two models, several steps in float64: in float32 the kinks of ReLU blow rounding errors up."""
    monkeypatch.setattr(techniques, "by_table", lambda x: by_table)
    shape = (3, 4, 4) if model in ("resnet_2m", "small_inception") else (3, 8, 8)
    width, n_steps = (1, 3) if model in FIXED else (2, 8)
    n_classes, n_models, batch_size = 4, 4, 6
    options = OPTIMIZERS[optimizer] | {"learning_rate": 0.002}
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(20, *shape[1:], shape[0], generator=generator, dtype=torch.float64)
    given = torch.randint(0, n_classes, (n_models, 20), generator=generator)
    orders = [torch.randperm(20, generator=generator)[:batch_size] for _ in range(2 * n_steps)]
    index = torch.stack(orders).view(n_steps, 2, batch_size)
    pack = models.build(model, width, n_models, shape, n_classes)
    pack.initialise([seeding.torch_generator(0, "init", seed) for seed in range(n_models)])
    pack.double().train()
    nets = [taken_from(pack, number, model, width, shape, n_classes).double() for number in range(n_models)]
    update, start = optimizers.optimizer(list(pack.parameters()), options), pack.vectors()
    for rows in index:
        y = torch.stack([given[number, rows[number // 2]] for number in range(n_models)])
        losses.cross_entropy(pack(pack.batch(images, rows)), y).mean(dim=1).sum().backward()
        update(options["learning_rate"])
    inputs = pack.eval().batch(images, torch.arange(20).view(1, -1))
    outputs, end = pack(inputs).detach(), pack.vectors()
    assert ((end - start).norm(dim=1) > 1e-4 * start.norm(dim=1)).all()
    for number, net in enumerate(nets):
        net.train()
        step = plain_optimizer(net, options)
        for rows in index[:, number // 2]:
            step.zero_grad()
            F.cross_entropy(net(images[rows].permute(0, 3, 1, 2)), given[number, rows]).backward()
            step.step()
        plain = net.eval()(images.permute(0, 3, 1, 2)).detach()
        torch.testing.assert_close(outputs[number].T, plain, rtol=1e-7, atol=1e-8)
        if not model.startswith("mlp"):  # whose pixels are in another order
            flat = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
            torch.testing.assert_close(end[number], flat, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("model", SHAPES)
def test_rows_of_a_seed_do_not_depend_on_its_pack(model):
    many = trained(settings(model, seeds=[1, 0, 2], label_noise=[0.0, 0.2, 0.4]))
    alone = trained(settings(model, seeds=[0], label_noise=[0.4]))
    same = many[(many["seed"] == 0) & (many["label_noise"] == 0.4)].reset_index(drop=True)
    assert len(alone) == 4 * 3
    numbers = alone.select_dtypes("number").columns
    np.testing.assert_allclose(same[numbers], alone[numbers], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("changes", [{}, {"order_seed": 1}, {"augmentation": {"crop": 1, "flip": True}}])
def test_a_wide_network_trained_after_the_others_is_the_one_trained_with_them(changes, monkeypatch):
    together = trained(settings("cnn", **changes))
    monkeypatch.setattr(techniques, "WIDE", 1)
    assert models.build("cnn", 2, 4, SHAPES["cnn"], 4).at_once == 1
    alone = trained(settings("cnn", **changes))
    numbers = together.select_dtypes("number").columns
    np.testing.assert_allclose(alone[numbers], together[numbers], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("model", SHAPES)
def test_same_settings_give_the_same_bytes(model, tmp_path):
    for name in ("first", "second"):
        files.write_table(tmp_path / name, trained(settings(model)))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_noise_levels_of_a_seed_share_the_start_and_seeds_do_not():
    start = trained(settings("mlp")).query("epoch == 0 and split == 'test'")
    assert (start.groupby("seed")["loss_clean"].nunique() == 1).all()
    assert start["loss_clean"].nunique() == 2
    assert (start["distance"] == 0).all()


@pytest.mark.parametrize("model", SHAPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("width", "changes"), [(1, {}), (3, {}), (3, {"order_seed": 0, "augmentation": {"crop": 1}})])
@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_diverging_model_harms_no_other(model, optimizer, width, changes, poison, monkeypatch):
    given = settings(model, widths=[width], optimizer=OPTIMIZERS[optimizer], **changes)
    healthy = trained(given)
    build = trainer.build

    def poisoned(*arguments):
        pack = build(*arguments)
        with torch.no_grad():
            next(pack.parameters())[1] = poison
        return pack

    monkeypatch.setattr(trainer, "build", poisoned)
    table = trained(given)
    bad = (table["label_noise"] == 0.4) & (table["seed"] == 0)  # model 1 of the pack
    assert (table["diverged"] == bad).all()
    assert not healthy["diverged"].any()
    assert table.loc[bad, "error_clean"].isna().all()
    assert table[~bad].equals(healthy[~bad])


def test_divergence_in_training_is_recorded_and_kept():
    table = trained(settings("mlp", optimizer={"name": "sgd", "learning_rate": 1e20}, loss="squared"))
    assert len(table) == 4 * 4 * 3
    assert not table.query("epoch == 0")["diverged"].any()
    assert table.query("epoch == 3")["diverged"].all()
