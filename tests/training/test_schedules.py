"""Learning rates against closed forms."""

import pytest

from overparam.training.schedules import Schedule


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
