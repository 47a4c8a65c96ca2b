"""The parameters of AlexNet and GPT-3 against layers built in torch, and a small transformer counted by hand."""

import pytest
from torch import nn

from overparam.claims.interpolation.parameter_counts import measure as parameter_counts


def size(*layers: nn.Module) -> int:
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def test_alexnet_has_the_parameters_of_its_layers():
    convolutions = (
        nn.Conv2d(3, 96, 11), nn.Conv2d(96, 256, 5, groups=2), nn.Conv2d(256, 384, 3),
        nn.Conv2d(384, 384, 3, groups=2), nn.Conv2d(384, 256, 3, groups=2),
    )  # fmt: skip
    dense = (nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000))
    assert parameter_counts.alexnet() == {"shared": size(*convolutions), "dense": size(*dense)}


@pytest.mark.parametrize(("layers", "width", "context", "tokens"), [(1, 8, 5, 11), (3, 16, 7, 20)])
def test_a_transformer_has_the_parameters_of_its_layers(layers, width, context, tokens):
    layer = nn.TransformerEncoderLayer(width, 2, 4 * width)
    expected = layers * size(layer) + size(
        nn.LayerNorm(width), nn.Embedding(tokens, width), nn.Embedding(context, width)
    )
    assert sum(parameter_counts.transformer(layers, width, context, tokens).values()) == expected


def test_every_seed_gives_the_same_table():
    table = parameter_counts.measure({"seed": 3})
    assert table.equals(parameter_counts.measure({"seed": 0})) and (table["seed"] == 0).all()
    whole = table[(table["quantity"] == "n_params") & (table["part"] == "whole")].set_index("network")["value"]
    assert whole["AlexNet"] == 60_965_224 and whole["GPT-3"] == pytest.approx(174.6e9, rel=1e-3)
