"""Where a cell trains: fast products where they are exact, and a GPU that is not there."""

import pytest
import torch

from overparam.errors import UserError
from overparam.training import machine


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
