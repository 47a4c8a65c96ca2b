"""What is recorded of a network: by hand, and whatever the batches."""

import numpy as np
import torch
import torch.nn.functional as F
from tiny_cells import settings, trained

from overparam.packs import losses
from overparam.packs.pack import Pack
from overparam.training import evaluation, samples


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


def test_a_gpu_sees_more_samples_at_a_time():
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert [evaluation.batch_size(n_models, cpu) for n_models in (1, 64)] == [500, 500]
    assert [evaluation.batch_size(n_models, gpu) for n_models in (1, 16, 64)] == [16384, 1024, 500]
