"""Networks that start from trained smaller ones: against plain loops, and gone on with after an interruption."""

import json

import numpy as np
import pandas as pd
import pytest
import smoke_settings
import torch
from declared_tables import declared
from digits_data import digits_dataset
from undecided_verdicts import undecided

from overparam import seeding
from overparam.claims.double_descent.weight_reuse import measure, peak_from_weight_reuse
from overparam.claims.double_descent.weight_reuse.networks import Networks, written
from overparam.errors import UserError

SIZES = {"n_train": 20, "widths": [1, 2, 4, 7], "epochs": 12, "look_every": 4, "gpus": 0}  # nK = 200; 85 to 535


def settings(**overrides):
    return smoke_settings.settings("weight_reuse", **{**SIZES, **overrides})


@pytest.fixture(scope="module")
def dataset():
    return digits_dataset(60, 40)


@pytest.fixture(scope="module")
def table(dataset):
    return measure.measure(settings(), dataset)


def curve(table, procedure, quantity="loss", split="train"):
    rows = table[table["procedure"].eq(procedure) & table["quantity"].eq(quantity)]
    rows = rows[rows["split"].isna() if split is None else rows["split"].eq(split)]
    return rows.set_index(["width", "seed"])["value"].sort_index()


def test_training_at_a_constant_rate_is_that_of_a_plain_loop(dataset):
    chosen = settings(batch_size=20, epochs=5, learning_rate=0.3)
    networks = Networks(chosen, dataset, torch.device("cpu"))
    pack = networks.drawn(3)
    w, b, v, c = (parameter[1].detach().clone().requires_grad_() for parameter in pack.parameters())
    images = seeding.generator(1, "weight_reuse", 1, "images").permutation(60)[:20]
    x = torch.from_numpy(dataset.train.images[images].reshape(20, -1) / np.float32(16))
    y = torch.nn.functional.one_hot(torch.from_numpy(dataset.train.labels[images]), 10).float()
    optimizer = torch.optim.SGD([w, b, v, c], lr=0.3, momentum=0.95)
    for _ in range(5):
        loss = torch.nn.functional.mse_loss(torch.relu(x @ w.T + b) @ v.T + c, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ends = networks.train(pack, stops=False)
    with torch.no_grad():
        outputs = torch.relu(x @ w.T + b) @ v.T + c
    seen = networks.seen(pack)
    assert seen["loss", "train"][1] == pytest.approx(((outputs - y) ** 2).sum(dim=1).mean().item(), rel=1e-4)
    assert seen["error", "train"][1] == (outputs.argmax(dim=1) != y.argmax(dim=1)).float().mean()
    assert (ends["epochs"] == 5).all() and not ends["diverged"].any()


def test_a_grown_network_computes_what_the_smaller_one_did_but_for_its_added_units(dataset):
    networks = Networks(settings(), dataset, torch.device("cpu"))
    small = networks.drawn(2)
    networks.train(small, stops=False)
    kept = json.loads(json.dumps(written(small, 2)))
    pack = networks.grown(5, kept)
    added = [parameter.detach()[:, 2:] for parameter in (pack.hidden.weight, pack.hidden.bias)]
    added.append(pack.output.weight.detach()[:, :, 2:])
    drawn = torch.cat([values.flatten() for values in added])
    assert drawn.std() == pytest.approx(0.1, rel=0.15) and drawn.mean().abs() < 0.02
    added[2].zero_()
    for split in ("train", "test"):
        np.testing.assert_allclose(networks.seen(pack)["loss", split], networks.seen(small)["loss", split], rtol=1e-6)


def test_networks_stop_at_the_first_look_without_an_error_and_stay_as_they_were_then(dataset):
    chosen = settings(epochs=400, learning_rate=0.1, batch_size=10, look_every=7, decay=1.0)
    networks = Networks(chosen, dataset, torch.device("cpu"))
    pack = networks.drawn(16)
    epochs = networks.train(pack, stops=True)["epochs"]
    assert (epochs > 7).all() and (epochs < 400).all() and len(set(epochs)) == 2
    assert (networks.seen(pack)["error", "train"] == 0).all()
    for seed, last in enumerate(epochs.astype(int)):
        for until, fits in ((last, True), (last - 7, False)):
            again = Networks({**chosen, "epochs": int(until)}, dataset, torch.device("cpu"))
            other = again.drawn(16)
            again.train(other, stops=False)
            assert (again.seen(other)["error", "train"][seed] == 0) == fits
            same = all(
                torch.equal(a[seed], b[seed]) for a, b in zip(pack.parameters(), other.parameters(), strict=True)
            )
            assert same == fits


def test_procedures_differ_below_the_size_at_which_they_change_only(table):
    assert sorted(table["params_per_label"].unique()) == [0.425, 0.8, 1.55, 2.675]
    whole, longer, anew, reused = (
        curve(table, procedure) for procedure in ("same_throughout", "reused_longer", "anew", "reused")
    )
    assert (anew[[4, 7]] == whole[[4, 7]]).all() and (anew[[1, 2]] != whole[[1, 2]]).all()
    assert (reused[[1, 4, 7]] == anew[[1, 4, 7]]).all() and (reused[2] != anew[2]).all()
    assert (longer[[1, 2, 7]] == reused[[1, 2, 7]]).all() and (longer[4] != reused[4]).all()
    assert (curve(table, "same_throughout", "epochs", None) == 12).all()


def test_an_interrupted_measurement_goes_on_after_its_last_width_to_the_same_table(table, dataset):
    known: dict[str, str] = {}

    def until(last):
        def kept(name, measured):
            if name not in known:
                if len(known) == last:
                    raise KeyboardInterrupt
                known[name] = json.dumps(measured())
            return json.loads(known[name])

        return kept

    with pytest.raises(KeyboardInterrupt):
        measure.measure(settings(), dataset, until(5))
    assert list(known) == ["stopped-1", "whole-1", "reused-2", "stopped-2", "whole-2"]
    pd.testing.assert_frame_equal(measure.measure(settings(), dataset, until(99)), table, check_exact=True)
    assert list(known)[5:] == ["whole-4", "reused-4", "whole-7"]


def test_glorots_start_has_no_biases_and_is_bounded(dataset):
    pack = Networks(settings(start="glorot_uniform"), dataset, torch.device("cpu")).drawn(6)
    assert not pack.hidden.bias.any() and not pack.output.bias.any()
    assert 0.9 < pack.hidden.weight.abs().max() / np.sqrt(6 / 70) <= 1


def test_too_few_images_and_a_smallest_network_beyond_the_threshold_are_refused(dataset):
    with pytest.raises(UserError, match="n_train is 61, but digits has 60 training images"):
        measure.measure(settings(n_train=61), dataset)
    with pytest.raises(UserError, match=r"smallest of widths, 3, has 235 parameters, but it needs fewer than .* 200;"):
        measure.measure(settings(widths=[3, 4, 5]), dataset)


def test_figure_and_its_text_say_what_was_measured(table):
    measured, verdict = declared(table, "weight_reuse"), undecided("peak_from_weight_reuse")
    figure = peak_from_weight_reuse.draw(measured, verdict)
    assert len(figure.axes) == 3
    lines = {line.get_color(): line.get_xdata() for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 2}
    assert max(lines[peak_from_weight_reuse.LOOKS["reused"]["color"]]) == 1.55  # where it joins the others
    assert f"weights reused below 2nK: {curve(table, 'reused_longer', split='test')[2].mean():.3f}" in (
        peak_from_weight_reuse.alt_text(measured, verdict)
    )
    verdict["forms"]["moved"]["verdict"] = "supported"
    assert peak_from_weight_reuse.alt_text(measured, verdict).startswith("The descent at nK comes from")
