"""Where a cell trains: fast products where they are exact, and a GPU that is not there."""

import pytest
import torch
from tiny_cells import corruptions, dataset, settings

from overparam.errors import UserError
from overparam.training import cell, machine


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
    with pytest.raises(
        UserError, match=f"torch sees none. This torch was built (for CUDA {torch.version.cuda}|without)"
    ):
        machine.prepare(1)


def test_a_gpu_too_old_for_bfloat16_is_refused_before_training(monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    given, data = settings("cnn", precision="bfloat16"), dataset((3, 8, 8))
    with pytest.raises(UserError, match=r"study s: .*8\.0 or higher, but Tesla T4 has 7\.5; set `precision: float32`"):
        cell.train_cell(given, data, corruptions(data, given["label_noise"], given["seeds"]), gpu)
    machine.check_precision({**given, "precision": "float32"}, gpu)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    machine.check_precision(given, gpu)
