"""Draw the figure of a claim from its measurements and verdict, and save it in every format."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from overparam.figures import theme
from overparam.program import UserError

NEEDED = ("draw", "alt_text")


def module(name: str) -> ModuleType:
    """Return the figure module ``name`` of :mod:`overparam.figures`.

    Raises
    ------
    UserError
        If there is none, or if it lacks ``draw`` or ``alt_text``.
    """
    address = f"overparam.figures.{name}"
    try:
        found = importlib.import_module(address)
    except ModuleNotFoundError as error:
        if error.name != address:
            raise  # the figure exists, but something that it imports does not
        raise UserError(f"no figure {name!r}: there is no scripts/overparam/figures/{name}.py") from None
    if missing := [function for function in NEEDED if not callable(getattr(found, function, None))]:
        raise UserError(f"figure {name!r} lacks {' and '.join(missing)} in scripts/overparam/figures/{name}.py")
    return found


def save(
    name: str, measurements: pd.DataFrame, verdict: dict[str, Any], svg: Path, png: Path, pdf: Path, alt: Path
) -> None:
    """Draw figure ``name`` and write it as SVG, PNG and PDF with its alt text beside it."""
    figure = module(name)
    text = " ".join(figure.alt_text(measurements, verdict).split())
    if not text:
        raise ValueError(f"figure {name!r} returned an empty alt text")
    theme.save(figure.draw(measurements, verdict), text, svg, png, pdf, alt)
