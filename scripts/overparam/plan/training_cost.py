"""How long training takes, estimated without torch from what stands beside a network's module.

``models/<name>.yaml`` declares, for one image:

operations
    Floating-point operations of the forward and the backward pass, as ``torch.utils.flop_counter`` counts them: terms
    such as ``pixels*width*width: 324``, to be summed. Factors are ``width``, ``pixels`` (of an image), ``channels`` (of
    an image) and ``classes``; a layer takes 6 operations per multiplication, the first 4.
activations
    Numbers that the layers with weights put out, in the same form. They stand for all that is no product:
    normalisation, pooling, ReLU, memory. Narrow networks do little else.
layers
    Number of layers with weights; each step waits for their calls, however few numbers they hold.

A network of M models at one width then takes, for T steps over n images,

    T · layers · :data:`LAYER_SECONDS`  +  M · n · (operations + :data:`ACTIVATION` · activations) / rate,

where an image of an evaluation, which has no backward pass, counts as a third. Both constants, and the default rate
of 40 GFLOP/s, were fitted to 23 cells on one core of an AMD EPYC with AVX-512 (float32; MLPs of 4 to 512 units, CNNs of
width 1 to 8, the published networks): the estimate is 0.6 to 3.2 times the measured time in 21 of them, and 0.3 and 0.4
times in two MLPs of over a million parameters that take batches of 8 for five seconds. No GPU was measured.
"""

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import strict_yaml
from overparam.plan.image_sizes import Images
from overparam.plan.validation import problems

FOLDER = places.PACKAGE / "models"
FACTORS = ("width", "pixels", "channels", "classes")
ACTIVATION = 500  # operations that take as long as one activation
LAYER_SECONDS = 1e-4  # of one step

_TERMS = {
    "type": "object",
    "minProperties": 1,
    "description": f"terms such as pixels*width*width: 324, factors {', '.join(FACTORS)}",
    "propertyNames": {"pattern": rf"^({'|'.join(FACTORS)})(\*({'|'.join(FACTORS)}))*$"},
    "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["description", "layers", "operations", "activations"],
    "properties": {
        "description": {"type": "string", "minLength": 1, "description": "what is counted"},
        "layers": {"type": "integer", "minimum": 1, "description": "number of layers with weights"},
        "operations": _TERMS,
        "activations": _TERMS,
    },
}


@dataclasses.dataclass(frozen=True)
class Cost:
    """Minutes that networks of one width take: ``waiting`` once for all of them together, ``work`` for each."""

    waiting: float
    work: float

    def minutes(self, n_models: int) -> float:
        """Return the minutes of so many networks, trained as one computation."""
        return self.waiting + n_models * self.work


@functools.cache
def declaration(model: str) -> dict[str, Any] | None:
    """Return what is declared beside a network's module, ``None`` if nothing is.

    Raises
    ------
    UserError
        If the file is wrong.
    """
    path = FOLDER / f"{model}.yaml"
    if not path.exists():
        return None
    declared = strict_yaml.read(path)
    found = problems(declared, SCHEMA, path.name)
    if found:
        raise UserError("\n".join(found))
    return declared


def per_image(model: str, width: int, images: Images) -> tuple[float, float] | None:
    """Return the operations and activations of one image, forward and backward; ``None`` if none are declared."""
    declared = declaration(model)
    if declared is None:
        return None
    values = {"width": width, "pixels": images.pixels, "channels": images.channels, "classes": images.classes}
    operations, activations = (
        sum(factor * math.prod(values[name] for name in term.split("*")) for term, factor in declared[key].items())
        for key in ("operations", "activations")
    )
    return operations, activations


def cost(study: Mapping[str, Any], width: int, images: Images, gigaflops: float) -> Cost | None:
    """Return what training networks of one width takes; ``None`` if their model declares no cost.

    Parameters
    ----------
    study
        ``model``, ``n_train``, ``n_heldout``, ``epochs``, ``batch_size`` and ``evaluations``.
    width
        Of the networks.
    images
        Of the study's data set.
    gigaflops
        Rate of the device, in 1e9 operations per second.

    Raises
    ------
    UserError
        If the file beside the model's module is wrong.
    """
    counted, declared = per_image(study["model"], width, images), declaration(study["model"])
    if counted is None or declared is None:
        return None
    operations, activations = counted
    evaluations = study["evaluations"] if isinstance(study["evaluations"], int) else len(study["evaluations"])
    evaluated = min(evaluations, study["epochs"] + 1) * (study["n_train"] + study["n_heldout"] + images.test)
    n_images = study["epochs"] * study["n_train"] + evaluated / 3
    steps = study["epochs"] * -(-study["n_train"] // study["batch_size"])
    waiting = steps * declared["layers"] * LAYER_SECONDS
    work = n_images * (operations + ACTIVATION * activations) / (gigaflops * 1e9)
    return Cost(waiting / 60, work / 60)
