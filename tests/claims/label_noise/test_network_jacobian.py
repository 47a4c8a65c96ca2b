"""Spectra of networks' Jacobians and shares of labels."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged
from torch.func import functional_call

from overparam import models, seeding
from overparam.claims.label_noise.network_jacobian import batch_statistics, label_alignment
from overparam.claims.label_noise.network_jacobian import measure as experiment
from overparam.claims.label_noise.network_jacobian import network_jacobian_is_low_rank as figure
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError
from overparam.plan import experiment_settings
from overparam.theory import jacobians

SETTINGS = experiment_settings.resolve("network_jacobian", "smoke", {})[0] | {"seed": 3, "memory_mb": 100, "gpus": 0}


def dataset(side=8, channels=1, classes=3, n=80):
    """Return images that are one pattern per class and noise."""
    draw = seeding.generator(0, "images")
    labels = np.arange(n) % classes
    patterns = draw.integers(60, 200, (classes, channels, side, side))
    images = np.clip(patterns[labels] + draw.integers(-50, 50, (n, channels, side, side)), 0, 255).astype(np.uint8)
    split = Split(images, labels)
    return Dataset("patterns", "patterns", "0", [str(number) for number in range(classes)], split, split)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return experiment.measure(SETTINGS, dataset())


def network(**changes):
    """Return the first network of the experiment on real images, at the start, with its images and classes."""
    settings = SETTINGS | changes
    images, true, n_classes = experiment._chosen(settings, dataset(n=100))
    found = next(experiment._networks(settings, images, np.stack([true] * settings["n_seeds"]), n_classes))
    return settings, found, images, true, n_classes


@pytest.mark.parametrize("model", ["mlp", "cnn", "resnet20", "resnet20_unnormalised"])
def test_the_jacobian_is_that_of_the_loss_of_training_at_one_image(model):
    _, found, images, _, n_classes = network(model=model, width=2, n_train=20)
    block = jacobians.jacobian(found.function, found.parameters, images[:2], memory_mb=50)
    pack = models.build(model, 2, 1, (1, 8, 8), n_classes).double()
    pack.load_state_dict({**found.parameters}, strict=False)
    batch_statistics.recompute(pack.double(), [pack.arrange(images[None].double())])
    pack.eval()
    for image in range(2):
        outputs = pack(pack.arrange(images[None, image : image + 1].double()))[0, :, 0]
        for output in range(n_classes):
            gradients = torch.autograd.grad(
                outputs[output], list(pack.parameters()), retain_graph=True, allow_unused=True
            )
            flat = [
                torch.zeros(value.numel()) if part is None else part.flatten()
                for part, value in zip(gradients, pack.parameters(), strict=True)
            ]
            expected = torch.cat(flat)
            # the statistics of batch norm were taken in float32 there and in float64 here
            np.testing.assert_allclose(block[image, output], expected, atol=1e-4 * float(expected.abs().max()))


def test_rows_follow_from_a_dense_jacobian():
    settings, found, images, true, n_classes = network()
    rows = pd.DataFrame(experiment._measured(settings, found, images))
    dense = jacobians.jacobian(found.function, found.parameters, images, 1000).flatten(0, 1).numpy()
    u, singular, _ = np.linalg.svd(dense, full_matrices=False)
    rank = settings["rank"]
    values = rows.set_index("quantity")["value"]
    energy = rows[rows["quantity"] == "energy_share"].set_index("centring")["value"]
    assert energy["raw"] == pytest.approx(np.sum(singular[:rank] ** 2) / np.sum(singular**2))
    centred = np.linalg.svd(label_alignment.centred(dense.T, n_classes), compute_uv=False)
    assert energy["centred"] == pytest.approx(np.sum(centred[:rank] ** 2) / np.sum(centred**2))
    needed = 1 + np.argmax(np.cumsum(singular**2) >= 0.9 * np.sum(singular**2))
    assert values["energy_rank"] == needed / len(dense)
    assert values["residual"] < 1e-10
    shown = rows[rows["quantity"] == "singular_value"].iloc[:10]
    np.testing.assert_allclose(shown["value"], singular[shown["index"].astype(int) - 1] / singular[0], rtol=1e-6)
    shares = rows[rows["quantity"] == "label_share"].set_index(["centring", "label_noise"])["value"]
    one_hot = np.eye(n_classes)[true]
    for centring, y in (("raw", one_hot), ("centred", one_hot - one_hot.mean(axis=0))):
        expected = np.linalg.norm(u[:, :rank].T @ y.ravel()) / np.linalg.norm(y)
        assert shares[centring, 0.0] == pytest.approx(expected)


def test_every_condition_is_there_once(table):
    shares = table[table["quantity"] == "label_share"]
    keys = ["images", "stage", "trained_on", "seed", "label_noise", "centring"]
    assert len(shares) == len(shares.drop_duplicates(keys)) == 2 * 3 * 2 * 3 * 2
    assert shares["value"].between(0, 1).all()
    assert (table.loc[table["quantity"] == "diverged", "value"] == 0).all()
    expected = table[table["quantity"] == "expected_share"]
    assert not ((expected["trained_on"] == 0.5) & (expected["label_noise"] == 0.5)).any()
    pd.testing.assert_frame_equal(table, experiment.measure(SETTINGS, dataset()))


def test_a_single_output_tells_two_classes_apart():
    settings = SETTINGS | {"classes": [0, 2], "n_train": 40, "single_output": True, "epochs": 60, "control": False}
    table = experiment.measure(settings, dataset())
    both = experiment.measure(settings | {"single_output": False, "epochs": 1}, dataset())
    assert (both["n_outputs"] == 2).all() and both["n_params"].iloc[0] == table["n_params"].iloc[0]
    assert (table["n_outputs"] == 1).all() and (table["n_classes"] == 2).all()
    assert set(table["images"]) == {"real"}
    on_true = table[(table["trained_on"] == 0) & (table["quantity"] == "train_error")]
    assert on_true["value"].max() < 0.1
    with pytest.raises(UserError, match="two classes"):
        experiment.measure(settings | {"classes": None}, dataset())
    with pytest.raises(UserError, match="n_train is 100"):
        experiment.measure(SETTINGS | {"n_train": 100}, dataset())


def test_a_network_that_diverges_stays_in_the_table():
    settings = SETTINGS | {"optimizer": {"name": "sgd", "learning_rate": 1e6}, "control": False}
    table = experiment.measure(settings, dataset())
    end = table[table["stage"] == "end"]
    assert (end.loc[end["quantity"] == "diverged", "value"] == 1).all()
    assert end.loc[end["quantity"] == "label_share", "value"].isna().all()


def test_batch_norm_gets_the_statistics_of_the_images():
    pack = models.build("cnn", 2, 3, (1, 8, 8), 3)
    pack.initialise([seeding.torch_generator(0, "init", model) for model in range(3)])
    images = torch.randn(32, 8, 8, 1, generator=seeding.torch_generator(0, "images"))
    batch_statistics.recompute(pack, [pack.arrange(images[None])])
    assert pack.training
    in_training = pack(pack.arrange(images[None]))
    batch_statistics.recompute(pack, [pack.arrange(images[None]), pack.arrange(images[None])])
    fixed = pack.eval()(pack.arrange(images[None]))
    # torch's running variance is unbiased, that of a batch in training is not
    np.testing.assert_allclose(fixed.detach(), in_training.detach(), rtol=0.05, atol=0.05)
    plain = models.build("mlp", 4, 1, (1, 8, 8), 3)
    plain.initialise([seeding.torch_generator(0, "init", 0)])
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    batch_statistics.recompute(plain, [plain.arrange(images[None])])
    assert all(torch.equal(value, before[name]) for name, value in plain.state_dict().items())


def test_figure_draws_and_its_text_has_the_numbers(table):
    measurements, verdict = judged("F11", table)
    verdict["data"] = {"label": "patterns"}
    text = figure.alt_text(measurements, verdict)
    shares = table[(table["quantity"] == "label_share") & (table["centring"] == "centred")]
    start = shares[(shares["images"] == "real") & (shares["stage"] == "start") & (shares["label_noise"] == 0)]
    assert f"{start['value'].mean():.2f} (true)" in text and "patterns" in text
    spectrum, centred = figure.draw(measurements, verdict).axes
    assert spectrum.get_ylabel() == "singular value σᵢ/σ₁" and spectrum.get_xlabel() == "index i (of 180)"
    assert centred.get_ylabel() == "share of label norm ‖Uᵀy‖/‖y‖"


def test_the_packed_network_is_the_single_one():
    _, found, images, _, n_classes = network()
    single = models.build("mlp", SETTINGS["width"], 1, (1, 8, 8), n_classes).double()
    whole = functional_call(single, found.parameters, (single.arrange(images[None].double()),))[0]
    one = torch.stack([found.function(found.parameters, image) for image in images], dim=1)
    np.testing.assert_allclose(one.detach(), whole.detach(), atol=1e-12)
