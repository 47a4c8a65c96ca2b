"""The networks as plain torch modules, one model at a time: what the packs are compared with."""

import torch
from torch import nn


def mlp(width: int, input_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """Return the network of one hidden layer."""
    channels, height, side = input_shape
    return nn.Sequential(
        nn.Flatten(), nn.Linear(channels * height * side, width), nn.ReLU(), nn.Linear(width, n_classes)
    )


def cnn(width: int, input_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """Return the 5-layer CNN, written out in the order of the paper (pooling after ReLU)."""
    channels, _, side = input_shape
    k = width

    def stage(n_in: int, n_out: int, pool: int) -> list[nn.Module]:
        return [nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(pool)]

    stages = stage(channels, k, 1) + stage(k, 2 * k, 2) + stage(2 * k, 4 * k, 2) + stage(4 * k, 8 * k, side // 4)
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(8 * k, n_classes))


PLAIN = {"mlp": mlp, "cnn": cnn}


def taken_from(pack, number: int, model: str, width: int, input_shape, n_classes: int) -> nn.Module:
    """Return a plain network with the parameters of model ``number`` of a pack.

    Biases before batch norm are frozen: their gradient is exactly zero but for rounding, which Adam would blow up.
    """
    plain = PLAIN[model](width, input_shape, n_classes)
    with torch.no_grad():
        for own, packed in zip(plain.parameters(), pack.parameters(), strict=True):
            own.copy_(packed[number])
        if model == "mlp":  # packs read pixels by rows, columns, channels; torch by channels, rows, columns
            channels, height, side = input_shape
            weight = pack.hidden.weight[number].view(width, height, side, channels)
            plain[1].weight.copy_(weight.permute(0, 3, 1, 2).flatten(1))
    for layer in plain:
        if isinstance(layer, nn.Conv2d):
            layer.bias.requires_grad_(False)
    return plain
