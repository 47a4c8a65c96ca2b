"""Every network trains on a GPU as on the CPU: in both precisions, by every optimizer, and after an interruption."""

import pandas as pd
import pytest
import torch
from cells_on_gpu import MODELS, OPTIMIZERS, difference, on_cpu, on_gpu, tiny_cell
from pretended_gpu import GPU, pretended

from overparam.jobs import interruption
from overparam.training import cell, checkpoint, trainer, unfinished

APART = {"float32": 1e-3, "bfloat16": 0.2}
LOOKS = ("training/evaluation.py", "training/recording.py", "training/position.py")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("precision", APART)
@pytest.mark.parametrize("model", MODELS)
def test_a_step_on_the_gpu_is_a_step_on_the_cpu(model, precision, optimizer):
    asked = tiny_cell(model, precision, optimizer)
    table, waits = on_gpu(*asked)
    if optimizer == "adam" or model in ("mlp", "cnn"):  # of the other networks and optimizers each is compared once
        assert difference(table, on_cpu(*asked)) < APART[precision]
    assert (table["distance"] > 0).all() and not table["diverged"].any()
    between = {line: count for line, count in waits.items() if not line.startswith(LOOKS)}
    assert not between, "the program waits for the GPU between two evaluations"


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_an_interrupted_training_goes_on_to_the_same_bytes(model, tmp_path, monkeypatch):
    asked = tiny_cell(model, "float32", "adam", epochs=2, evaluations=[0, 1, 2])
    whole, _ = on_gpu(*asked)
    save, saved = checkpoint.Checkpoint.save, []

    def interrupted(state):
        save(state)
        saved.append(state)
        if len(saved) == 3:
            raise interruption.Stopped(15)

    with pretended():
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint.Checkpoint, "save", interrupted)
            with pytest.raises(interruption.Stopped):
                cell.train_cell(*asked, GPU, unfinished.Unfinished(tmp_path, 0.0))
        left = unfinished.Unfinished(tmp_path, 1e9)
        table, cost = cell.train_cell(*asked, GPU, left)
    assert cost["resumed"] == 1
    pd.testing.assert_frame_equal(table, whole)


@pytest.mark.parametrize("model", ["cnn", "small_alexnet"])
def test_a_diverged_model_changes_no_other_and_is_not_waited_for(model, monkeypatch):
    asked = tiny_cell(model, "float32", "momentum")
    healthy, _ = on_gpu(*asked)
    build = trainer.build

    def poisoned(*given):
        pack = build(*given)
        with torch.no_grad():
            next(pack.parameters())[1] = torch.inf
        return pack

    monkeypatch.setattr(trainer, "build", poisoned)
    table, waits = on_gpu(*asked)
    sick = table["seed"] == asked[0]["seeds"][1]
    assert table["diverged"].equals(sick.rename("diverged"))
    pd.testing.assert_frame_equal(table[~sick], healthy[~sick])
    assert all(line.startswith(LOOKS) for line in waits)
