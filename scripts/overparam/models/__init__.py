"""Networks, each as a pack of models that differ in seed and labels only.

A network is one module of this package with a function
``build(width, n_models, input_shape, n_classes) -> overparam.packs.pack.Pack``; its name in the settings is the name
of its module. Adding a network is adding its module.
"""

import importlib
import pkgutil

from overparam.errors import UserError
from overparam.packs.pack import Pack


def names() -> list[str]:
    """Return the names of all networks."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def build(model: str, width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> Pack:
    """Return a pack of ``n_models`` uninitialised networks on the CPU.

    Parameters
    ----------
    model
        One of :func:`names`.
    width
        The network's width parameter, >= 1; its module says of what.
    n_models
        Number of models in the pack.
    input_shape
        Channels, height and width of one image.
    n_classes
        Number of outputs.

    Raises
    ------
    UserError
        If there is no such network, or it can't take images of this shape.
    """
    if model not in names():
        raise UserError(f"there is no network {model!r}; choose one of {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{model}")
    return module.build(width, n_models, tuple(input_shape), n_classes)
