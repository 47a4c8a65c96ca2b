"""Parameters of two published networks, counted from their architectures.

AlexNet is that of Krizhevsky, Sutskever & Hinton 2012 (section 3.5, figure 2): five convolutions, the second, fourth
and fifth in two groups that see half of the channels each, and three dense layers. GPT-3 is that of Brown et al. 2020
(arXiv 2005.14165, table 2.1): 96 layers of width 12,288 over a context of 2,048 tokens, built like GPT-2, with 50,257
tokens whose embedding is the output layer too.
"""

from typing import Any

import pandas as pd

PRINTED = {"AlexNet": 60e6, "GPT-3": 175e9}  # S2, first paragraph
SAMPLES = {"AlexNet": 1.2e6, "GPT-3": 300e9}  # images of ImageNet (section 2); tokens seen (table 2.1)
CONVOLUTIONS = ((96, 3, 11), (256, 48, 5), (384, 256, 3), (384, 192, 3), (256, 192, 3))  # maps, channels seen, side
DENSE = ((256 * 6 * 6, 4096), (4096, 4096), (4096, 1000))  # inputs, outputs


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the number of parameters of every part, of the whole, and as printed.

    Nothing is drawn or trained: all rows have the seed 0.

    Parameters
    ----------
    settings
        The root ``seed`` only, which changes nothing.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.
    """
    rows: list[tuple[str, str, str, float]] = []
    for network, parts in {"AlexNet": alexnet(), "GPT-3": transformer(96, 12_288, 2_048, 50_257)}.items():
        counts = {"whole": sum(parts.values()), **parts}
        rows += [(network, part, "n_params", count) for part, count in counts.items()]
        rows.append((network, "whole", "printed_params", PRINTED[network]))
        rows.append((network, "whole", "samples", SAMPLES[network]))
    table = pd.DataFrame(rows, columns=["network", "part", "quantity", "value"])
    return table.astype({"value": float}).assign(seed=0)


def alexnet() -> dict[str, int]:
    """Return the parameters of AlexNet: weights and one bias per map or output."""
    shared = sum(maps * (channels * side**2 + 1) for maps, channels, side in CONVOLUTIONS)
    return {"shared": shared, "dense": sum(outputs * (inputs + 1) for inputs, outputs in DENSE)}


def transformer(layers: int, width: int, context: int, tokens: int) -> dict[str, int]:
    """Return the parameters of a network built like GPT-2.

    Every layer has queries, keys, values and the projection of their results (4 width² weights), a hidden layer of four
    times the width (8 width²), the biases of all of these, and two normalisations with a scale and a shift each. A
    normalisation follows the last layer.
    """
    normalisation = 2 * width
    attention = 4 * width**2 + 4 * width + normalisation
    dense = 8 * width**2 + 5 * width + normalisation
    return {
        "shared": layers * attention,
        "dense": layers * dense + normalisation,
        "embedding": (tokens + context) * width,
    }
