"""The pretended GPU notices mistakes: each of these, planted into the trainer, would fail on a real one."""

import pytest
import torch
from cells_on_gpu import on_gpu, tiny_cell

from overparam.packs import losses
from overparam.training import augmentation, optimizers, position, recording

MISTAKES = {}


def mistake(owner, name, says, error=RuntimeError):
    """Plant the decorated function as ``owner.name``; it takes the original before its own arguments."""

    def plant(function):
        MISTAKES[function.__name__] = owner, name, function, says, error
        return function

    return plant


@mistake(augmentation.Augmentation, "draw", "same device")
def flips_stay_on_the_cpu(original, self):
    original(self)
    self.flips = self.flips.cpu()


@mistake(losses, "_one_hot", "same device")
def classes_are_counted_on_the_cpu(original, logits, labels):
    return labels[:, None, :] == torch.arange(logits.shape[1])[:, None]


@mistake(optimizers.Optimizer, "__init__", "on the GPU")
def steps_are_counted_on_the_cpu(original, self, parameters, weight_decay):
    original(self, parameters, weight_decay)
    self.steps = torch.zeros(())


@mistake(position.Position, "__init__", "same device")
def marks_of_diverged_models_lie_on_the_cpu(original, self, finite):
    original(self, finite.cpu())


@mistake(recording.Recorder, "record", "can't convert cuda", TypeError)
def numpy_reads_the_gpu(original, self, moment):
    self.pack.vectors().numpy()


@mistake(augmentation.Augmentation, "__call__", "for generator")
def a_generator_of_the_cpu_draws_on_the_gpu(original, self, index, groups=slice(None)):
    torch.rand(3, device=index.device, generator=self.generators[0])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_refused(name, monkeypatch):
    owner, attribute, function, says, error = MISTAKES[name]
    original = getattr(owner, attribute)
    monkeypatch.setattr(owner, attribute, lambda *args, **kwargs: function(original, *args, **kwargs))
    with pytest.raises(error, match=says):
        on_gpu(*tiny_cell("cnn", "float32", "adam"))
