"""The tests check the shapes that annotations state; the jobs don't even read them."""

import subprocess
import sys

import pytest
import torch
from jaxtyping import TypeCheckError

from overparam import places
from overparam.packs import losses
from overparam.theory import two_layer
from overparam.theory.activations import ACTIVATIONS
from overparam.training.samples import Samples


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: losses.squared(torch.zeros(2, 3, 4), torch.zeros(2, 5, dtype=torch.int64)),
        lambda: losses.squared(torch.zeros(2, 3, 4), torch.zeros(2, 4)),
        lambda: Samples(torch.zeros(5, 4), torch.zeros(5, dtype=torch.int64)),
        lambda: two_layer.gradient(torch.zeros(3).numpy(), torch.zeros(4).numpy(), 1.0, ACTIVATIONS["tanh"]),
    ],
    ids=["another batch", "labels that are no integers", "images without sides", "other units"],
)
def test_what_has_another_shape_is_refused(wrong):
    with pytest.raises(TypeCheckError):
        wrong()


def _imported(code):
    """Return the modules that a Python of its own has loaded after it ran ``code``."""
    told = f"{code}\nimport sys\nprint(*sys.modules)"
    run = [sys.executable, "-c", told]
    answer = subprocess.run(run, cwd=places.PACKAGE.parent, capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_nothing_is_checked_in_a_job():
    assert "beartype" not in _imported("import overparam.training.trainer, overparam.theory.two_layer")


def test_what_judges_and_draws_does_not_load_the_annotations():
    judging = "import overparam.judge.verdict_file, overparam.drawing.claim_figure"
    figures = [path.parent for path in places.PACKAGE.glob("claims/*/*/experiment.yaml")]
    assert len(figures) > 40
    drawing = [
        f"import overparam.{path.relative_to(places.PACKAGE).with_suffix('').as_posix().replace('/', '.')}"
        for folder in figures
        for path in sorted(folder.glob("*.yaml"))
        if path.name != "experiment.yaml" and path.with_suffix(".py").exists()
        for path in [path.with_suffix(".py")]
    ]
    assert len(drawing) > 40
    assert "jaxtyping" not in _imported("\n".join([judging, *drawing]))
