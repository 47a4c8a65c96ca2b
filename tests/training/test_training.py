"""The packed trainer against a plain loop over single models, and against closed forms."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from plain_networks import FIXED, PLAIN, taken_from
from tiny_cells import OPTIMIZERS, SHAPES, corruptions, dataset, settings

from overparam import models, seeding
from overparam.datasets import labels
from overparam.errors import UserError
from overparam.jobs import files
from overparam.packs import losses, techniques
from overparam.packs.pack import Pack
from overparam.training import cell, evaluation, machine, optimizers, packed, samples
from overparam.training.schedules import Schedule

CPU = torch.device("cpu")


def trained(given, data=None):
    data = data or dataset(SHAPES[given["model"]])
    return cell.train_cell(given, data, corruptions(data, given["label_noise"], given["seeds"]), CPU)[0]


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
    pack = packed.build(alone, given["widths"][0], shape, n_classes)
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
    build = packed.build

    def poisoned(*arguments):
        pack = build(*arguments)
        with torch.no_grad():
            next(pack.parameters())[1] = poison
        return pack

    monkeypatch.setattr(packed, "build", poisoned)
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


@pytest.mark.parametrize(("name", "expected"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam)])
def test_updates_are_those_of_torch(name, expected):
    options = OPTIMIZERS[name] | {"weight_decay": 0.1}
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.ones(3, 5)) for _ in range(2))
    unused = torch.nn.Parameter(torch.ones(2))
    update = optimizers.optimizer([unused, ours], options)
    shared = {"momentum": options["momentum"]} if name == "sgd" else {}
    reference = expected([theirs], lr=1.0, weight_decay=0.1, **shared)
    for rate in (0.1, 0.01, 0.2):
        ours.grad = torch.randn(3, 5, generator=generator)
        theirs.grad = ours.grad.clone()
        reference.param_groups[0]["lr"] = rate
        update(rate), reference.step()
        torch.testing.assert_close(ours, theirs)
    assert ours.grad is None
    assert (unused == 1).all()


@pytest.mark.parametrize(
    ("name", "closed_form"),
    [
        ("constant", lambda t: 0.3),
        ("linear", lambda t: 0.3 * (2000 - t) / 2000),
        ("inverse_sqrt", lambda t: 0.3 / (1 + t // 512) ** 0.5),
        ("exponential", lambda t: 0.3 * 0.9 ** (t // 20)),
    ],
)
def test_schedules(name, closed_form):
    schedule = Schedule(name, 0.3, n_steps=2000, steps_per_epoch=20, factor=0.9)
    assert [schedule(t) for t in range(2000)] == pytest.approx([closed_form(t) for t in range(2000)])


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
    pack = packed.build(settings(model, seeds=[0], label_noise=[0.0]), 2, shape, 4).double()
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


class Lookup(Pack):
    """Outputs that are given, whatever the images."""

    def __init__(self, logits):
        super().__init__(len(logits))
        self.logits = logits

    def batch(self, images, index):
        return index

    def forward(self, inputs):
        return self.logits[:, :, inputs[0]]


def test_metrics_by_hand():
    predictions = np.array([[0, 1, 2, 0, 1], [2, 2, 2, 2, 2]])
    clean, given = np.array([0, 1, 2, 2, 1]), np.array([[0, 1, 2, 0, 2], [0, 1, 2, 2, 1]])  # model 1 has no false label
    logits = 3 * F.one_hot(torch.from_numpy(predictions), 3).float().transpose(1, 2)
    part = samples.Samples(torch.zeros(5, 1, 1, 1), torch.from_numpy(clean), torch.from_numpy(given))
    float32 = torch.autocast("cpu", torch.bfloat16, enabled=False)
    measured = evaluation.evaluate(Lookup(logits), part, losses.cross_entropy, float32)
    np.testing.assert_allclose(measured["error_noisy"], [1 / 5, 4 / 5 - 1 / 5])
    np.testing.assert_allclose(measured["error_clean"], [1 / 5, 3 / 5])
    np.testing.assert_allclose(measured["error_corrupted"], [1 / 2, np.nan])  # sample 3 is fitted, sample 4 is not
    np.testing.assert_allclose(measured["corrupted_fraction"], [2 / 5, 0])
    right, wrong = np.log(np.exp(3) + 2) - 3, np.log(np.exp(3) + 2)
    np.testing.assert_allclose(measured["loss_noisy"], [(4 * right + wrong) / 5, (2 * right + 3 * wrong) / 5], 1e-6)
    on_test = evaluation.evaluate(Lookup(logits), samples.Samples(part.images, part.clean), losses.squared, float32)
    assert np.isnan([on_test[name] for name in ("loss_noisy", "error_noisy", "error_corrupted")]).all()
    assert (on_test["corrupted_fraction"] == 0).all()
    np.testing.assert_allclose(on_test["loss_clean"], [(4 * 4 / 3 + 10 / 3) / 5, (2 * 4 / 3 + 3 * 10 / 3) / 5], 1e-6)


def test_evaluation_does_not_depend_on_its_batches(monkeypatch):
    whole = trained(settings("mlp"))
    monkeypatch.setattr(evaluation, "BATCH", 7)
    numbers = whole.select_dtypes("number").columns
    np.testing.assert_allclose(trained(settings("mlp"))[numbers], whole[numbers], rtol=1e-5)


def test_evaluated_epochs():
    assert evaluation.epochs(2, 100) == [0, 100]
    assert evaluation.epochs(4, 100) == [0, 1, 10, 100]
    assert evaluation.epochs(50, 3) == [0, 1, 2, 3]
    assert evaluation.epochs(2, 1) == [0, 1]
    assert evaluation.epochs([0, 7, 200], 100) == [0, 7, 100]


def test_heldout_samples_follow_the_training_samples():
    data, given = dataset(SHAPES["mlp"]), settings("mlp")
    splits = samples.load(given, data, corruptions(data, [0.4, 0.0], [3, 0]), CPU)
    assert samples.members(given) == [(0.0, 0), (0.4, 0), (0.0, 3), (0.4, 3)]
    assert [len(splits[name]) for name in ("train", "heldout", "test")] == [40, 12, 30]
    expected = labels.draw(data.train.labels, 4, 0.4, "wrong_label", 3).given
    np.testing.assert_array_equal(splits["train"].given[3], expected[:40])
    np.testing.assert_array_equal(splits["heldout"].given[3], expected[40:52])
    np.testing.assert_allclose(splits["heldout"].images[0].permute(2, 0, 1), data.normalised("train")[40])
    assert "heldout" not in samples.load(settings("mlp", n_heldout=0), data, corruptions(data, [0, 0.4], [0, 3]), CPU)


def test_all_seeds_may_share_the_labels_of_one():
    data, given = dataset(SHAPES["mlp"]), settings("mlp", label_seed=7)
    splits = samples.load(given, data, corruptions(data, [0.0, 0.4], [7]), CPU)
    expected = labels.draw(data.train.labels, 4, 0.4, "wrong_label", 7).given
    for model in (1, 3):  # noise 0.4 of both seeds
        np.testing.assert_array_equal(splits["train"].given[model], expected[:40])
    with pytest.raises(UserError, match=r"wrong_label noise 0 and seed 7"):
        samples.load(given, data, corruptions(data, [0.0, 0.4], [0, 3]), CPU)


@pytest.mark.parametrize("normalisation", ["channel", "image"])
def test_samples_do_not_depend_on_how_many_are_normalised_at_once(normalisation, monkeypatch):
    data = dataclasses.replace(dataset(SHAPES["cnn"]), view={"normalisation": normalisation})
    tables = corruptions(data, [0.0, 0.4], [0, 3])
    whole = samples.load(settings("cnn"), data, tables, CPU)
    monkeypatch.setattr(samples, "CHUNK", 7)
    for name, split in samples.load(settings("cnn"), data, tables, CPU).items():
        assert torch.equal(split.images, whole[name].images)
        assert split.images.is_contiguous()


def test_data_that_do_not_suffice_are_named():
    data = dataset(SHAPES["mlp"])
    with pytest.raises(UserError, match="need 70 training samples, but noise has 60"):
        trained(settings("mlp", n_train=58), data)
    with pytest.raises(UserError, match=r"no table of labels for wrong_label noise 0 and seed 3"):
        samples.load(settings("mlp"), data, corruptions(data, [0.0, 0.4], [0]), CPU)
    other = dataset(SHAPES["mlp"], n_train=61)
    with pytest.raises(UserError, match="other samples"):
        samples.load(settings("mlp"), data, corruptions(other, [0.0, 0.4], [0, 3]), CPU)
    with pytest.raises(UserError, match="'digits', but 'noise'"):
        trained(settings("mlp", dataset="digits"), data)


def test_table_and_cost_are_complete():
    data, given = dataset(SHAPES["mlp"]), settings("mlp", widths=[2, 5])
    table, cost = cell.train_cell(given, data, corruptions(data, [0.0, 0.4], [0, 3]), CPU)
    assert list(table.columns) == cell.COLUMNS
    assert len(table) == 2 * 4 * 4 * 3
    assert not table.duplicated(["width", "label_noise", "seed", "epoch", "split"]).any()
    assert sorted(set(table["n_params"])) == [33 * 2 + 3 * 4, 33 * 5 + 6 * 4]
    assert sorted(set(table["step"])) == [0, 3, 6, 9]
    assert cost["device"] == "cpu"
    assert cost["peak_memory_bytes"] > 0
    assert cost["images_models_per_second"] > 0


def test_bfloat16_is_close_but_not_the_same():
    exact, coarse = (trained(settings("cnn", precision=name)) for name in ("float32", "bfloat16"))
    difference = (exact["loss_clean"] - coarse["loss_clean"]).abs().max()
    assert 0 < difference < 0.1


def test_fast_products_are_used_only_where_they_are_exact(monkeypatch):
    before = torch.get_float32_matmul_precision()
    try:
        machine.choose_matmul_precision()
        assert max(machine.matmul_errors()) <= machine.MATMUL_TOLERANCE
        monkeypatch.setattr(machine, "matmul_errors", lambda: [1e-7, 1e-3])
        assert machine.choose_matmul_precision() == "highest"
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch sees a GPU")
def test_a_gpu_that_is_not_there_is_said():
    with pytest.raises(UserError, match="torch sees none"):
        machine.prepare(1)
