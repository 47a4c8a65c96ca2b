"""Updates are those of torch."""

import pytest
import torch
from tiny_cells import OPTIMIZERS

from overparam.training import optimizers


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
