"""Draw the figure of a claim from its measurements and verdict, and save it in every format."""

import importlib
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from overparam import places
from overparam.drawing import divergence, theme
from overparam.errors import UserError

log = logging.getLogger(__name__)

NEEDED = ("draw", "alt_text")


def module(name: str) -> ModuleType:
    """Return the module of a figure, which is named from its topic on.

    Raises
    ------
    UserError
        If there is none, or if it lacks ``draw`` or ``alt_text``.
    """
    address, file = places.figure_module(name), f"scripts/overparam/claims/{name.replace('.', '/')}.py"
    try:
        found = importlib.import_module(address)
    except ModuleNotFoundError as error:
        if not f"{address}.".startswith(f"{error.name}."):
            raise  # the figure exists, but something that it imports does not
        raise UserError(f"no figure {name!r}: there is no {file}") from None
    if missing := [function for function in NEEDED if not callable(getattr(found, function, None))]:
        raise UserError(f"figure {name!r} lacks {' and '.join(missing)} in {file}")
    return found


def save(
    name: str, measurements: pd.DataFrame, verdict: dict[str, Any], svg: Path, png: Path, pdf: Path, alt: Path
) -> None:
    """Draw figure ``name`` and write it as SVG, PNG and PDF with its alt text beside it.

    Where trained networks diverged, figure and alt text say how many. If too few are left to draw, the figure says only
    that.
    """
    figure, note = module(name), divergence.note(measurements)
    try:
        text = " ".join(figure.alt_text(measurements, verdict).split())
        drawn = figure.draw(measurements, verdict)
        if note:
            divergence.mark(drawn, note)
            theme.tidy(drawn)
            drawn.draw_without_rendering()  # axes without any number fail here
    except Exception:
        if not note:
            raise
        log.warning("%s; the figure can't be drawn of what is left", note, exc_info=True)
        text, drawn = "", divergence.instead(note)
    else:
        if not text:
            raise ValueError(f"figure {name!r} returned an empty alt text")
    if note:
        text = f"{text} {note}.".strip()
    theme.save(drawn, text, svg, png, pdf, alt)
